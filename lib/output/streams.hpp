// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string_view>

namespace flintctl::output {

/// Where a command writes: data to `out`, everything else to `err`. Tests give string streams.
struct Streams {
  std::ostream& out;
  std::ostream& err;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  bool color = false;  ///< escape sequences may be written (terminal, no NO_COLOR, TERM not dumb)
  bool quiet = false;  ///< -q: no notes and no progress
};

/// Whether a terminal is to see colours, by the values of TERM and NO_COLOR, null where they are
/// not set. A terminal without a name is as dumb as one that says so. no-color.org.
inline bool wants_color(const char* term, const char* no_color) {
  const std::string_view name = term == nullptr ? "" : term;
  return !name.empty() && name != "dumb" && (no_color == nullptr || *no_color == '\0');
}

}  // namespace flintctl::output
