// SPDX-License-Identifier: Apache-2.0
#include "vm/cmdline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace flintctl::vm {
namespace {

constexpr std::string_view init_arguments = "--";

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n'; }

/// The end of the word that starts at `begin`; blanks inside double quotes belong to it.
std::size_t word_end(std::string_view text, std::size_t begin) {
  bool quoted = false;
  std::size_t end = begin;
  for (; end < text.size() && (quoted || !is_blank(text[end])); ++end) {
    if (text[end] == '"') quoted = !quoted;
  }
  return end;
}

Result<> check_characters(std::string_view text) {
  const auto bad = [](char c) { return static_cast<unsigned char>(c) < 0x20 && !is_blank(c); };
  if (std::any_of(text.begin(), text.end(), bad)) {
    return Error(Code::invalid_argument, "the kernel command line holds a control character");
  }
  if (std::count(text.begin(), text.end(), '"') % 2 != 0) {
    return Error(Code::invalid_argument, "the kernel command line has an open double quote");
  }
  return {};
}

CmdlineEntry split_word(std::string_view word) {
  if (word.size() > 1 && word.front() == '-') return {std::string(word.substr(1)), std::nullopt};
  const auto equals = word.find('=');
  if (equals == std::string_view::npos) return {std::string(word), std::string()};
  return {std::string(word.substr(0, equals)), std::string(word.substr(equals + 1))};
}

std::vector<CmdlineEntry> entries_of(const Cmdline& cmdline, const std::string& key) {
  std::vector<CmdlineEntry> found;
  for (const auto& entry : cmdline) {
    if (entry.key == key && entry.value) found.push_back(entry);
  }
  return found;
}

bool has_key(const Cmdline& cmdline, const std::string& key) {
  return std::any_of(cmdline.begin(), cmdline.end(),
                     [&](const CmdlineEntry& entry) { return entry.key == key; });
}

std::string scalar_text(const data::Value& value) {
  if (const auto* text = value.as_string()) return *text;
  if (value.is_bool()) return *value.as_bool() ? "1" : "0";
  if (value.is_integer()) return std::to_string(*value.as_integer());
  return data::to_json(value);
}

Result<> check_entry(const CmdlineEntry& entry) {
  const bool blank_key =
      entry.key.empty() || std::any_of(entry.key.begin(), entry.key.end(), is_blank);
  if (blank_key || entry.key.find('=') != std::string::npos) {
    return Error(Code::invalid_argument,
                 fmt::format("cmdline key '{}' is not one word", entry.key));
  }
  if (!entry.value) return {};
  TRY(check_characters(*entry.value));
  if (entry.key != init_arguments && word_end(*entry.value, 0) != entry.value->size()) {
    return Error(Code::invalid_argument,
                 fmt::format("cmdline value of '{}' has a blank outside double quotes", entry.key));
  }
  return {};
}

}  // namespace

Result<Cmdline> parse_cmdline(std::string_view text) {
  TRY(check_characters(text));
  Cmdline cmdline;
  std::size_t position = 0;
  while (true) {
    while (position < text.size() && is_blank(text[position])) ++position;
    if (position == text.size()) return cmdline;
    const auto end = word_end(text, position);
    const auto word = text.substr(position, end - position);
    position = end;
    if (word == init_arguments) {
      auto rest = text.substr(position);
      while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
      cmdline.push_back({std::string(init_arguments), std::string(rest)});
      return cmdline;
    }
    if (word.front() == '=') {
      return Error(Code::invalid_argument, fmt::format("cmdline word '{}' has no key", word));
    }
    cmdline.push_back(split_word(word));
  }
}

Cmdline merge_cmdline(const Cmdline& defaults, const Cmdline& overrides) {
  Cmdline merged;
  std::set<std::string> placed;
  for (const auto& entry : defaults) {
    if (!has_key(overrides, entry.key)) {
      merged.push_back(entry);
    } else if (placed.insert(entry.key).second) {
      const auto values = entries_of(overrides, entry.key);
      merged.insert(merged.end(), values.begin(), values.end());
    }
  }
  for (const auto& entry : overrides) {
    if (entry.value && placed.count(entry.key) == 0) merged.push_back(entry);
  }
  return merged;
}

std::string format_cmdline(const Cmdline& cmdline) {
  std::string text;
  std::string for_init;
  for (const auto& entry : cmdline) {
    if (!entry.value) continue;
    if (entry.key == init_arguments) {
      for_init = " -- " + *entry.value;
      continue;
    }
    if (!text.empty()) text += ' ';
    text += entry.key;
    if (!entry.value->empty()) text += '=' + *entry.value;
  }
  return text + for_init;
}

data::Value to_value(const Cmdline& cmdline) {
  auto object = data::Value::object();
  for (const auto& entry : cmdline) {
    if (object.find(entry.key) != nullptr) continue;
    const auto values = entries_of(cmdline, entry.key);
    if (values.size() <= 1) {
      object.set(entry.key, values.empty() ? data::Value() : data::Value(*values.front().value));
      continue;
    }
    auto array = data::Value::array();
    for (const auto& repeated : values) array.push(*repeated.value);
    object.set(entry.key, std::move(array));
  }
  return object;
}

Result<Cmdline> cmdline_from_value(const data::Value& value) {
  if (const auto* text = value.as_string()) return parse_cmdline(*text);
  if (!value.is_object() && !value.is_null()) {
    return Error(Code::invalid_argument, "kernel.cmdline is neither a map nor a text");
  }
  Cmdline cmdline;
  for (const auto& [key, member] : value.members()) {
    if (member.is_null()) {
      cmdline.push_back({key, std::nullopt});
    } else if (member.is_array()) {
      for (const auto& element : member.elements()) cmdline.push_back({key, scalar_text(element)});
    } else {
      cmdline.push_back({key, scalar_text(member)});
    }
  }
  for (const auto& entry : cmdline) TRY(check_entry(entry));
  return cmdline;
}

}  // namespace flintctl::vm
