// SPDX-License-Identifier: Apache-2.0
#include "cli/command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/help.hpp"
#include "core/units.hpp"
#include "data/value.hpp"

namespace flintctl::cli {

struct Command::Impl {
  std::unique_ptr<CLI::App> owned;  // the root's alone; children belong to CLI11's tree
  CLI::App* app = nullptr;
  Impl* parent = nullptr;
  std::string summary;
  std::string details;
  HelpPage::Entries examples;
  std::vector<std::unique_ptr<Command>> children;
  std::vector<std::string>* rest = nullptr;
  std::string rest_help;
  std::function<Result<>()> run;
};

namespace {

/// The size or duration of an option's text, or CLI11's exception with our message.
template <typename Value>
Value parsed(Result<Value> result, const std::string& names) {
  if (result) return *result;
  throw CLI::ValidationError(
      fmt::format("{}: {} ({})", names, result.error().text(), result.error().hint()));
}

void configure(CLI::App& app) {
  app.set_help_flag("-h,--help", "Show this help");
  app.require_subcommand(0, 1);
  app.fallthrough();
}

/// "-f, --file FILE" as --help shows an option.
std::string term_of(const CLI::Option& option) {
  std::string term;
  for (const auto& name : option.get_snames()) term += (term.empty() ? "-" : ", -") + name;
  if (term.empty()) term = "   ";
  for (const auto& name : option.get_lnames()) term += (term == "   " ? " --" : ", --") + name;
  if (option.get_items_expected_max() > 0) term += " " + option.get_type_name();
  return term;
}

std::string meaning_of(const CLI::Option& option) {
  const std::string& initial = option.get_default_str();
  if (initial.empty() || initial == "\"\"") return option.get_description();
  return fmt::format("{} (default {})", option.get_description(), initial);
}

std::string full_name(const CLI::App* app) {
  const std::string& own = app->get_name();
  return app->get_parent() == nullptr ? own : full_name(app->get_parent()) + " " + own;
}

}  // namespace

/// Knows the inside of Command: finds the chosen command and makes its help page.
class Tree {
 public:
  static CLI::App& app(Command& command) { return *command.impl_->app; }

  static Command& chosen(Command& command) {
    const auto parsed = command.impl_->app->get_subcommands();
    for (auto& child : command.impl_->children) {
      if (!parsed.empty() && child->impl_->app == parsed.back()) return chosen(*child);
    }
    return command;
  }

  static std::string help(Command& command, std::size_t width) {
    return render(page(*command.impl_), width);
  }

  static bool is_group(const Command& command) { return !command.impl_->run; }

  static Result<> execute(Command& command) {
    auto& impl = *command.impl_;
    if (impl.rest != nullptr) {
      const auto before = impl.app->remaining();
      impl.rest->insert(impl.rest->begin(), before.begin(), before.end());
    }
    return impl.run();
  }

  /// The deepest command that `words` name, before any parsing.
  static Command& named(Command& command, const std::vector<std::string>& words) {
    Command* found = &command;
    for (const auto& word : words) {
      for (auto& child : found->impl_->children) {
        if (child->impl_->app->check_name(word)) {
          found = child.get();
          break;
        }
      }
    }
    return *found;
  }

  static Outline outline(const Command& command, std::vector<std::string> flags) {
    const auto& impl = *command.impl_;
    for (const CLI::Option* option : impl.app->get_options()) {
      for (const auto& name : option->get_lnames()) flags.push_back("--" + name);
    }
    std::sort(flags.begin(), flags.end());
    flags.erase(std::unique(flags.begin(), flags.end()), flags.end());
    Outline outline{impl.app->get_name(), impl.summary, flags, {}};
    for (const auto& child : impl.children) {
      outline.commands.push_back(Tree::outline(*child, flags));
    }
    return outline;
  }

  /// Where a command keeps the words of another program, or nullptr.
  static std::vector<std::string>* rest(Command& command) { return command.impl_->rest; }

 private:
  static HelpPage page(const Command::Impl& impl) {
    HelpPage page;
    page.summary = impl.summary + ".";
    page.details = impl.details;
    page.examples = impl.examples;
    page.usage = full_name(impl.app);
    for (const auto& child : impl.children) {
      const auto& node = *child->impl_;
      if (!node.summary.empty()) page.commands.emplace_back(node.app->get_name(), node.summary);
    }
    if (!page.commands.empty()) page.usage += " COMMAND";
    add_options(page, impl);
    for (const Command::Impl* above = impl.parent; above != nullptr; above = above->parent) {
      for (const CLI::Option* option : above->app->get_options()) {
        if (option != above->app->get_help_ptr()) {
          page.global_flags.emplace_back(term_of(*option), meaning_of(*option));
        }
      }
    }
    return page;
  }

