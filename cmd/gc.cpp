// SPDX-License-Identifier: Apache-2.0
#include "gc.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "lifecycle/gc.hpp"
#include "sys/host.hpp"
#include "vm/session.hpp"

namespace flintctl::cmd {
namespace {

using lifecycle::Leftover;

const char* fate_word(Leftover::Fate fate) {
  switch (fate) {
    case Leftover::Fate::removed:
      return "removed";
    case Leftover::Fate::failed:
      return "failed";
    case Leftover::Fate::found:
      break;
  }
  return "found";
}

Result<> print(Host& host, const output::Format& format, const std::vector<Leftover>& leftovers) {
  auto& streams = host.streams();
  if (format.kind == output::Kind::name) {
    for (const auto& leftover : leftovers) {
      streams.out << leftover.kind << '/' << leftover.name << '\n';
    }
    return {};
  }
  if (format.is_table()) {
    if (leftovers.empty()) {
      if (!streams.quiet) streams.err << "Nothing is left over.\n";
      return {};
    }
    output::Table table({{"KIND"}, {"NAME"}, {"RESULT"}, {"WHY"}});
    for (const auto& leftover : leftovers) {
      table.add({leftover.kind, leftover.name, fate_word(leftover.fate), leftover.why});
    }
    table.print(
        streams.out, format.kind,
        host.options().no_headers ? output::Table::Titles::hide : output::Table::Titles::show);
    return {};
  }
  data::Array items;
  for (const auto& leftover : leftovers) {
    items.push_back(data::Value::object({{"kind", leftover.kind},
                                         {"name", leftover.name},
                                         {"result", fate_word(leftover.fate)},
                                         {"why", leftover.why}}));
  }
  return output::print_value(streams.out, format, output::list_value(std::move(items)));
}

}  // namespace

Result<> gc(Host& host, const GcOptions& options) {
  using Mode = lifecycle::GcOptions::Mode;
  const auto format = TRY(host.format());
  TRY(sys::require_root("looking for leftovers"));
  const auto session = TRY(open_vm_session(host));
  const auto leftovers = TRY(lifecycle::collect_garbage(
      *session.context, {options.dry_run ? Mode::dry_run : Mode::remove}));
  TRY(print(host, format, leftovers));
  const auto failed = std::count_if(
      leftovers.begin(), leftovers.end(),
      [](const Leftover& leftover) { return leftover.fate == Leftover::Fate::failed; });
  if (failed == 0) return {};
  return Error(Code::unknown,
               fmt::format("{} of {} leftovers could not be removed", failed, leftovers.size()));
}

void add_gc(cli::Command& root, Host& host) {
  auto options = std::make_shared<GcOptions>();
  root.add("gc", "Find and remove what killed commands left")
      .details(
          "Compares containerd's leases, snapshots and unfinished writes with taps, cgroups, "
          "folders and caches of this host. What a VM owns or another flintctl works on is left "
          "alone; devices that containerd does not know are reported only.")
      .example("flintctl gc --dry-run", "look, touch nothing")
      .flag("--dry-run", options->dry_run, "Print what would be removed, remove nothing")
      .action([options, &host] { return gc(host, *options); });
}

}  // namespace flintctl::cmd
