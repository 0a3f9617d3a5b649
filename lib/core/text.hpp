// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace flintctl {

/// Text that others wrote, fit for one line on a terminal: white space is a blank; control
/// characters (ECMA-48's C0 and C1, which can rewrite the screen), marks that turn the direction of
/// writing and bytes that are not UTF-8 are '?'. More than `longest` bytes are cut, and end in "…".
std::string printable(std::string_view text, std::size_t longest = 200);

/// The same for text of several lines: a line break stays where the next line begins with two
/// blanks, so that nothing in it looks like a line of ours.
std::string printable_lines(std::string_view text, std::size_t longest);

}  // namespace flintctl
