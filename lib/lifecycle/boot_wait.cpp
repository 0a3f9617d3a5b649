// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/boot_wait.hpp"

#include "lifecycle/boot_scanner.hpp"
#include "lifecycle/file_watch.hpp"
#include "sys/interrupt.hpp"

namespace flintctl::lifecycle {
namespace {

constexpr std::size_t tail_limit = 16U << 10U;
constexpr std::size_t quoted_lines = 10;

BootOutcome outcome_of(BootEvent event) {
  switch (event) {
    case BootEvent::booted:
      return BootOutcome::booted;
    case BootEvent::panicked:
      return BootOutcome::panicked;
    case BootEvent::powered_off:
    case BootEvent::none:
      break;
  }
  return BootOutcome::powered_off;
}

/// What the console says so far, and its tail for an error.
struct Console {
  FileWatch file;
  BootScanner scanner;
  std::string tail;

  enum class Read { more, all };
  Read read = Read::more;

  /// Takes the next piece of the file.
  Result<BootEvent> advance() {
    const auto bytes = TRY(file.read());
    read = bytes.empty() ? Read::all : Read::more;
    const auto event = scanner.feed(bytes);
    // Up to the line that decides: what comes with it is chance.
    tail.append(bytes, 0, scanner.taken());
    if (tail.size() > tail_limit) tail.erase(0, tail.size() - tail_limit);
    return event;
  }

  [[nodiscard]] BootReport report(BootOutcome outcome) const {
    return {outcome, scanner.line(), last_lines(tail, quoted_lines)};
  }
  /// Nothing more will be read: half a line may decide, else `outcome` stands.
  BootReport end(BootOutcome outcome) {
    const auto event = scanner.finish();
    return report(event == BootEvent::none ? outcome : outcome_of(event));
  }
};

}  // namespace

Result<BootReport> watch_boot(const BootWatch& watch) {
  const auto deadline = std::chrono::steady_clock::now() + watch.timeout;
  auto scanner = TRY(BootScanner::create(watch.marker));
  auto file = TRY(FileWatch::open(watch.console_log, watch.offset));
  Console console{std::move(file), std::move(scanner), {}};
  auto wake = FileWatch::Wake::changed;
  while (true) {
    // Read after each wake, whatever its cause: the last words of a guest come with its end.
    const auto event = TRY(console.advance());
    if (event != BootEvent::none) return console.report(outcome_of(event));
    TRY(console.file.make_room(watch.least_space));
    // A guest that never stops talking must not outrun the deadline.
    if (std::chrono::steady_clock::now() >= deadline) return console.end(BootOutcome::timed_out);
    if (console.read == Console::Read::more) {
      TRY(sys::check_interrupt());
      continue;
    }
    if (wake == FileWatch::Wake::ended) return console.end(BootOutcome::exited);
    wake = TRY(console.file.wait(watch.exit_fd, deadline));
  }
}

}  // namespace flintctl::lifecycle
