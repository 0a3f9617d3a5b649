// SPDX-License-Identifier: Apache-2.0
#include "output/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "core/text.hpp"

namespace flintctl::output {
namespace {

constexpr std::string_view jsonpath_prefix = "jsonpath=";

Error bad_path(std::string_view path, std::string_view why) {
  return Error(Code::invalid_argument, fmt::format("jsonpath '{}': {}", path, why))
      .with_hint("write it like -o jsonpath={.status.phase} or {.items[*].metadata.name}");
}

/// One step of a path: ".name", "[n]" or "[*]".
struct Step {
  enum class Kind { key, index, all };
  Kind kind = Kind::key;
  std::string key;
  std::size_t index = 0;
};

/// "[n]" or "[*]" at the front of `rest`, which loses it.
Result<Step> take_bracket(std::string_view& rest, std::string_view path) {
  const auto end = rest.find(']');
  const auto inside = end == std::string_view::npos ? std::string_view() : rest.substr(1, end - 1);
  Step step;
  step.kind = inside == "*" ? Step::Kind::all : Step::Kind::index;
  if (step.kind == Step::Kind::index) {
    const char* const last = inside.data() + inside.size();
    const auto [stop, error] = std::from_chars(inside.data(), last, step.index);
    if (inside.empty() || error != std::errc() || stop != last) {
      return bad_path(path, "in brackets stands a number or '*'");
    }
  }
  rest.remove_prefix(end + 1);
  return step;
}

/// ".name" at the front of `rest`, which loses it; "." alone is the value itself.
Step take_key(std::string_view& rest) {
  rest.remove_prefix(1);
  Step step;
  // A key with dots in it is written with backslashes: .metadata.labels.a\.b
  while (!rest.empty() && rest.front() != '.' && rest.front() != '[') {
    if (rest.front() == '\\' && rest.size() > 1) rest.remove_prefix(1);
    step.key += rest.front();
    rest.remove_prefix(1);
  }
  return step;
}

Result<std::vector<Step>> parse_path(std::string_view path) {
  std::string_view rest = path;
  if (rest.starts_with('{') && rest.ends_with('}')) rest = rest.substr(1, rest.size() - 2);
  std::vector<Step> steps;
  while (!rest.empty()) {
    if (rest.front() != '.' && rest.front() != '[') {
      return bad_path(path, "a step begins with '.' or '['");
    }
    auto step = rest.front() == '[' ? TRY(take_bracket(rest, path)) : take_key(rest);
    if (step.kind != Step::Kind::key || !step.key.empty()) steps.push_back(std::move(step));
  }
  return steps;
}

using Values = std::vector<const data::Value*>;

/// What a step leads to from one value: nothing when it is not there.
Values step_from(const data::Value& value, const Step& step) {
  Values found;
  switch (step.kind) {
    case Step::Kind::key:
      if (const auto* member = value.find(step.key)) found.push_back(member);
      break;
    case Step::Kind::index:
      if (step.index < value.elements().size()) found.push_back(&value.elements()[step.index]);
      break;
    case Step::Kind::all:
      for (const auto& element : value.elements()) found.push_back(&element);
      for (const auto& [key, member] : value.members()) found.push_back(&member);
      break;
  }
  return found;
}

/// As kubectl: one value, or all that "[*]" leads to with blanks between, where what is missing is
/// passed over.
Result<> print_path(std::ostream& out, std::string_view path, const data::Value& value) {
  Values found{&value};
  bool many = false;
  for (const auto& step : TRY(parse_path(path))) {
    many = many || step.kind == Step::Kind::all;
    Values next;
    for (const auto* from : found) {
      const auto reached = step_from(*from, step);
      next.insert(next.end(), reached.begin(), reached.end());
    }
    found = std::move(next);
  }
  if (found.empty() && !many) {
    return Error(Code::not_found, fmt::format("nothing at jsonpath {}", path))
        .with_hint("-o json shows what there is");
  }
  std::vector<std::string> texts;
  for (const auto* one : found) {
    const std::string* text = one->as_string();
    texts.push_back(text != nullptr ? *text : data::to_json(*one));
  }
  if (!texts.empty()) out << fmt::format("{}\n", fmt::join(texts, " "));
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
    const auto path = text.substr(jsonpath_prefix.size());
    TRY(parse_path(path));  // before the command does anything
    return Format{Kind::jsonpath, std::string(path)};
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

void Table::add(std::vector<std::string> cells) {
  constexpr std::size_t longest = 1024;
  for (auto& cell : cells) cell = printable(cell, longest);
  rows_.push_back(std::move(cells));
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
