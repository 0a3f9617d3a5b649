// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/command.hpp"

namespace flintctl::cli {

/// A completion script for a shell, made from the command tree: commands, then flags of the command
/// that stands before the cursor, else file names. bash(1) "Programmable Completion",
/// zshcompsys(1), fish's complete(1).
std::string bash_completion(const Outline& root);
std::string zsh_completion(const Outline& root);
std::string fish_completion(const Outline& root);

}  // namespace flintctl::cli
