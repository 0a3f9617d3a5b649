// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archive/tar_entry.hpp"
#include "core/result.hpp"

namespace flintctl::archive {

/// The keyword=value records of a PAX extended header, in order, duplicates included: the last of a
/// keyword counts, and an empty value takes the keyword back (but an attribute may be empty).
/// POSIX.1-2017, pax, "pax Extended Header".
using PaxRecords = std::vector<std::pair<std::string, std::string>>;
Result<PaxRecords> parse_pax(std::string_view body);

/// Decimal seconds, with a fraction cut to nanoseconds: "1350244992.023960108", "-1.5".
Result<timespec> parse_pax_time(std::string_view text);

/// A decimal number, optionally negative.
Result<std::int64_t> parse_pax_number(std::string_view text);

/// Puts the records that concern files into `entry`: path, linkpath, uid, gid, mtime, atime and
/// SCHILY.xattr.*. "size" is the caller's, since it says where the next header is.
Result<> merge_pax(const PaxRecords& records, TarEntry& entry);

}  // namespace flintctl::archive
