// SPDX-License-Identifier: Apache-2.0
#include "cli/help.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace flintctl::cli {
namespace {

/// Breaks `text` at blanks so that each line fits, later lines indented.
std::string wrap(const std::string& text, std::size_t indent, std::size_t width) {
  std::istringstream words(text);
  std::string result;
  std::size_t column = indent;
  for (std::string word; words >> word;) {
    if (column > indent && column + 1 + word.size() > width) {
      result += "\n" + std::string(indent, ' ');
      column = indent;
    }
    if (column > indent) {
      result += ' ';
      ++column;
    }
    result += word;
    column += word.size();
  }
  return result;
}

void add_section(std::string& text, const char* title, const HelpPage::Entries& entries,
                 std::size_t width) {
  constexpr std::size_t widest_term = 30;
  if (entries.empty()) return;
  std::size_t term_width = 0;
  for (const auto& [term, meaning] : entries) {
    if (term.size() <= widest_term) term_width = std::max(term_width, term.size());
  }
  text += fmt::format("\n{}:\n", title);
  const std::size_t indent = 2 + term_width + 3;
  for (const auto& [term, meaning] : entries) {
    text += fmt::format("  {:<{}}", term, term_width);
    text += term.size() > term_width ? "\n" + std::string(indent, ' ') : "   ";
    text += wrap(meaning, indent, width) + "\n";
  }
}

}  // namespace

std::string render(const HelpPage& page, std::size_t width) {
  std::string text = wrap(page.summary, 0, width) + "\n";
  std::istringstream details(page.details);
  bool in_list = false;
  for (std::string line; std::getline(details, line);) {
    // Lines that begin with a blank are laid out by their author: lists, drawings.
    const bool laid_out = line.starts_with(' ');
    if (!laid_out || !in_list) text += '\n';
    text += (laid_out ? line : wrap(line, 0, width)) + "\n";
    in_list = laid_out;
  }
  text += "\nUsage:\n  " + page.usage + "\n";
  if (!page.examples.empty()) text += "\nExamples:\n";
  for (const auto& [line, purpose] : page.examples) {
    text += fmt::format("  # {}\n  {}\n", purpose, line);
  }
  add_section(text, "Commands", page.commands, width);
  add_section(text, "Arguments", page.arguments, width);
  add_section(text, "Flags", page.flags, width);
  add_section(text, "Global flags", page.global_flags, width);
  if (!page.commands.empty()) {
    text += "\nUse \"" + page.usage.substr(0, page.usage.find(" COMMAND")) +
            " COMMAND --help\" for more about a command.\n";
  }
  return text;
}

}  // namespace flintctl::cli
