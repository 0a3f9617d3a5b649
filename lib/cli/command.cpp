// SPDX-License-Identifier: Apache-2.0
#include "cli/command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <sstream>

#include "cli/tree.hpp"
#include "core/units.hpp"
#include "data/value.hpp"

namespace flintctl::cli {
namespace {

/// The size or duration of an option's text, or CLI11's exception with our message.
template <typename Value>
Value parsed(Result<Value> result, const std::string& names) {
  if (result) return *result;
  throw CLI::ValidationError(
      fmt::format("{}: {} ({})", names, result.error().text(), result.error().hint()));
}

Result<unsigned> parse_count(const std::string& text) {
  unsigned count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error == std::errc() && end == text.data() + text.size()) return count;
  return Error(Code::invalid_argument, fmt::format("'{}' is not a number", text))
      .with_hint("use a whole number, 0 or more");
}

void configure(CLI::App& app) {
  app.set_help_flag("-h,--help", "Show this help");
  app.require_subcommand(0, 1);
  app.fallthrough();
}

}  // namespace

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

Command& Command::version(const std::string& text) {
  impl_->app->set_version_flag("--version", text, "Print the version");
  return *this;
}

Command& Command::suggest(const std::string& names, const std::vector<std::string>& values) {
  std::istringstream list(names);
  for (std::string name; std::getline(list, name, ',');) impl_->values[name] = values;
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
  impl_->app
      ->add_option_function<std::string>(
          names,
          [&value, names](const std::string& text) { value = parsed(parse_count(text), names); },
          help)
      ->type_name("N")
      ->default_str(std::to_string(value));
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
          // Nothing has no bytes, and callers have 0 for "not given".
          [&bytes, names](const std::string& text) {
            bytes = parsed(parse_size(text), names);
            if (bytes == 0) throw CLI::ValidationError(fmt::format("{}: the size is 0", names));
          },
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
  return suggest(names, choices);
}

Command& Command::argument(const std::string& name, std::string& value, const std::string& help) {
  impl_->app->add_option(name, value, help)->required();
  return *this;
}

Command& Command::optional_argument(const std::string& name, std::string& value,
                                    const std::string& help) {
  impl_->app->add_option(name, value, help);
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

}  // namespace flintctl::cli
