// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <new>
#include <system_error>

#include "cli/command.hpp"
#include "cli/tree.hpp"
#include "core/text.hpp"
#include "data/value.hpp"

namespace flintctl::cli {

int exit_status(Code code) {
  switch (code) {
    case Code::invalid_argument:
      return 2;
    case Code::not_found:
      return 3;
    case Code::already_exists:
    case Code::aborted:
      return 4;
    case Code::deadline_exceeded:
      return 5;
    case Code::host_not_ready:
      return 6;
    case Code::permission_denied:
      return 7;
    case Code::registry:
      return 8;
    case Code::internal:
      return 70;
    case Code::cancelled:
      return 130;
    case Code::unknown:
    case Code::unavailable:
    case Code::resource_exhausted:
    case Code::data_loss:
    case Code::unimplemented:
      return 1;
  }
  return 1;
}

void tell(output::Streams& streams, const Error& error) {
  // An error names what images, registries and hypervisors say: a terminal must not obey them.
  constexpr std::size_t longest = 4096;
  const char* red = streams.color ? "\033[31m" : "";
  const char* plain = streams.color ? "\033[0m" : "";
  streams.err << red << "error: " << plain << printable_lines(error.text(), longest) << '\n';
  if (!error.hint().empty()) {
    streams.err << "hint: " << printable(error.hint(), longest) << '\n';
  }
  streams.err.flush();
}

Error already_told(Code code) { return {code, ""}; }

namespace {

constexpr std::size_t help_width = 100;

int report(output::Streams& streams, const Error& error) {
  if (!error.text().empty()) tell(streams, error);
  return exit_status(error.code());
}

std::string see_help(Command& command) {
  return fmt::format("see '{} --help'", Tree::full_name(&Tree::app(command)));
}

/// Long names of a command's flags and of all above it.
std::vector<std::string> flags_of(Command& command) {
  std::vector<std::string> known;
  for (const CLI::App* level = &Tree::app(command); level != nullptr; level = level->get_parent()) {
    for (const CLI::Option* option : level->get_options()) {
      for (const auto& name : option->get_lnames()) known.push_back("--" + name);
    }
  }
  return known;
}

/// The nearest known word, in the words of a hint; empty when nothing is near.
std::string suggestion(Command& command, const std::string& word) {
  if (word.starts_with("-")) {
    const auto known = flags_of(command);
    return data::nearest(word.substr(0, word.find('=')),
                         std::vector<std::string_view>(known.begin(), known.end()));
  }
  if (!Tree::is_group(command)) return {};
  // A command of that very name stands elsewhere: "create vm" for "vm create".
  constexpr std::size_t most_offered = 3;
  const auto same = Tree::called(command, word);
  if (!same.empty() && same.size() <= most_offered) {
    return fmt::format("{}", fmt::join(same, "' or '"));
  }
  std::vector<std::string> known;
  for (const CLI::App* child : Tree::app(command).get_subcommands(nullptr)) {
    known.push_back(child->get_name());
  }
  return data::nearest(word, std::vector<std::string_view>(known.begin(), known.end()));
}

/// What was typed and is not known, as an error with the nearest known word.
Error unexpected(Command& command, const std::string& word) {
  const char* what = word.starts_with("-")     ? "flag"
                     : Tree::is_group(command) ? "command"
                                               : "argument";
  const std::string near = suggestion(command, word);
  return Error(Code::invalid_argument, fmt::format("unknown {} '{}' for '{}'", what, word,
                                                   Tree::full_name(&Tree::app(command))))
      .with_hint(near.empty() ? see_help(command) : fmt::format("did you mean '{}'?", near));
}

/// CLI11's "NAME: At Most 1 required but received 2" and "NAME: 1 required REF missing".
Error mismatch(Command& command, const std::string& text) {
  const std::string flag = text.substr(0, text.find(':'));
  if (text.find("missing") != std::string::npos) {
    return Error(Code::invalid_argument, fmt::format("{} has no value", flag))
        .with_hint(see_help(command));
  }
  return Error(Code::invalid_argument, fmt::format("{} is given more than once", flag))
      .with_hint("give it once");
}

/// CLI11's "Could not convert: NAME = VALUE", which only flags without values meet here.
Error no_value(Command& command, const std::string& text) {
  const auto colon = text.find(": ");
  const auto equals = text.find(" = ");
  if (colon == std::string::npos || equals == std::string::npos || equals < colon) {
    return Error(Code::invalid_argument, text).with_hint(see_help(command));
  }
  const std::string flag = text.substr(colon + 2, equals - colon - 2);
  return Error(Code::invalid_argument,
               fmt::format("{} does not take '{}'", flag, text.substr(equals + 3)))
      .with_hint(fmt::format("write it without a value: {}", flag));
}

/// The library's words are for programmers; these are ours.
Error parse_failure(Command& root, const CLI::ParseError& error) {
  Command& command = Tree::chosen(root);
  const std::string text = error.what();
  const auto left = Tree::app(root).remaining(true);
  switch (static_cast<CLI::ExitCodes>(error.get_exit_code())) {
    case CLI::ExitCodes::ExtrasError:
      if (!left.empty()) return unexpected(command, left.front());
      break;
    case CLI::ExitCodes::RequiredError: {
      // A flag that is not known explains what seems to be missing.
      const auto flag = std::find_if(left.begin(), left.end(),
                                     [](const std::string& word) { return word.starts_with("-"); });
      if (flag != left.end()) return unexpected(command, *flag);
      break;
    }
    case CLI::ExitCodes::ArgumentMismatch:
      return mismatch(command, text);
    case CLI::ExitCodes::ConversionError:
      return no_value(command, text);
    default:
      break;
  }
  return Error(Code::invalid_argument, text).with_hint(see_help(command));
}

/// Cuts off what follows "--" when the command hands it to another program: CLI11 would take it for
/// positional arguments of ours.
int take_rest(Command& root, int argc, const char* const* argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto mark = std::find(words.begin(), words.end(), "--");
  auto* rest = Tree::rest(Tree::named(root, {words.begin(), mark}));
  if (mark == words.end() || rest == nullptr) return argc;
  rest->assign(mark + 1, words.end());
  return static_cast<int>(mark - words.begin()) + 1;
}

}  // namespace

Result<> accept(Command& root, int argc, const char* const* argv) {
  const int own_words = take_rest(root, argc, argv);
  try {
    Tree::app(root).parse(own_words, argv);
  } catch (const CLI::ParseError& error) {
    return parse_failure(root, error);
  }
  if (!Tree::is_group(Tree::chosen(root))) return {};
  return Error(Code::invalid_argument, "a command is missing");
}

Result<> print_help(Command& root, const std::vector<std::string>& words,
                    output::Streams& streams) {
  Command* command = &root;
  for (const auto& word : words) {
    Command* next = Tree::child(*command, word);
    if (next == nullptr) return unexpected(*command, word);
    command = next;
  }
  streams.out << Tree::help(*command, help_width);
  return {};
}

namespace {

/// Threads or memory that the system does not give are its limits' doing, and no bug.
Error refused_by_system(std::string_view what) {
  return Error(Code::resource_exhausted, fmt::format("the system refuses: {}", what))
      .with_hint("look at 'ulimit -a' and at the limits of the cgroup (pids.max, memory.max)");
}

/// The status of a command that printed what it was asked for.
int printed(output::Streams& streams) {
  streams.out.flush();
  if (!streams.out.fail()) return 0;
  return report(streams, Error(Code::unknown, "the output could not be written"));
}

}  // namespace

int run(Command& root, int argc, const char* const* argv, output::Streams& streams) {
  const int own_words = take_rest(root, argc, argv);
  try {
    Tree::app(root).parse(own_words, argv);
  } catch (const CLI::CallForHelp&) {
    streams.out << Tree::help(Tree::chosen(root), help_width);
    return printed(streams);
  } catch (const CLI::CallForVersion& version) {
    streams.out << version.what() << '\n';
    return printed(streams);
  } catch (const CLI::ParseError& error) {
    return report(streams, parse_failure(root, error));
  }
  Command& command = Tree::chosen(root);
  if (Tree::is_group(command)) {
    streams.out << Tree::help(command, help_width);
    return printed(streams);
  }
  try {
    const Result<> done = Tree::execute(command);
    if (done) return printed(streams);
    streams.out.flush();
    return report(streams, done.error());
  } catch (const std::system_error& error) {  // of std::thread
    return report(streams, refused_by_system(error.what()));
  } catch (const std::bad_alloc&) {
    return report(streams, refused_by_system("out of memory"));
  } catch (const std::exception& error) {
    return report(streams, Error(Code::internal, fmt::format("internal error: {}", error.what()))
                               .with_hint("this is a bug of flintctl; please report it"));
  }
}

}  // namespace flintctl::cli
