// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "output/streams.hpp"

namespace flintctl::cli {

/// One node of the command tree: a name, a summary, flags bound to variables, and either children
/// or an action. Bound variables must live as long as the tree: keep them in a shared options
/// struct that the action captures. The only room that knows CLI11 stands behind this class.
///
/// `names` are as a person types them, "-f,--file". Parsing only chooses an action; run() executes.
class Command {
 public:
  explicit Command(std::string name, std::string summary);
  ~Command();
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  /// A child. The reference stays valid as long as this command.
  Command& add(const std::string& name, const std::string& summary);
  /// Another name for this command ("vms" for "vm").
  Command& alias(const std::string& name);
  /// Text below the summary in --help; paragraphs as they are.
  Command& details(const std::string& text);
  /// What --version prints, here and anywhere below.
  Command& version(const std::string& text);
  /// One example line with its purpose, printed in --help under "Examples:".
  Command& example(const std::string& line, const std::string& purpose);

  Command& flag(const std::string& names, bool& value, const std::string& help);
  /// Counts how often it is given (-v -v).
  Command& counter(const std::string& names, int& value, const std::string& help);
  Command& option(const std::string& names, std::string& value, const std::string& help,
                  const std::string& placeholder);
  /// What a completion offers for an option that takes other values too.
  Command& suggest(const std::string& names, const std::vector<std::string>& values);
  Command& option(const std::string& names, std::optional<std::string>& value,
                  const std::string& help, const std::string& placeholder);
  Command& option(const std::string& names, unsigned& value, const std::string& help);
  /// Repeatable, each use appends one value; a value may begin with '-' when written --name=-value.
  Command& option(const std::string& names, std::vector<std::string>& values,
                  const std::string& help, const std::string& placeholder);
  /// A size such as 512Mi (core/units.hpp).
  Command& size_option(const std::string& names, std::uint64_t& bytes, const std::string& help);
  /// A duration such as 90s (core/units.hpp).
  Command& duration_option(const std::string& names, std::chrono::milliseconds& value,
                           const std::string& help);
  /// One of `choices`, else exit 2 with the nearest.
  Command& choice(const std::string& names, std::string& value,
                  const std::vector<std::string>& choices, const std::string& help);

  /// A required positional argument.
  Command& argument(const std::string& name, std::string& value, const std::string& help);
  /// A positional argument that may be left out: `value` stays as it is.
  Command& optional_argument(const std::string& name, std::string& value, const std::string& help);
  /// Positional arguments, at least `minimum`.
  Command& arguments(const std::string& name, std::vector<std::string>& values, std::size_t minimum,
                     const std::string& help);
  /// All that follows, flags of other programs included ("containerd ctr -- images ls").
  Command& rest(std::vector<std::string>& values, const std::string& help);

  /// What this command does when it was chosen.
  Command& action(std::function<Result<>()> run);

 private:
  friend class Tree;
  struct Impl;
  explicit Command(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// A command as data, for completion scripts.
struct Outline {
  std::string name;
  std::string summary;
  std::vector<std::string> flags;  ///< long forms, "--output"; those of all its parents included
  std::vector<Outline> commands;
  std::vector<std::string> aliases = {};
  std::map<std::string, std::vector<std::string>> values =
      {};  ///< of its own flags: "-o", "--wait"
};
Outline outline(const Command& root);

/// Every example line of the tree.
std::vector<std::string> examples(const Command& root);
/// Whether the tree takes this command line, as run() would find; runs nothing.
Result<> accept(Command& root, int argc, const char* const* argv);

/// Prints the help of the command that `words` name; invalid_argument when there is none.
Result<> print_help(Command& root, const std::vector<std::string>& words, output::Streams& streams);

/// Prints error and hint, for a command that goes on.
void tell(output::Streams& streams, const Error& error);
/// The failure of a command that told all of its errors: run() only takes the status of it.
Error already_told(Code code);

/// The exit status of an error, as the command line contract lists them.
int exit_status(Code code);

/// Parses argv, runs the chosen action, prints error and hint to streams.err and returns the exit
/// status. The one place that does. Catches what third parties throw (exit 70).
int run(Command& root, int argc, const char* const* argv, output::Streams& streams);

}  // namespace flintctl::cli
