// SPDX-License-Identifier: Apache-2.0
#include "lvm/names.hpp"

#include <fmt/format.h>

#include <string_view>

namespace flintctl::lvm {
namespace {

constexpr std::size_t longest_dm_name = 100;  // devmapper::check_name: a snapshot's is longer

std::string doubled(const std::string& name) {
  std::string text;
  for (const char c : name) text += c == '-' ? std::string("--") : std::string(1, c);
  return text;
}

bool is_reserved(const std::string& volume) {
  for (const std::string_view word : {"snapshot", "pvmove"}) {
    if (volume.starts_with(word)) return true;
  }
  for (const std::string_view word :
       {"_cdata", "_cmeta", "_corig", "_iorig", "_mimage", "_mlog", "_pmspare", "_rimage", "_rmeta",
        "_tdata", "_tmeta", "_vdata", "_vorigin", "_wcorig"}) {
    if (volume.find(word) != std::string::npos) return true;
  }
  return false;
}

Result<> check_word(const char* what, const std::string& name) {
  constexpr std::string_view allowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+_.-";
  const bool fine = !name.empty() && name.front() != '-' && name != "." && name != ".." &&
                    name.find_first_not_of(allowed) == std::string::npos;
  if (fine) return {};
  return Error(Code::invalid_argument, fmt::format("'{}' cannot be the name of a {}", name, what))
      .with_hint("use letters, digits and +_.-, not beginning with a hyphen");
}

}  // namespace

std::string dm_name(const LogicalName& name) {
  return doubled(name.group) + "-" + doubled(name.volume);
}

std::string profile_name(const std::string& dm_name) { return "flintctl-" + dm_name; }

std::string profile_path(const std::string& etc, const std::string& dm_name) {
  return fmt::format("{}/lvm/profile/{}.profile", etc, profile_name(dm_name));
}

std::optional<LogicalName> parse_dm_name(const std::string& name) {
  LogicalName parsed;
  std::string* part = &parsed.group;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '-') {
      *part += name[i];
    } else if (i + 1 < name.size() && name[i + 1] == '-') {
      *part += name[i++];
    } else if (part == &parsed.group) {
      part = &parsed.volume;
    } else {
      return std::nullopt;
    }
  }
  if (!check_name(parsed)) return std::nullopt;
  return parsed;
}

Result<> check_name(const LogicalName& name) {
  TRY(check_word("volume group", name.group));
  TRY(check_word("logical volume", name.volume));
  if (is_reserved(name.volume)) {
    return Error(Code::invalid_argument,
                 fmt::format("LVM keeps names such as '{}' for itself", name.volume));
  }
  if (dm_name(name).size() <= longest_dm_name) return {};
  return Error(Code::invalid_argument, fmt::format("the name {} is too long", name.text()));
}

}  // namespace flintctl::lvm
