// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace flintctl::provision {

/// The line of containerd's log that tells why it failed, and what to do about it.
struct LogFinding {
  std::string line;  ///< message and error of the line, without time, level and quoting; or empty
  std::string hint;  ///< or empty
};

/// Chooses it from what containerd wrote since it was started. In order: the words it ended with
/// ("containerd: …"), a panic, why `snapshotter` failed to load (empty: any), the last line of
/// level fatal or error, the last line of all.
LogFinding explain_log(std::string_view log, std::string_view snapshotter);

/// Message and error of one logfmt line: `level=error msg="a \"b\"" error="c"` is `a "b": c`. Other
/// lines come back as they are.
std::string log_line_text(std::string_view line);

/// True when the log ends while containerd waits for its metadata database, which one process may
/// hold at a time.
bool waits_for_database(std::string_view log);

}  // namespace flintctl::provision
