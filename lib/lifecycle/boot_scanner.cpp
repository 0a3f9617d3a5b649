// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/boot_scanner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <regex>

namespace flintctl::lifecycle {
namespace {

/// libstdc++ matches regular expressions by recursion: a line without end must not exhaust the
/// stack.
constexpr std::size_t line_limit = 4096;

/// Takes escape sequences (ECMA-48: CSI, OSC, two-byte) and carriage returns out of a stream that
/// comes in pieces.
class EscapeFilter {
 public:
  /// The character to keep, if any.
  std::optional<char> next(char c) {
    switch (state_) {
      case State::text:
        if (c == '\x1b') state_ = State::escape;
        return c == '\x1b' || c == '\r' || c == '\0' ? std::nullopt : std::optional(c);
      case State::escape:
        state_ = c == '[' ? State::csi : c == ']' ? State::osc : State::text;
        return std::nullopt;
      case State::csi:
        if (c >= '@' && c <= '~') state_ = State::text;
        return std::nullopt;
      case State::osc:
        if (c == '\a' || c == '\n') state_ = State::text;
        if (c == '\x1b') state_ = State::escape;
        return std::nullopt;
    }
    return std::nullopt;
  }

 private:
  enum class State { text, escape, csi, osc };
  State state_ = State::text;
};

bool contains(std::string_view line, std::string_view part) {
  return line.find(part) != std::string_view::npos;
}

bool starts_with(std::string_view line, std::string_view part) { return line.rfind(part, 0) == 0; }

template <std::size_t N>
bool contains_any(std::string_view line, const std::array<std::string_view, N>& parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](std::string_view part) { return contains(line, part); });
}

std::string_view trimmed(std::string_view line) {
  while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
  while (!line.empty() && (line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
  return line;
}

/// Words of lines that look like a system's start and are an initial RAM disk's, a rescue shell's
/// or a shutdown's.
constexpr std::array<std::string_view, 11> not_the_system = {
    "nitrd",    "nitramfs", "nitRD",    "dracut",   "mergency", "escue",
    "shutdown", "hutdown",  "ower-Off", "ower Off", "eboot",
};

constexpr std::array<std::string_view, 7> anywhere = {
    "] Reached target ",                            // systemd to the console
    "]: Reached target ",                           // systemd to the kernel's log
    "Please press Enter to activate this console",  // busybox askfirst
    "is starting up Linux",                         // OpenRC
    "init started: BusyBox",
    "INIT: Entering runlevel",  // sysvinit
    "runit: enter stage: /etc/runit/2",
};

constexpr std::array<std::string_view, 4> at_the_start = {
    "Welcome to ",     // systemd, /etc/issue
    "INIT: version ",  // sysvinit
    "s6-rc: info: ",
    "Reached target ",
};

bool is_login_prompt(std::string_view line) {
  line = trimmed(line);
  constexpr std::string_view prompt = "login:";
  if (line.size() < prompt.size() || line.substr(line.size() - prompt.size()) != prompt)
    return false;
  line.remove_suffix(prompt.size());
  return line.empty() || line.back() == ' ';
}

bool is_default_marker(std::string_view line) {
  if (is_login_prompt(line)) return true;
  if (contains_any(line, not_the_system)) return false;
  if (contains_any(line, anywhere)) return true;
  const auto text = trimmed(line);
  return std::any_of(at_the_start.begin(), at_the_start.end(),
                     [&](std::string_view start) { return starts_with(text, start); });
}

bool is_panic(std::string_view line) { return contains(line, "Kernel panic - not syncing"); }

bool is_power_off(std::string_view line) {
  return contains(line, "reboot: Power down") || contains(line, "reboot: System halted");
}

}  // namespace

struct BootScanner::Impl {
  std::optional<std::regex> marker;
  EscapeFilter filter;
  std::string current;
  std::string decided;
  BootEvent event = BootEvent::none;
  std::size_t taken = 0;

  [[nodiscard]] bool matches(bool ended) const {
    if (marker) return std::regex_search(current, *marker);
    // Half a line of systemd's may go on to name the initial RAM disk; a prompt never ends.
    return ended ? is_default_marker(current) : is_login_prompt(current);
  }

  void judge(bool ended) {
    if (current.empty()) return;
    if (ended && is_panic(current)) {
      event = BootEvent::panicked;
    } else if (ended && is_power_off(current)) {
      event = BootEvent::powered_off;
    } else if (matches(ended)) {
      event = BootEvent::booted;
    }
    if (event != BootEvent::none) decided = std::string(trimmed(current));
  }
};

BootScanner::BootScanner(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
BootScanner::BootScanner(BootScanner&&) noexcept = default;
BootScanner& BootScanner::operator=(BootScanner&&) noexcept = default;
BootScanner::~BootScanner() = default;

Result<BootScanner> BootScanner::create(const std::string& marker) {
  auto impl = std::make_unique<Impl>();
  if (!marker.empty()) {
    try {
      impl->marker.emplace(marker, std::regex::ECMAScript | std::regex::optimize);
    } catch (const std::regex_error& error) {
      return Error(
                 Code::invalid_argument,
                 fmt::format("boot marker '{}' is no regular expression: {}", marker, error.what()))
          .with_hint("a backslash makes of ( ) [ ] { } . * + ? ^ $ | \\ what they look like");
    }
  }
  return BootScanner(std::move(impl));
}

BootEvent BootScanner::feed(std::string_view bytes) {
  impl_->taken = 0;
  for (const char byte : bytes) {
    if (impl_->event != BootEvent::none) return impl_->event;
    ++impl_->taken;
    const auto c = impl_->filter.next(byte);
    if (!c) continue;
    if (*c != '\n') {
      if (impl_->current.size() < line_limit) impl_->current += *c;
      continue;
    }
    impl_->judge(true);
    impl_->current.clear();
  }
  if (impl_->event == BootEvent::none) impl_->judge(false);
  return impl_->event;
}

std::size_t BootScanner::taken() const { return impl_->taken; }

BootEvent BootScanner::finish() {
  if (impl_->event == BootEvent::none) impl_->judge(true);
  return impl_->event;
}

const std::string& BootScanner::line() const { return impl_->decided; }

std::vector<std::string> last_lines(std::string_view console, std::size_t count) {
  EscapeFilter filter;
  std::vector<std::string> lines;
  std::string current;
  const auto finish = [&] {
    if (!trimmed(current).empty()) lines.emplace_back(trimmed(current));
    current.clear();
  };
  for (const char byte : console) {
    const auto c = filter.next(byte);
    if (!c) continue;
    if (*c == '\n') {
      finish();
    } else {
      current += static_cast<unsigned char>(*c) < 0x20 && *c != '\t' ? '?' : *c;
    }
  }
  finish();
  if (lines.size() > count)
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(count));
  return lines;
}

}  // namespace flintctl::lifecycle
