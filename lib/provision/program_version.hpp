// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/result.hpp"
#include "sys/fact_cache.hpp"

namespace flintctl::provision {

/// What a program answers to `flag` ("--version"), or answered when it was the same file.
/// host_not_ready when it does not.
Result<std::string> ask_version(const std::string& path, const char* flag,
                                const sys::FactCache& facts);

/// The version in what `NAME --version` prints: the first word that begins like one, without "v".
Result<std::string> parse_program_version(const std::string& output);

}  // namespace flintctl::provision
