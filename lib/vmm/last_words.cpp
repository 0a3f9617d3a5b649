// SPDX-License-Identifier: Apache-2.0
#include "vmm/last_words.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <sstream>

#include "sys/file.hpp"
#include "vmm/launch.hpp"

namespace flintctl::vmm {
namespace {

constexpr std::size_t tail_bytes = 16384;
constexpr std::size_t longest_line = 400;
constexpr std::size_t console_lines = 100;  ///< enough for a panic's register dump
constexpr std::size_t shown_lines = 10;

/// Terminal escapes and carriage returns of a console do not belong in a message. They go whole:
/// core's printable() would leave their letters.
std::string without_escapes(std::string_view line) {
  std::string clean;
  for (std::size_t i = 0; i < line.size() && clean.size() < longest_line; ++i) {
    const char c = line[i];
    if (c == '\x1b' && i + 1 < line.size() && line[i + 1] == '[') {
      i += 2;
      while (i < line.size() && (line[i] < '@' || line[i] > '~')) ++i;
    } else if (c == '\t' || (c >= ' ' && c != '\x7f') || static_cast<unsigned char>(c) >= 0x80) {
      clean += c;
    }
  }
  return clean;
}

/// How much of the file to look at. A file shorter than the offset was emptied since.
std::size_t length_behind(const std::string& path, std::uint64_t offset) {
  struct stat info = {};
  if (::stat(path.c_str(), &info) != 0) return 0;
  const auto size = static_cast<std::uint64_t>(info.st_size);
  const std::uint64_t behind = size >= offset ? size - offset : size;
  return static_cast<std::size_t>(std::min<std::uint64_t>(behind, tail_bytes));
}

std::vector<std::string> last_of(std::vector<std::string> lines, std::size_t count) {
  if (lines.size() > count) {
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(count));
  }
  return lines;
}

/// What a hypervisor wrote on stderr, warnings taken out.
std::vector<std::string> failure_words(const std::string& log) {
  auto lines = tail_lines(log, console_lines);
  std::erase_if(
      lines, [](const std::string& line) { return line.find("warning: ") != std::string::npos; });
  return last_of(std::move(lines), 5);
}

std::string sentence(ExitReason reason, const std::optional<std::string>& panic,
                     const std::vector<std::string>& words) {
  switch (reason) {
    case ExitReason::guest_shutdown:
      return "the guest powered off";
    case ExitReason::guest_reset:
      return "the guest rebooted";
    case ExitReason::guest_panic:
      return panic.value_or("the guest's kernel panicked");
    case ExitReason::oom:
      return "the host ran out of memory and killed the hypervisor";
    case ExitReason::quit:
      return "the hypervisor was told to quit";
    case ExitReason::hypervisor_error:
      return words.empty() ? "the hypervisor failed" : "the hypervisor failed: " + words.back();
    case ExitReason::killed:
      return words.empty() ? "the hypervisor was killed"
                           : "the hypervisor was killed: " + words.back();
    case ExitReason::unknown:
      break;
  }
  return "the hypervisor is gone and left no reason";
}

}  // namespace

std::vector<std::string> tail_lines(const std::string& path, std::size_t count,
                                    std::uint64_t offset) {
  const auto text = sys::read_tail(path, length_behind(path, offset));
  std::vector<std::string> lines;
  if (!text) return lines;
  std::istringstream stream(*text);
  for (std::string line; std::getline(stream, line);) {
    line = without_escapes(line);
    if (line.find_first_not_of(" \t") != std::string::npos) lines.push_back(std::move(line));
  }
  return last_of(std::move(lines), count);
}

std::optional<std::string> panic_line(const std::vector<std::string>& console) {
  constexpr std::string_view words = "Kernel panic - not syncing";
  for (auto line = console.rbegin(); line != console.rend(); ++line) {
    if (const auto at = line->find(words); at != std::string::npos) return line->substr(at);
  }
  return std::nullopt;
}

ExitEvidence judge_exit(const Instance& instance, std::uint64_t console_offset, ExitReason reason) {
  ExitEvidence evidence;
  evidence.reason = reason;
  const auto console = tail_lines(instance.console_log, console_lines, console_offset);
  const auto words = failure_words(hypervisor_log(instance));
  const auto panic = panic_line(console);
  if (reason != ExitReason::guest_shutdown && oom_kills(instance.uid).value_or(0) > 0) {
    evidence.reason = ExitReason::oom;
  } else if (reason == ExitReason::guest_reset && panic) {
    evidence.reason = ExitReason::guest_panic;
  } else if (reason == ExitReason::unknown) {
    evidence.reason = words.empty() ? ExitReason::killed : ExitReason::hypervisor_error;
  }
  evidence.message = sentence(evidence.reason, panic, words);
  evidence.last_lines =
      evidence.reason == ExitReason::hypervisor_error ? words : last_of(console, shown_lines);
  return evidence;
}

Error ended_early(const Instance& instance, std::string_view provider) {
  const auto words = tail_lines(hypervisor_log(instance), 5);
  std::string text = fmt::format("{} ended at once", provider);
  if (words.empty()) {
    text += " without a word";
  } else {
    text += ": ";
    for (std::size_t i = 0; i < words.size(); ++i) text += (i == 0 ? "" : " | ") + words[i];
  }
  return Error(Code::unknown, text)
      .with_hint(fmt::format("its log is {}", hypervisor_log(instance)));
}

}  // namespace flintctl::vmm
