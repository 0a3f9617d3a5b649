// SPDX-License-Identifier: Apache-2.0
#include "vm/name.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace flintctl::vm {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) { return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z'); }

bool is_dns_label(std::string_view text) {
  if (text.empty() || text.size() > 63) return false;
  const auto edge = [](char c) { return is_lower(c) || is_digit(c); };
  return edge(text.front()) && edge(text.back()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return edge(c) || c == '-'; });
}

bool is_dns_name(std::string_view text) {
  if (text.size() > 253) return false;
  while (true) {
    const auto dot = text.find('.');
    if (!is_dns_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

}  // namespace

Result<> check_name(std::string_view what, std::string_view name) {
  if (is_dns_label(name)) return {};
  return Error(Code::invalid_argument, fmt::format("{} '{}' is not a DNS label", what, name))
      .with_hint("use 1 to 63 of a-z, 0-9 and '-', with a letter or digit at both ends");
}

bool is_uid(std::string_view text) {
  return text.size() == uid_length && std::all_of(text.begin(), text.end(), [](char c) {
           return is_digit(c) || (c >= 'a' && c <= 'f');
         });
}

Result<> check_label_key(std::string_view key) {
  std::string_view name = key;
  bool valid = true;
  if (const auto slash = key.find('/'); slash != std::string_view::npos) {
    valid = is_dns_name(key.substr(0, slash));
    name = key.substr(slash + 1);
  }
  const auto inner = [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; };
  valid = valid && !name.empty() && name.size() <= 63 && is_alphanumeric(name.front()) &&
          is_alphanumeric(name.back()) && std::all_of(name.begin(), name.end(), inner);
  if (valid) return {};
  return Error(Code::invalid_argument, fmt::format("label key '{}' is not valid", key))
      .with_hint("a key is [PREFIX/]NAME, NAME at most 63 of A-Z, a-z, 0-9, '-', '_' and '.'");
}

std::string display_name(std::string_view name_space, std::string_view name) {
  if (name_space == "default") return std::string(name);
  return fmt::format("{}/{}", name_space, name);
}

std::string vm_command(std::string_view verb, std::string_view name_space, std::string_view name) {
  if (name_space == "default") return fmt::format("flintctl vm {} {}", verb, name);
  return fmt::format("flintctl vm {} -n {} {}", verb, name_space, name);
}

}  // namespace flintctl::vm
