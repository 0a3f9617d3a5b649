// SPDX-License-Identifier: Apache-2.0
#include "provision/lvm.hpp"

#include <fmt/format.h>

#include <charconv>
#include <memory>

#include "provision/host_plan.hpp"
#include "provision/lvm_step.hpp"
#include "provision/session.hpp"
#include "provision/view.hpp"
#include "sys/host.hpp"

namespace flintctl::cmd {
namespace {

using provision::LvmSpec;
using provision::StepReport;

Result<> read_percent(const char* flag, const std::string& text, int& value) {
  if (text.empty()) return {};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return {};
  return Error(Code::invalid_argument, fmt::format("'{}' is no number of per cent", text))
      .with_hint(fmt::format("write it like {} 80", flag));
}

Result<LvmSpec> to_spec(Host& host, const LvmOptions& options) {
  LvmSpec spec;
  spec.name = provision::logical_name_of(TRY(host.config())->pool);
  if (!options.group.empty()) spec.name.group = options.group;
  if (!options.volume.empty()) spec.name.volume = options.volume;
  spec.disk = options.disk;
  spec.wipe = options.wipe;
  if (options.data_bytes > 0) spec.data_bytes = options.data_bytes;
  if (options.metadata_bytes > 0) spec.metadata_bytes = options.metadata_bytes;
  TRY(read_percent("--autoextend-threshold", options.threshold, spec.autoextend_threshold));
  TRY(read_percent("--autoextend-percent", options.percent, spec.autoextend_percent));
  TRY(provision::validate(spec));
  return spec;
}

Result<> print(Host& host, const output::Format& format, const LvmSpec& spec,
               const LvmOptions& options, const StepReport& report) {
  std::ostream& out = host.streams().out;
  // That no disk is named is no failure here: this is what shows which are free.
  if (options.dry_run && report.error) return *report.error;
  say_notes(host, report);
  if (format.kind == output::Kind::name) {
    out << "pool/" << spec.dm_name() << '\n';
  } else if (!format.is_table()) {
    return output::print_value(out, format, step_value(report));
  } else if (!options.dry_run) {
    out << "pool/" << spec.dm_name() << ' ' << step_result(report) << '\n';
  } else {
    for (const std::string& line : dry_run_lines(report)) out << line << '\n';
  }
  return {};
}

}  // namespace

Result<> provision_lvm(Host& host, const LvmOptions& options) {
  const LvmSpec spec = TRY(to_spec(host, options));
  const output::Format format = TRY(host.format());
  const auto drivers = provision::host_pool_drivers();
  const auto services = provision::host_services();
  const provision::HostPaths paths = provision::host_paths(*TRY(host.config()));
  if (!options.dry_run) TRY(sys::require_root("provisioning a thin pool"));
  if (options.at_boot) return provision::LvmStep(paths, spec, *drivers, *services).restore();
  provision::Plan plan(paths, *services);
  plan.add(std::make_unique<provision::LvmStep>(paths, spec, *drivers, *services));
  plan.add(std::make_unique<provision::UdevStep>(paths, spec.dm_name()));
  if (options.dry_run) return print(host, format, spec, options, plan.check().front());
  Result<> printed;
  TRY(plan.apply(
      [&](const StepReport& report) {
        if (report.step == "lvm" && !report.error) {
          printed = print(host, format, spec, options, report);
        }
      },
      options.wait));
  say_other_pool(host, spec.dm_name());
  return printed;
}

void add_provision_lvm(cli::Command& provision, Host& host) {
  auto options = std::make_shared<LvmOptions>();
  provision.add("lvm", "Make the production thin pool on a disk of its own, or bring it back")
      .details(
          "An LVM volume group with a thin pool that zeroes its blocks, and a profile by which LVM "
          "makes the pool larger before it is full: attached, watched by dmeventd, and read back. "
          "A disk is taken only when it is named and empty: no signature that libblkid knows, no "
          "mount, no swap, no part of another group or array. Named again with --wipe, all that is "
          "on it is erased. Without --disk free ones are proposed, and none is touched. A pool "
          "that is there already, by whatever tool, is used as it is. Run again after a reboot it "
          "activates the pool where no systemd does.")
      .example("flintctl provision lvm --dry-run", "which disks are free")
      .example("flintctl provision lvm --disk /dev/disk/by-id/nvme-X",
               "the pool flintlock-thinpool")
      .option("--disk", options->disk, "The disk or partition for a new pool", "DISK")
      .option("--wipe", options->wipe, "The same disk again: erase what is on it", "DISK")
      .option("--vg", options->group, "Volume group (flintlock)", "NAME")
      .option("--lv", options->volume, "Logical volume: the pool is VG-LV (thinpool)", "NAME")
      .size_option("--data-size", options->data_bytes,
                   "Size of a new pool (four fifths of the disk)")
      .size_option("--metadata-size", options->metadata_bytes,
                   "Size of a new pool's metadata (by the disk's size)")
      .option("--autoextend-threshold", options->threshold,
              "Per cent in use at which the pool is made larger (80)", "PERCENT")
      .option("--autoextend-percent", options->percent, "By how much of its size (20)", "PERCENT")
      .duration_option("--wait", options->wait, "How long to wait for another run to end")
      .flag("--at-boot", options->at_boot, "Activate it and have it watched; what the unit runs")
      .flag("--dry-run", options->dry_run, "Say what would be done and change nothing")
      .action([options, &host] { return provision_lvm(host, *options); });
}

}  // namespace flintctl::cmd
