// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/command.hpp"
#include "cli/tree.hpp"
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

namespace {

constexpr std::size_t help_width = 100;

int report(output::Streams& streams, const Error& error) {
  const char* red = streams.color ? "\033[31m" : "";
  const char* plain = streams.color ? "\033[0m" : "";
  streams.err << red << "error: " << plain << error.text() << '\n';
  if (!error.hint().empty()) streams.err << "hint: " << error.hint() << '\n';
  return exit_status(error.code());
}

/// What was typed and is not known, as an error with the nearest known word.
Error unexpected(Command& command, const std::string& word) {
  const CLI::App& app = Tree::app(command);
  std::vector<std::string> known;
  const bool is_flag = word.starts_with("-");
  for (const CLI::App* level = &app; is_flag && level != nullptr; level = level->get_parent()) {
    for (const CLI::Option* option : level->get_options()) {
      for (const auto& name : option->get_lnames()) known.push_back("--" + name);
    }
  }
  if (!is_flag) {
    for (const CLI::App* child : app.get_subcommands(nullptr)) known.push_back(child->get_name());
  }
  const std::string near = data::nearest(word.substr(0, word.find('=')),
                                         std::vector<std::string_view>(known.begin(), known.end()));
  const char* what = is_flag ? "flag" : (Tree::is_group(command) ? "command" : "argument");
  return Error(Code::invalid_argument,
               fmt::format("unknown {} '{}' for '{}'", what, word, Tree::full_name(&app)))
      .with_hint(near.empty() ? fmt::format("see '{} --help'", Tree::full_name(&app))
                              : fmt::format("did you mean '{}'?", near));
}

Error parse_failure(Command& root, const CLI::ParseError& error) {
  Command& command = Tree::chosen(root);
  const auto left = Tree::app(root).remaining(true);
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError) && !left.empty()) {
    return unexpected(command, left.front());
  }
  return Error(Code::invalid_argument, error.what())
      .with_hint(fmt::format("see '{} --help'", Tree::full_name(&Tree::app(command))));
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

int run(Command& root, int argc, const char* const* argv, output::Streams& streams) {
  const int own_words = take_rest(root, argc, argv);
  try {
    Tree::app(root).parse(own_words, argv);
  } catch (const CLI::CallForHelp&) {
    streams.out << Tree::help(Tree::chosen(root), help_width);
    return 0;
  } catch (const CLI::ParseError& error) {
    return report(streams, parse_failure(root, error));
  }
  Command& command = Tree::chosen(root);
  if (Tree::is_group(command)) {
    streams.out << Tree::help(command, help_width);
    return 0;
  }
  try {
    Result<> done = Tree::execute(command);
    streams.out.flush();
    if (done && streams.out.fail()) done = Error(Code::unknown, "the output could not be written");
    return done ? 0 : report(streams, done.error());
  } catch (const std::exception& error) {
    return report(streams, Error(Code::internal, fmt::format("internal error: {}", error.what()))
                               .with_hint("this is a bug of flintctl; please report it"));
  }
}

}  // namespace flintctl::cli
