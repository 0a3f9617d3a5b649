// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/logs.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "inventory/records.hpp"
#include "inventory/runtime.hpp"
#include "lifecycle/file_watch.hpp"
#include "sys/file.hpp"
#include "vm/name.hpp"
#include "vmm/machine.hpp"

namespace flintctl::lifecycle {
namespace {

/// Where the last `lines` lines of `text` begin.
std::size_t tail_begin(std::string_view text, std::size_t lines) {
  if (lines == 0) return text.size();
  // A line break at the very end closes the last line, it begins none.
  std::size_t end = text.empty() || text.back() != '\n' ? text.size() : text.size() - 1;
  while (end > 0) {
    const auto found = text.rfind('\n', end - 1);
    if (found == std::string_view::npos) return 0;
    if (--lines == 0) return found + 1;
    end = found;
  }
  return 0;
}

/// A descriptor that tells the VM's end; none when it does not run.
UniqueFd end_of(const Context& context, const std::string& uid) {
  if (!context.parts.alive(uid).value_or(false)) return {};
  const auto runtime = inventory::read_runtime(context.paths, uid);
  if (!runtime || runtime->pid == 0) return {};
  return context.parts.exit_descriptor(uid, static_cast<pid_t>(runtime->pid)).value_or(UniqueFd());
}

/// Everything that is there now; false when the reader has gone.
Result<bool> copy(FileWatch& file, const LogSink& sink) {
  while (true) {
    const auto bytes = TRY(file.read());
    if (bytes.empty()) return true;
    if (!sink(bytes)) return false;
  }
}

/// The last lines of what is there now.
Result<bool> copy_tail(FileWatch& file, std::size_t lines, const LogSink& sink) {
  std::string text;
  TRY(copy(file, [&](std::string_view bytes) {
    text += bytes;
    if (text.size() > 2 * log_space) text.erase(0, text.size() - log_space);
    return true;
  }));
  const auto tail = text.substr(tail_begin(text, lines));
  return tail.empty() || sink(tail);
}

Result<> follow(FileWatch& file, const UniqueFd& end, const LogSink& sink) {
  auto wake = FileWatch::Wake::changed;
  while (TRY(copy(file, sink)) && wake != FileWatch::Wake::ended) {
    wake = TRY(file.wait(end.get(), std::nullopt));
  }
  return {};
}

}  // namespace

Result<> read_log(const Context& context, const LogOptions& options, const LogSink& sink) {
  const auto summary =
      TRY(inventory::Records(context.client).find(options.target.name_space, options.target.name));
  const bool console = options.of == LogOptions::Of::console;
  const auto path = console
                        ? context.paths.console_log(summary.uid)
                        : vmm::hypervisor_log(inventory::instance_of(context.paths, summary.uid));
  if (!sys::exists(path)) {
    return Error(Code::not_found,
                 fmt::format("VM '{}' has no {} log",
                             vm::display_name(options.target.name_space, options.target.name),
                             console ? "console" : "hypervisor"))
        .with_hint("a VM that never started has none, and a reboot of the host empties it");
  }
  auto file = TRY(FileWatch::open(path, 0));
  const bool listens = TRY(options.tail ? copy_tail(file, *options.tail, sink) : copy(file, sink));
  if (!listens) return {};
  const auto end =
      options.follow == LogOptions::Follow::yes ? end_of(context, summary.uid) : UniqueFd();
  if (end) return follow(file, end, sink);
  return {};
}

}  // namespace flintctl::lifecycle
