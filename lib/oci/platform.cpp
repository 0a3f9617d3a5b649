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

/// The variant in tenths ("v8.2" is 82), with what an empty one means: amd64 v1, arm v7, arm64 v8.
int level(const Platform& platform) {
  const std::string& variant = platform.variant;
  if (variant.empty()) {
    if (platform.architecture == "arm64") return 80;
    return platform.architecture == "arm" ? 70 : 10;
  }
  const auto digit = [&](std::size_t at) {
    return at < variant.size() && std::isdigit(static_cast<unsigned char>(variant[at])) != 0;
  };
  if (variant[0] != 'v' || !digit(1)) return -1;
  const int major = 10 * (variant[1] - '0');
  if (variant.size() == 2) return major;
  return variant.size() == 4 && variant[2] == '.' && digit(3) ? major + variant[3] - '0' : -1;
}

/// How well a 64-bit processor runs what is for its 32-bit ancestor: worse than anything of its
/// own.
int match_ancestor(const Platform& want, const Platform& have) {
  if (want.architecture == "amd64" && have.architecture == "386") return 10;
  const int offered = level(have);
  const bool ancestor = want.architecture == "arm64" && have.architecture == "arm";
  return ancestor && offered >= 50 && offered <= 80 ? offered / 10 : 0;
}

bool is_platform_word(std::string_view text) {
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

Result<Platform> parse_platform(std::string_view given) {
  std::string text(given);  // in any letter case, as containerd takes it
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  Platform platform;
  const auto first = text.find('/');
  const auto second = first == std::string::npos ? first : text.find('/', first + 1);
  if (first == std::string_view::npos) {
    platform.architecture = text;
  } else {
    platform.os = text.substr(0, first);
    platform.architecture = text.substr(first + 1, second - first - 1);
  }
  if (second != std::string_view::npos) platform.variant = text.substr(second + 1);
  const bool fine = is_platform_word(platform.os) && is_platform_word(platform.architecture) &&
                    (second == std::string_view::npos || is_platform_word(platform.variant));
  if (!fine) {
    return Error(Code::invalid_argument, fmt::format("'{}' is no platform", text))
        .with_hint("write OS/ARCHITECTURE[/VARIANT], for example linux/arm64");
  }
  return canonical(platform);
}

int match(const Platform& want_raw, const Platform& have_raw) {
  const Platform want = canonical(want_raw);
  const Platform have = canonical(have_raw);
  if (want.os != have.os) return 0;
  if (want.architecture != have.architecture) return match_ancestor(want, have);
  if (want.variant == have.variant) return 100;
  const int wanted = level(want);
  const int offered = level(have);
  if (wanted < 0 || offered < 0 || offered > wanted) return 0;
  return 100 - (wanted - offered);
}

}  // namespace flintctl::oci
