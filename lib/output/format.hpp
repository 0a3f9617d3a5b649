// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "data/value.hpp"

namespace flintctl::output {

enum class Kind { table, wide, json, yaml, name, jsonpath };

/// What -o asked for.
struct Format {
  Kind kind = Kind::table;
  std::string path;  ///< for jsonpath: "{.status.phase}"
  [[nodiscard]] bool is_table() const { return kind == Kind::table || kind == Kind::wide; }
};

/// "table", "wide", "json", "yaml", "name" or "jsonpath=…"; invalid_argument names the nearest.
Result<Format> parse_format(std::string_view text);

/// Prints one object as JSON, YAML or by jsonpath. Not for tables and names.
Result<> print_value(std::ostream& out, const Format& format, const data::Value& value);

struct Column {
  std::string title;
  bool wide_only = false;
};

/// Rows under aligned titles, as kubectl prints them: three spaces between columns, titles in
/// capitals, no trailing blanks. An empty cell prints as "<none>", a control character as '?'.
class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void add(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  enum class Titles { show, hide };
  void print(std::ostream& out, Kind kind, Titles titles = Titles::show) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// {"apiVersion": …, "kind": "List", "items": […]}: the form of "JSON of many".
data::Value list_value(data::Array items);

}  // namespace flintctl::output
