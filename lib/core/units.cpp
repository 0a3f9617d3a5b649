// SPDX-License-Identifier: Apache-2.0
#include "core/units.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace flintctl {
namespace {

constexpr std::string_view duration_example = "30s, 1h30m or 7d";

Error bad_value(std::string_view kind, std::string_view text, std::string_view example) {
  return Error(Code::invalid_argument, fmt::format("'{}' is not a {}", text, kind))
      .with_hint(fmt::format("write it like {}", example));
}

/// The leading decimal digits of `text` as a number; the rest stays in `text`.
template <typename Number>
bool take_number(std::string_view& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

std::uint64_t suffix_factor(std::string_view suffix) {
  if (suffix.empty() || suffix == "B") return 1;
  const std::string_view letters = "KMGT";
  const auto power = letters.find(suffix[0] == 'k' ? 'K' : suffix[0]);
  if (power == std::string_view::npos) return 0;
  const std::string_view rest = suffix.substr(1);
  if (!rest.empty() && rest != "B" && rest != "i" && rest != "iB") return 0;
  return std::uint64_t{1} << (10 * (power + 1));
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  std::string_view rest = text;
  std::uint64_t number = 0;
  if (!take_number(rest, number)) return bad_value("size", text, "512Mi or 10G");
  const std::uint64_t factor = suffix_factor(rest);
  if (factor == 0) return bad_value("size", text, "512Mi or 10G");
  if (number > std::numeric_limits<std::uint64_t>::max() / factor) {
    return Error(Code::invalid_argument, fmt::format("size '{}' is too large", text));
  }
  return number * factor;
}

std::string format_size(std::uint64_t bytes) {
  if (bytes < kib) return fmt::format("{} B", bytes);
  const std::array<const char*, 5> units = {"KiB", "MiB", "GiB", "TiB", "PiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  const double rounded = std::round(value * 10) / 10;
  if (rounded == std::floor(rounded)) return fmt::format("{:.0f} {}", rounded, units.at(unit));
  return fmt::format("{:.1f} {}", rounded, units.at(unit));
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  using std::chrono::milliseconds;
  constexpr std::int64_t longest = 1000LL * 3600 * 24 * 365;
  std::string_view rest = text;
  std::int64_t total = 0;
  bool plain = true;
  do {
    std::int64_t number = 0;
    if (!take_number(rest, number) || number < 0 || number > longest) {
      return bad_value("duration", text, duration_example);
    }
    std::int64_t factor = 0;
    std::size_t used = 1;
    if (rest.empty() && plain) {
      factor = 1000;
      used = 0;
    } else if (rest.starts_with("ms")) {
      factor = 1;
      used = 2;
    } else if (rest.starts_with("s")) {
      factor = 1000;
    } else if (rest.starts_with("m")) {
      factor = 60 * 1000;
    } else if (rest.starts_with("h")) {
      factor = 3600 * 1000;
    } else if (rest.starts_with("d")) {
      factor = 24 * 3600 * 1000;
    } else {
      return bad_value("duration", text, duration_example);
    }
    rest.remove_prefix(used);
    plain = false;
    if (number > longest / factor) return bad_value("duration", text, duration_example);
    total += number * factor;
  } while (!rest.empty());
  return milliseconds(total);
}

std::string format_age(std::chrono::seconds age) {
  const auto seconds = age.count() < 0 ? 0 : age.count();
  if (seconds < 120) return fmt::format("{}s", seconds);
  if (seconds < 600) {
    return seconds % 60 == 0 ? fmt::format("{}m", seconds / 60)
                             : fmt::format("{}m{}s", seconds / 60, seconds % 60);
  }
  if (seconds < 3600 * 3) return fmt::format("{}m", seconds / 60);
  if (seconds < 3600 * 48) return fmt::format("{}h", seconds / 3600);
  return fmt::format("{}d", seconds / (3600 * 24));
}

}  // namespace flintctl
