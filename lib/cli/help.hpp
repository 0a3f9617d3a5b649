// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace flintctl::cli {

/// What --help shows of one command, in the order in which it is printed.
struct HelpPage {
  using Entries = std::vector<std::pair<std::string, std::string>>;  ///< (term, its meaning)
  std::string summary;
  std::string details;
  std::string usage;
  Entries examples;  ///< (command line, purpose)
  Entries commands;
  Entries arguments;
  Entries flags;
  Entries global_flags;
};

/// The page as text, at most `width` columns wide.
std::string render(const HelpPage& page, std::size_t width);

}  // namespace flintctl::cli
