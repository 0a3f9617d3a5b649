// SPDX-License-Identifier: Apache-2.0
#include "content/view.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "core/units.hpp"

namespace flintctl::cmd {
namespace {

constexpr std::string_view algorithm = "sha256:";
constexpr std::size_t short_digits = 12;
constexpr std::size_t label_width = 42;  // what the columns before it leave of 80

/// "sha256:9b700ce8298d"; anything else as it is.
std::string short_digest(const std::string& text) {
  std::string_view digits = text;
  digits.remove_prefix(std::min(algorithm.size(), digits.size()));
  const bool hex = digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (!text.starts_with(algorithm) || digits.size() != 64 || !hex) return text;
  return text.substr(0, algorithm.size() + short_digits);
}

data::Value rfc3339(containerd::Time time) {
  if (time == containerd::Time()) return nullptr;
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

/// One line for each label; two when key and value are too long for one.
std::vector<std::string> label_lines(const containerd::Labels& labels) {
  std::vector<std::string> lines;
  for (const auto& [key, value] : labels) {
    const auto shown = short_digest(value);
    if (key.size() + 1 + shown.size() <= label_width) {
      lines.push_back(fmt::format("{}={}", key, shown));
    } else {
      lines.push_back(key + "=");
      lines.push_back("  " + shown);
    }
  }
  return lines;
}

std::string joined(const containerd::Labels& labels) {
  std::string text;
  for (const auto& [key, value] : labels) {
    text += fmt::format("{}{}={}", text.empty() ? "" : ",", key, value);
  }
  return text;
}

std::string age_of(const containerd::ContentInfo& content, containerd::Time now) {
  if (content.created_at == containerd::Time()) return "<unknown>";
  return format_age(std::chrono::duration_cast<std::chrono::seconds>(now - content.created_at));
}

}  // namespace

data::Value to_value(const containerd::ContentInfo& content) {
  data::Value labels = data::Value::object();
  for (const auto& [key, value] : content.labels) labels.set(key, value);
  return data::Value::object({{"digest", content.digest},
                              {"size", content.size},
                              {"createdAt", rfc3339(content.created_at)},
                              {"labels", std::move(labels)}});
}

void print_contents(std::ostream& out, output::Kind kind, output::Table::Titles titles,
                    const std::vector<containerd::ContentInfo>& contents, containerd::Time now) {
  output::Table table({{"DIGEST"}, {"SIZE"}, {"AGE"}, {"LABELS"}});
  for (const auto& content : contents) {
    const auto size = format_size(content.size);
    const auto age = age_of(content, now);
    if (kind == output::Kind::wide) {
      table.add({content.digest, size, age, joined(content.labels)});
      continue;
    }
    const auto lines = label_lines(content.labels);
    table.add({short_digest(content.digest), size, age, lines.empty() ? "" : lines.front()});
    // A blank cell, where an empty one would print as "<none>".
    for (std::size_t i = 1; i < lines.size(); ++i) table.add({" ", " ", " ", lines[i]});
  }
  table.print(out, kind, titles);
}

}  // namespace flintctl::cmd
