// SPDX-License-Identifier: Apache-2.0
#include "provision/containerd_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <vector>

namespace flintctl::provision {
namespace {

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view log) {
  Lines lines;
  while (!log.empty()) {
    const std::size_t end = std::min(log.find('\n'), log.size());
    const std::string_view line = log.substr(0, end);
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) lines.push_back(line);
    log.remove_prefix(std::min(end + 1, log.size()));
  }
  return lines;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// A quoted value with its escapes undone, from just behind the opening quote.
std::string unquote(std::string_view text) {
  std::string value;
  for (std::size_t i = 0; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      ++i;
      value += text[i] == 'n' || text[i] == 't' ? ' ' : text[i];
    } else {
      value += text[i];
    }
  }
  return value;
}

/// The value of a logfmt key. github.com/sirupsen/logrus, TextFormatter.
std::optional<std::string> field(std::string_view line, std::string_view key) {
  const std::string start = fmt::format("{}=", key);
  // The key begins the line or follows a blank that no quoted value contains.
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\' && quoted) {
      ++i;
      continue;
    }
    if (line[i] == '"') quoted = !quoted;
    const bool boundary = !quoted && (i == 0 || line[i - 1] == ' ');
    if (!boundary || line.substr(i, start.size()) != start) continue;
    const std::string_view rest = line.substr(i + start.size());
    if (rest.starts_with('"')) return unquote(rest.substr(1));
    return std::string(rest.substr(0, rest.find(' ')));
  }
  return std::nullopt;
}

std::optional<std::string_view> last_where(const Lines& lines,
                                           const std::function<bool(std::string_view)>& test) {
  const auto found = std::find_if(lines.rbegin(), lines.rend(), test);
  if (found == lines.rend()) return std::nullopt;
  return *found;
}

bool names_load_failure(std::string_view line, std::string_view snapshotter) {
  if (!contains(line, "failed to load plugin") && !contains(line, "skip loading plugin")) {
    return false;
  }
  return contains(line, fmt::format("io.containerd.snapshotter.v1.{}", snapshotter));
}

bool is_level(std::string_view line, std::initializer_list<std::string_view> levels) {
  const auto level = field(line, "level");
  return level && std::find(levels.begin(), levels.end(), *level) != levels.end();
}

std::optional<std::string_view> choose(const Lines& lines, std::string_view snapshotter) {
  if (auto last_words = last_where(
          lines, [](std::string_view line) { return line.starts_with("containerd: "); })) {
    // A cancelled start says only that; the reason stands above it.
    if (!contains(*last_words, "context canceled")) return last_words;
  }
  if (auto panic =
          last_where(lines, [](std::string_view line) { return line.starts_with("panic: "); })) {
    return panic;
  }
  if (!snapshotter.empty()) {
    if (auto failure = last_where(lines, [snapshotter](std::string_view line) {
          return names_load_failure(line, snapshotter);
        })) {
      return failure;
    }
  }
  if (auto error = last_where(lines, [](std::string_view line) {
        return is_level(line, {"fatal", "panic", "error"});
      })) {
    return error;
  }
  if (lines.empty()) return std::nullopt;
  return lines.back();
}

std::string hint_for(std::string_view text) {
  if (contains(text, "address already in use")) {
    if (contains(text, "metrics")) {
      return "another process listens there; choose another: metrics_address in [containerd] of "
             "/etc/flintctl/host.toml, then flintctl provision all; where that is not used: "
             "flintctl containerd config --write --metrics-address 127.0.0.1:PORT";
    }
    return "another process listens there; find it with: ss -xlp";
  }
  if (contains(text, "failed to query pool")) {
    return "make the pool first: flintctl provision devpool";
  }
  if (contains(text, "failed to load TOML") || contains(text, "config version") ||
      contains(text, "unmarshal")) {
    return "write a configuration that works: flintctl containerd config --write";
  }
  if (contains(text, "dmsetup not available")) {
    return "install dmsetup and use a kernel with device-mapper";
  }
  if (contains(text, "no space left on device")) return "free space on the file system of its root";
  return "";
}

}  // namespace

std::string log_line_text(std::string_view line) {
  const auto message = field(line, "msg");
  if (!message) return std::string(line);
  std::string text = *message;
  // containerd 2 names the plugin in a field of its own.
  const auto id = field(line, "id");
  if (id && contains(text, "plugin") && !contains(text, *id)) text += " " + *id;
  const auto error = field(line, "error");
  return error ? fmt::format("{}: {}", text, *error) : text;
}

bool waits_for_database(std::string_view log) {
  const Lines lines = lines_of(log);
  const auto loading =
      last_where(lines, [](std::string_view line) { return contains(line, "loading plugin"); });
  const auto last = lines.empty() ? std::string_view() : lines.back();
  return contains(last, "waiting for response from boltdb") ||
         (loading && contains(*loading, "io.containerd.metadata.v1.bolt") &&
          contains(last, "content store policy"));
}

LogFinding explain_log(std::string_view log, std::string_view snapshotter) {
  const auto line = choose(lines_of(log), snapshotter);
  if (!line) return {};
  std::string text = log_line_text(*line);
  std::string hint = hint_for(text);
  return {std::move(text), std::move(hint)};
}

}  // namespace flintctl::provision
