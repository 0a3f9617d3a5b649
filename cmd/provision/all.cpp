// SPDX-License-Identifier: Apache-2.0
#include "provision/all.hpp"

#include <memory>
#include <string>

#include "provision/session.hpp"
#include "provision/view.hpp"
#include "sys/host.hpp"

namespace flintctl::cmd {
namespace {

using provision::StepReport;

/// A file that lies about for years must not be able to erase a disk: the flag alone can.
Result<> allow_wipe(provision::HostSettings& settings, const std::string& disk) {
  if (disk.empty()) return {};
  if (!settings.lvm) {
    return Error(Code::invalid_argument, "--wipe is for the disk of [lvm], which is not asked for");
  }
  settings.lvm_pool.wipe = disk;
  return provision::validate(settings.lvm_pool);
}

}  // namespace

Result<> provision_all(Host& host, const ProvisionAllOptions& options) {
  StepPrinter print(host, TRY(host.format()), options.dry_run);
  ProvisionSession session = TRY(open_provision_session(host, options.file));
  TRY(allow_wipe(session.settings, options.wipe));
  if (options.restart) {
    session.settings.system_containerd.restart = provision::SystemContainerd::Restart::now;
  }
  provision::Plan plan = session.plan();
  if (options.dry_run) {
    const std::vector<StepReport> reports = plan.check();
    for (const StepReport& report : reports) print(report);
    TRY(print.finish());
    return provision::allow_apply(reports);
  }
  TRY(sys::require_root("provisioning this host"));
  auto applied = plan.apply([&print](const StepReport& report) { print(report); }, options.wait);
  TRY(print.finish());
  const provision::HostSettings& settings = session.settings;
  if (applied && (settings.lvm || settings.devpool)) say_other_pool(host, settings.pool_name());
  return applied;
}

void add_provision_all(cli::Command& provision, Host& host) {
  auto options = std::make_shared<ProvisionAllOptions>();
  provision.add("all", "Make this host ready, whatever is missing of it")
      .details(
          "Programs that are missing (by apt-get; [packages] install = false forbids it), kernel "
          "modules, udev rule, thin pool and private containerd, each with what brings it back at "
          "boot where systemd runs; elsewhere run it again after a reboot. What is in place is "
          "left alone, whoever installed it; a foreign file at a path of ours is kept beside it. "
          "What is changed is recorded first, so that a killed run is finished by the next and "
          "'provision reset' undoes it.\n\n" +
          std::string(provision::host_settings_help()))
      .example("flintctl provision all --dry-run", "what would change, one line each")
      .example("flintctl provision all -f host.toml", "as that file asks")
      .option("-f,--file", options->file,
              "What the host is to have, - for stdin (/etc/flintctl/host.toml if it exists)",
              "FILE")
      .option("--wipe", options->wipe, "The disk of [lvm] again: erase what is on it", "DISK")
      .duration_option("--wait", options->wait, "How long to wait for another run to end")
      .flag("--restart", options->restart,
            "Restart the host's own containerd where [containerd] mode is \"system\"")
      .flag("--dry-run", options->dry_run, "Print the plan and change nothing")
      .action([options, &host] { return provision_all(host, *options); });
}

}  // namespace flintctl::cmd
