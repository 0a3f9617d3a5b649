// SPDX-License-Identifier: Apache-2.0
#include "oci/platform.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cctype>

namespace flintctl::oci {
namespace {

struct Alias {
  std::string_view name;
  std::string_view architecture;
  std::string_view variant;
};
constexpr Alias aliases[] = {
    {"x86_64", "amd64", ""}, {"x86-64", "amd64", ""},  {"i386", "386", ""},
    {"i686", "386", ""},     {"aarch64", "arm64", ""}, {"armhf", "arm", "v7"},
    {"armel", "arm", "v6"},  {"armv7l", "arm", "v7"},  {"armv6l", "arm", "v6"},
    {"armv8l", "arm", "v8"},
};

Platform canonical(Platform platform) {
  for (const Alias& alias : aliases) {
    if (platform.architecture != alias.name) continue;
    platform.architecture = alias.architecture;
    if (platform.variant.empty()) platform.variant = alias.variant;
  }
  if (!platform.variant.empty() && std::isdigit(static_cast<unsigned char>(platform.variant[0]))) {
    platform.variant = "v" + platform.variant;
  }
  return platform;
}

/// The variant as a number, with what an empty one means: amd64 v1, arm v7, arm64 v8.
int level(const Platform& platform) {
  if (platform.variant.size() == 2 && platform.variant[0] == 'v' &&
      std::isdigit(static_cast<unsigned char>(platform.variant[1]))) {
    return platform.variant[1] - '0';
  }
  if (!platform.variant.empty()) return -1;
  if (platform.architecture == "arm64") return 8;
  return platform.architecture == "arm" ? 7 : 1;
}

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
  });
}

}  // namespace

std::string Platform::text() const {
  return os + "/" + architecture + (variant.empty() ? "" : "/" + variant);
}

Platform host_platform() {
  utsname name{};
  ::uname(&name);
  return canonical(Platform{"linux", name.machine, ""});
}

Result<Platform> parse_platform(std::string_view text) {
  Platform platform;
  const auto first = text.find('/');
  const auto second = first == std::string_view::npos ? first : text.find('/', first + 1);
  if (first == std::string_view::npos) {
    platform.architecture = text;
  } else {
    platform.os = text.substr(0, first);
    platform.architecture = text.substr(first + 1, second - first - 1);
  }
  if (second != std::string_view::npos) platform.variant = text.substr(second + 1);
  const bool fine = is_word(platform.os) && is_word(platform.architecture) &&
                    (second == std::string_view::npos || is_word(platform.variant));
  if (!fine) {
    return Error(Code::invalid_argument, fmt::format("'{}' is no platform", text))
        .with_hint("write OS/ARCHITECTURE[/VARIANT], for example linux/arm64");
  }
  return canonical(platform);
}

int match(const Platform& want_raw, const Platform& have_raw) {
  const Platform want = canonical(want_raw);
  const Platform have = canonical(have_raw);
  if (want.os != have.os || want.architecture != have.architecture) return 0;
  if (want.variant == have.variant) return 100;
  const int wanted = level(want);
  const int offered = level(have);
  if (wanted < 0 || offered < 0 || offered > wanted) return 0;
  return 100 - (wanted - offered);
}

}  // namespace flintctl::oci
