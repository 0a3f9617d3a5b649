// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/result.hpp"
#include "oci/credentials.hpp"

namespace flintctl::cmd {

/// The first line of standard input without its line break: secrets come that way, never on a
/// command line. A terminal is asked with `prompt` on stderr, and does not echo.
Result<std::string> read_secret_line(const std::string& prompt);

/// --creds-stdin: one line, USER:PASSWORD.
Result<oci::Credentials> read_credentials();

}  // namespace flintctl::cmd
