// SPDX-License-Identifier: Apache-2.0
#include "archive/pax.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace flintctl::archive {
namespace {

Error damaged_pax(std::string_view what) {
  return {Code::data_loss, fmt::format("damaged PAX header: {}", what)};
}

/// One record, "LENGTH KEY=VALUE\n", taken off the front of `body`.
Result<std::pair<std::string, std::string>> take_record(std::string_view& body) {
  std::size_t length = 0;
  const char* const end = body.data() + body.size();
  const auto [after, error] = std::from_chars(body.data(), end, length);
  const auto digits = static_cast<std::size_t>(after - body.data());
  if (error != std::errc() || after == end || *after != ' ') return damaged_pax("no record length");
  if (length > body.size() || length < digits + 3) return damaged_pax("wrong record length");
  const auto record = body.substr(digits + 1, length - digits - 1);
  if (record.back() != '\n') return damaged_pax("a record does not end with its line");
  const auto equals = record.find('=');
  if (equals == std::string_view::npos || equals == 0) return damaged_pax("a record without a key");
  body.remove_prefix(length);
  return std::pair(std::string(record.substr(0, equals)),
                   std::string(record.substr(equals + 1, record.size() - equals - 2)));
}

bool holds_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

/// Of several attributes of one name the last counts. All at once: a header of a mebibyte holds
/// tens of thousands, too many to look through for each.
void keep_last(std::vector<std::pair<std::string, std::string>>& xattrs) {
  std::unordered_map<std::string_view, std::size_t> last;
  for (std::size_t i = 0; i < xattrs.size(); ++i) last[xattrs[i].first] = i;
  if (last.size() == xattrs.size()) return;
  std::vector<bool> kept(xattrs.size());
  for (const auto& [name, index] : last) kept[index] = true;
  std::vector<std::pair<std::string, std::string>> result;
  for (std::size_t i = 0; i < xattrs.size(); ++i) {
    if (kept[i]) result.push_back(std::move(xattrs[i]));
  }
  xattrs = std::move(result);
}

Result<> merge_record(const std::string& key, const std::string& value, TarEntry& entry) {
  constexpr std::string_view xattr_prefix = "SCHILY.xattr.";
  if (key.starts_with(xattr_prefix)) {
    if (holds_nul(key)) return damaged_pax("NUL in the name of an extended attribute");
    entry.xattrs.emplace_back(key.substr(xattr_prefix.size()), value);
    return {};
  }
  if (value.empty()) return {};
  if (key == "path" || key == "linkpath") {
    if (holds_nul(value)) return damaged_pax("NUL in a name");
    (key == "path" ? entry.name : entry.link) = value;
  } else if (key == "uid") {
    entry.uid = TRY(parse_pax_number(value));
  } else if (key == "gid") {
    entry.gid = TRY(parse_pax_number(value));
  } else if (key == "mtime") {
    entry.mtime = TRY(parse_pax_time(value));
  } else if (key == "atime") {
    entry.atime = TRY(parse_pax_time(value));
  }
  return {};
}

}  // namespace

Result<PaxRecords> parse_pax(std::string_view body) {
  PaxRecords records;
  while (!body.empty()) records.push_back(TRY(take_record(body)));
  return records;
}

Result<std::int64_t> parse_pax_number(std::string_view text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || after != end) {
    return damaged_pax(fmt::format("'{}' is not a number", text.substr(0, 32)));
  }
  return value;
}

Result<timespec> parse_pax_time(std::string_view text) {
  constexpr long second = 1'000'000'000;
  const auto dot = text.find('.');
  const auto whole = text.substr(0, dot);
  timespec time = {};
  time.tv_sec = TRY(parse_pax_number(whole));
  if (dot == std::string_view::npos) return time;
  long unit = second / 10;
  for (const char digit : text.substr(dot + 1)) {
    if (digit < '0' || digit > '9') return damaged_pax("a time is not a number");
    time.tv_nsec += unit * (digit - '0');
    unit /= 10;
  }
  // "-1.5" is half a second before -1: timespec counts nanoseconds upwards.
  const bool lowest = time.tv_sec == std::numeric_limits<time_t>::min();
  if (whole.starts_with('-') && time.tv_nsec > 0 && !lowest) {
    time.tv_sec -= 1;
    time.tv_nsec = second - time.tv_nsec;
  }
  return time;
}

Result<> merge_pax(const PaxRecords& records, TarEntry& entry) {
  for (const auto& [key, value] : records) TRY(merge_record(key, value, entry));
  keep_last(entry.xattrs);
  return {};
}

}  // namespace flintctl::archive
