// SPDX-License-Identifier: Apache-2.0
#include "core/text.hpp"

#include <algorithm>

namespace flintctl {
namespace {

/// The length of the UTF-8 sequence that begins `text`, 0 when it is none, and its code point.
struct Character {
  std::size_t length = 0;
  char32_t code = 0;
};

Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {1, lead};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {};
  char32_t code = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {};
    code = (code << 6U) | (byte(i) & 0x3FU);
  }
  constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < least[length] || code > 0x10FFFF) return {};
  return {length, code};
}

bool is_blank(char32_t code) { return code == ' ' || (code >= '\t' && code <= '\r'); }

bool does_harm(char32_t code) {
  const bool control = code < 0x20 || (code >= 0x7F && code < 0xA0);
  return control || (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

}  // namespace

std::string printable(std::string_view text, std::size_t longest) {
  std::string shown;
  while (!text.empty()) {
    const Character next = first_character(text);
    const std::size_t length = next.length == 0 ? 1 : next.length;
    if (shown.size() + length > longest) return shown + "…";
    if (is_blank(next.code)) {
      shown += ' ';
    } else if (next.length == 0 || does_harm(next.code)) {
      shown += '?';
    } else {
      shown += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return shown;
}

std::string printable_lines(std::string_view text, std::size_t longest) {
  constexpr std::string_view goes_on = "\n  ";
  std::string shown;
  for (;;) {
    const auto end = text.find(goes_on);
    shown += printable(text.substr(0, end), longest - std::min(longest, shown.size()));
    if (end == std::string_view::npos || shown.size() >= longest) return shown;
    shown += goes_on;
    text.remove_prefix(end + goes_on.size());
  }
}

}  // namespace flintctl
