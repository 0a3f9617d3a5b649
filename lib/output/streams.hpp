// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>

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

}  // namespace flintctl::output
