// SPDX-License-Identifier: Apache-2.0
#include "cli/tree.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

namespace flintctl::cli {
namespace {

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

}  // namespace

CLI::App& Tree::app(Command& command) { return *command.impl_->app; }

Command& Tree::chosen(Command& command) {
  const auto parsed = command.impl_->app->get_subcommands();
  for (auto& child : command.impl_->children) {
    if (!parsed.empty() && child->impl_->app == parsed.back()) return chosen(*child);
  }
  return command;
}

Command& Tree::named(Command& command, const std::vector<std::string>& words) {
  Command* found = &command;
  for (const auto& word : words) {
    if (auto* next = child(*found, word)) found = next;
  }
  return *found;
}

Command* Tree::child(Command& command, const std::string& word) {
  for (auto& candidate : command.impl_->children) {
    if (candidate->impl_->app->check_name(word)) return candidate.get();
  }
  return nullptr;
}

std::vector<std::string> Tree::called(const Command& command, const std::string& word) {
  std::vector<std::string> names;
  for (const auto& candidate : command.impl_->children) {
    if (candidate->impl_->app->check_name(word)) names.push_back(full_name(candidate->impl_->app));
    const auto below = called(*candidate, word);
    names.insert(names.end(), below.begin(), below.end());
  }
  return names;
}

bool Tree::is_group(const Command& command) { return !command.impl_->run; }

std::string Tree::full_name(const CLI::App* app) {
  const std::string& own = app->get_name();
  return app->get_parent() == nullptr ? own : full_name(app->get_parent()) + " " + own;
}

std::string Tree::help(Command& command, std::size_t width) {
  return render(page(*command.impl_), width);
}

HelpPage Tree::page(const Command::Impl& impl) {
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

void Tree::add_options(HelpPage& page, const Command::Impl& impl) {
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

Outline Tree::outline(const Command& command, std::vector<std::string> flags) {
  const auto& impl = *command.impl_;
  for (const CLI::Option* option : impl.app->get_options()) {
    for (const auto& name : option->get_lnames()) flags.push_back("--" + name);
  }
  std::sort(flags.begin(), flags.end());
  flags.erase(std::unique(flags.begin(), flags.end()), flags.end());
  Outline outline{impl.app->get_name(),    impl.summary, flags, {},
                  impl.app->get_aliases(), impl.values};
  for (const auto& child : impl.children) {
    outline.commands.push_back(Tree::outline(*child, flags));
  }
  return outline;
}

void Tree::add_examples(const Command& command, std::vector<std::string>& lines) {
  for (const auto& [line, purpose] : command.impl_->examples) lines.push_back(line);
  for (const auto& child : command.impl_->children) add_examples(*child, lines);
}

std::vector<std::string>* Tree::rest(Command& command) { return command.impl_->rest; }

Result<> Tree::execute(Command& command) {
  auto& impl = *command.impl_;
  if (impl.rest != nullptr) {
    const auto before = impl.app->remaining();
    impl.rest->insert(impl.rest->begin(), before.begin(), before.end());
  }
  return impl.run();
}

Outline outline(const Command& root) { return Tree::outline(root, {}); }

std::vector<std::string> examples(const Command& root) {
  std::vector<std::string> lines;
  Tree::add_examples(root, lines);
  return lines;
}

}  // namespace flintctl::cli
