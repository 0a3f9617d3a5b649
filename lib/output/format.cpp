// SPDX-License-Identifier: Apache-2.0
#include "output/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace flintctl::output {
namespace {

constexpr std::string_view jsonpath_prefix = "jsonpath=";

Error bad_path(std::string_view path, std::string_view why) {
  return Error(Code::invalid_argument, fmt::format("jsonpath '{}': {}", path, why))
      .with_hint("write it like -o jsonpath={.status.phase} or {.items[0].metadata.name}");
}

/// The next ".name" or "[n]" of a path, applied to `value`; nullptr when it is not there.
Result<const data::Value*> step(const data::Value& value, std::string_view& rest,
                                std::string_view path) {
  if (rest.front() == '[') {
    const auto end = rest.find(']');
    std::size_t index = 0;
    const auto [stop, error] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), index);
    if (end == std::string_view::npos || error != std::errc() || stop != rest.data() + end) {
      return bad_path(path, "an index is a number in brackets");
    }
    rest.remove_prefix(end + 1);
    return index < value.elements().size() ? &value.elements()[index] : nullptr;
  }
  if (rest.front() != '.') return bad_path(path, "a step begins with '.' or '['");
  rest.remove_prefix(1);
  // A key with dots in it is written with backslashes: .metadata.labels.a\.b
  std::string key;
  while (!rest.empty() && rest.front() != '.' && rest.front() != '[') {
    if (rest.front() == '\\' && rest.size() > 1) rest.remove_prefix(1);
    key += rest.front();
    rest.remove_prefix(1);
  }
  return key.empty() ? &value : value.find(key);
}

Result<> print_path(std::ostream& out, std::string_view path, const data::Value& value) {
  std::string_view rest = path;
  if (rest.starts_with('{') && rest.ends_with('}')) rest = rest.substr(1, rest.size() - 2);
  const data::Value* found = &value;
  while (!rest.empty() && found != nullptr) found = TRY(step(*found, rest, path));
  if (found == nullptr) return Error(Code::not_found, fmt::format("nothing at jsonpath {}", path));
  const std::string* text = found->as_string();
  out << (text != nullptr ? *text : data::to_json(*found)) << '\n';
  return {};
}

/// Columns that a terminal gives to UTF-8 text, near enough: one for each code point.
std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
  }));
}

}  // namespace

Result<Format> parse_format(std::string_view text) {
  constexpr std::pair<std::string_view, Kind> names[] = {{"table", Kind::table},
                                                         {"wide", Kind::wide},
                                                         {"json", Kind::json},
                                                         {"yaml", Kind::yaml},
                                                         {"name", Kind::name}};
  for (const auto& [name, kind] : names) {
    if (text == name) return Format{kind, {}};
  }
  if (text.starts_with(jsonpath_prefix)) {
    return Format{Kind::jsonpath, std::string(text.substr(jsonpath_prefix.size()))};
  }
  const std::string near =
      data::nearest(text, {"table", "wide", "json", "yaml", "name", "jsonpath="});
  return Error(Code::invalid_argument, fmt::format("unknown output format '{}'", text))
      .with_hint(near.empty() ? "use table, wide, json, yaml, name or jsonpath=…"
                              : fmt::format("did you mean '{}'?", near));
}

Result<> print_value(std::ostream& out, const Format& format, const data::Value& value) {
  switch (format.kind) {
    case Kind::yaml:
      out << data::to_yaml(value);
      return {};
    case Kind::jsonpath:
      return print_path(out, format.path, value);
    default:
      out << data::to_json(value, data::Layout::indented) << '\n';
      return {};
  }
}

void Table::print(std::ostream& out, Kind kind, Titles titles) const {
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (kind == Kind::wide || !columns_[i].wide_only) shown.push_back(i);
  }
  const auto cell = [](const std::vector<std::string>& row, std::size_t column) {
    return column < row.size() && !row[column].empty() ? row[column] : std::string("<none>");
  };
  std::vector<std::size_t> widths(columns_.size(), 0);
  for (const std::size_t column : shown) {
    if (titles == Titles::show) widths[column] = display_width(columns_[column].title);
    for (const auto& row : rows_) {
      widths[column] = std::max(widths[column], display_width(cell(row, column)));
    }
  }
  const auto print_row = [&](const auto& text_of) {
    std::string line;
    for (const std::size_t column : shown) {
      const std::string text = text_of(column);
      line += text + std::string(widths[column] - display_width(text) + 3, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  };
  if (titles == Titles::show) print_row([&](std::size_t column) { return columns_[column].title; });
  for (const auto& row : rows_) print_row([&](std::size_t column) { return cell(row, column); });
}

data::Value list_value(data::Array items) {
  return data::Value::object(
      {{"apiVersion", "flintctl/v1"}, {"kind", "List"}, {"items", data::Value(std::move(items))}});
}

}  // namespace flintctl::output