  static void add_options(HelpPage& page, const Command::Impl& impl) {
    for (const CLI::Option* option : impl.app->get_options()) {
      if (!option->get_positional()) {
        page.flags.emplace_back(term_of(*option), meaning_of(*option));
        continue;
      }
      const std::string name = option->get_name();
      const bool many = option->get_items_expected_max() > 1;
      const std::string argument = name + (many ? "..." : "");
      page.usage += option->get_required() ? " " + argument : " [" + argument + "]";
      page.arguments.emplace_back(name, option->get_description());
    }
    if (impl.rest != nullptr) {
      page.usage += " [--] ARGS...";
      page.arguments.emplace_back("ARGS", impl.rest_help);
    }
    if (page.flags.size() > 1) page.usage += " [flags]";
  }
};

Command::Command(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Command::~Command() = default;

Command::Command(std::string name, std::string summary) : impl_(std::make_unique<Impl>()) {
  impl_->owned = std::make_unique<CLI::App>(summary, std::move(name));
  impl_->app = impl_->owned.get();
  impl_->summary = std::move(summary);
  configure(*impl_->app);
}

Command& Command::add(const std::string& name, const std::string& summary) {
  auto impl = std::make_unique<Impl>();
  impl->app = impl_->app->add_subcommand(name, summary);
  impl->parent = impl_.get();
  impl->summary = summary;
  configure(*impl->app);
  impl_->children.push_back(std::unique_ptr<Command>(new Command(std::move(impl))));
  return *impl_->children.back();
}

Command& Command::alias(const std::string& name) {
  impl_->app->alias(name);
  return *this;
}

Command& Command::details(const std::string& text) {
  impl_->details = text;
  return *this;
}

Command& Command::example(const std::string& line, const std::string& purpose) {
  impl_->examples.emplace_back(line, purpose);
  return *this;
}

Command& Command::flag(const std::string& names, bool& value, const std::string& help) {
  impl_->app->add_flag(names, value, help);
  return *this;
}

Command& Command::counter(const std::string& names, int& value, const std::string& help) {
  impl_->app->add_flag(names, value, help);
  return *this;
}

Command& Command::option(const std::string& names, std::string& value, const std::string& help,
                         const std::string& placeholder) {
  impl_->app->add_option(names, value, help)->type_name(placeholder)->capture_default_str();
  return *this;
}

Command& Command::option(const std::string& names, std::optional<std::string>& value,
                         const std::string& help, const std::string& placeholder) {
  impl_->app
      ->add_option_function<std::string>(
          names, [&value](const std::string& text) { value = text; }, help)
      ->type_name(placeholder);
  return *this;
}

Command& Command::option(const std::string& names, unsigned& value, const std::string& help) {
  impl_->app->add_option(names, value, help)->type_name("N")->capture_default_str();
  return *this;
}

Command& Command::option(const std::string& names, std::vector<std::string>& values,
                         const std::string& help, const std::string& placeholder) {
  impl_->app->add_option(names, values, help)
      ->type_name(placeholder)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
  return *this;
}

Command& Command::size_option(const std::string& names, std::uint64_t& bytes,
                              const std::string& help) {
  impl_->app
      ->add_option_function<std::string>(
          names,
          [&bytes, names](const std::string& text) { bytes = parsed(parse_size(text), names); },
          help)
      ->type_name("SIZE")
      ->default_str(bytes == 0 ? "" : format_size(bytes));
  return *this;
}

Command& Command::duration_option(const std::string& names, std::chrono::milliseconds& value,
                                  const std::string& help) {
  impl_->app
      ->add_option_function<std::string>(
          names,
          [&value, names](const std::string& text) { value = parsed(parse_duration(text), names); },
          help)
      ->type_name("DURATION")
      ->default_str(format_age(std::chrono::duration_cast<std::chrono::seconds>(value)));
  return *this;
}

Command& Command::choice(const std::string& names, std::string& value,
                         const std::vector<std::string>& choices, const std::string& help) {
  const auto check = [choices](const std::string& text) -> std::string {
    for (const auto& choice : choices) {
      if (text == choice) return {};
    }
    const std::string near =
        data::nearest(text, std::vector<std::string_view>(choices.begin(), choices.end()));
    if (!near.empty()) return fmt::format("unknown value '{}'; did you mean '{}'?", text, near);
    return fmt::format("'{}' is not one of {}", text, fmt::join(choices, ", "));
  };
  impl_->app->add_option(names, value, help)
      ->type_name(fmt::format("{}", fmt::join(choices, "|")))
      ->capture_default_str()
      ->check(CLI::Validator(check, "", ""));
  return *this;
}

Command& Command::argument(const std::string& name, std::string& value, const std::string& help) {
  impl_->app->add_option(name, value, help)->required();
  return *this;
}

Command& Command::arguments(const std::string& name, std::vector<std::string>& values,
                            std::size_t minimum, const std::string& help) {
  auto* option = impl_->app->add_option(name, values, help);
  option->expected(static_cast<int>(minimum), CLI::detail::expected_max_vector_size);
  if (minimum > 0) option->required();
  return *this;
}

Command& Command::rest(std::vector<std::string>& values, const std::string& help) {
  // Without fallthrough: what is unknown here belongs to the other program, not to our parents.
  impl_->app->prefix_command()->fallthrough(false);
  impl_->rest = &values;
  impl_->rest_help = help;
  return *this;
}

Command& Command::action(std::function<Result<>()> run) {
  impl_->run = std::move(run);
  return *this;
}

Outline outline(const Command& root) { return Tree::outline(root, {}); }

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
               fmt::format("unknown {} '{}' for '{}'", what, word, full_name(&app)))
      .with_hint(near.empty() ? fmt::format("see '{} --help'", full_name(&app))
                              : fmt::format("did you mean '{}'?", near));
}

Error parse_failure(Command& root, const CLI::ParseError& error) {
  Command& command = Tree::chosen(root);
  const auto left = Tree::app(root).remaining(true);
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError) && !left.empty()) {
    return unexpected(command, left.front());
  }
  return Error(Code::invalid_argument, error.what())
      .with_hint(fmt::format("see '{} --help'", full_name(&Tree::app(command))));
}

}  // namespace

namespace {

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
