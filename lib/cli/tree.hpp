// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/help.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11 names it so
class App;
}

namespace flintctl::cli {

/// The inside of a command, for the files of this room.
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
  std::map<std::string, std::vector<std::string>> values;  // of flags, for completions
  std::function<Result<>()> run;
};

/// Reads the tree: which command was chosen, its help page, its outline.
class Tree {
 public:
  static CLI::App& app(Command& command);
  /// The deepest command that parsing has chosen.
  static Command& chosen(Command& command);
  /// The deepest command that `words` name, before any parsing.
  static Command& named(Command& command, const std::vector<std::string>& words);
  /// The child that `word` names, by name or alias; nullptr when there is none.
  static Command* child(Command& command, const std::string& word);
  /// Whole names of all commands below that are called `word`.
  static std::vector<std::string> called(const Command& command, const std::string& word);
  static bool is_group(const Command& command);
  /// Its name with those above it: "flintctl vm create".
  static std::string full_name(const CLI::App* app);
  static std::string help(Command& command, std::size_t width);
  static Outline outline(const Command& command, std::vector<std::string> flags);
  static void add_examples(const Command& command, std::vector<std::string>& lines);
  /// Where a command keeps the words of another program, or nullptr.
  static std::vector<std::string>* rest(Command& command);
  /// Runs its action.
  static Result<> execute(Command& command);

 private:
  static HelpPage page(const Command::Impl& impl);
  static void add_options(HelpPage& page, const Command::Impl& impl);
};

}  // namespace flintctl::cli
