// SPDX-License-Identifier: Apache-2.0
#include "provision/text_diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace flintctl::provision {
namespace {

constexpr std::size_t context_lines = 3;

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

struct Line {
  char mark;  // ' ' in both, '-' only before, '+' only after
  std::string_view text;
};

/// The edit script of a longest common subsequence.
std::vector<Line> edit_script(const std::vector<std::string_view>& before,
                              const std::vector<std::string_view>& after) {
  // common[i][j]: the longest common subsequence of before[i..] and after[j..].
  std::vector<std::vector<std::size_t>> common(before.size() + 1,
                                               std::vector<std::size_t>(after.size() + 1, 0));
  for (std::size_t i = before.size(); i-- > 0;) {
    for (std::size_t j = after.size(); j-- > 0;) {
      common[i][j] = before[i] == after[j] ? common[i + 1][j + 1] + 1
                                           : std::max(common[i + 1][j], common[i][j + 1]);
    }
  }
  std::vector<Line> script;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < before.size() || j < after.size()) {
    if (i < before.size() && j < after.size() && before[i] == after[j]) {
      script.push_back({' ', before[i]});
      ++i;
      ++j;
    } else if (j == after.size() || (i < before.size() && common[i + 1][j] >= common[i][j + 1])) {
      script.push_back({'-', before[i++]});
    } else {
      script.push_back({'+', after[j++]});
    }
  }
  return script;
}

/// "start,count" of one side of a hunk; a count of zero names the line before it.
std::string range(std::size_t first, std::size_t count) {
  return fmt::format("{},{}", count == 0 ? first : first + 1, count);
}

std::size_t count_without(const std::vector<Line>& script, std::size_t from, std::size_t to,
                          char mark) {
  const auto begin = script.begin();
  return static_cast<std::size_t>(std::count_if(
      begin + static_cast<std::ptrdiff_t>(from), begin + static_cast<std::ptrdiff_t>(to),
      [mark](const Line& line) { return line.mark != mark; }));
}

std::string hunk(const std::vector<Line>& script, std::size_t from, std::size_t to) {
  std::string text =
      fmt::format("@@ -{} +{} @@\n",
                  range(count_without(script, 0, from, '+'), count_without(script, from, to, '+')),
                  range(count_without(script, 0, from, '-'), count_without(script, from, to, '-')));
  for (std::size_t i = from; i < to; ++i) {
    text += fmt::format("{}{}\n", script[i].mark, script[i].text);
  }
  return text;
}

}  // namespace

std::string unified_diff(std::string_view before, std::string_view after,
                         std::string_view before_name, std::string_view after_name) {
  const std::vector<Line> script = edit_script(split(before), split(after));
  const auto changed = [&](std::size_t i) { return script[i].mark != ' '; };
  std::string text;
  std::size_t position = 0;
  while (position < script.size()) {
    if (!changed(position)) {
      ++position;
      continue;
    }
    std::size_t last = position;  // the last change that is near enough to share the hunk
    for (std::size_t i = position; i < script.size() && i <= last + 2 * context_lines; ++i) {
      if (changed(i)) last = i;
    }
    const std::size_t from = position < context_lines ? 0 : position - context_lines;
    const std::size_t to = std::min(script.size(), last + context_lines + 1);
    if (text.empty()) text = fmt::format("--- {}\n+++ {}\n", before_name, after_name);
    text += hunk(script, from, to);
    position = to;
  }
  return text;
}

}  // namespace flintctl::provision
