// SPDX-License-Identifier: Apache-2.0
#include "provision/containerd.hpp"

#include <memory>

#include "provision/containerd_step.hpp"
#include "provision/session.hpp"
#include "provision/view.hpp"
#include "sys/host.hpp"

namespace flintctl::cmd {

Result<> provision_containerd(Host& host, const ProvisionContainerdOptions& options) {
  using provision::StepReport;
  ProvisionSession session = TRY(open_provision_session(host, options.file));
  provision::Plan plan(session.paths, *session.services);
  plan.add(std::make_unique<provision::ContainerdStep>(
      session.paths, session.settings.private_containerd, *session.services));
  std::ostream& out = host.streams().out;
  if (options.dry_run) {
    for (const StepReport& report : plan.check()) {
      for (const std::string& line : dry_run_lines(report)) out << line << '\n';
      say_notes(host, report);
    }
    return {};
  }
  TRY(sys::require_root("provisioning containerd"));
  return plan.apply([&](const StepReport& report) {
    out << "step/" << report.step << ' ' << step_result(report) << '\n';
    say_notes(host, report);
  });
}

void add_provision_containerd(cli::Command& provision, Host& host) {
  auto options = std::make_shared<ProvisionContainerdOptions>();
  provision.add("containerd", "Configure the private containerd, have it run now and at each boot")
      .details(
          "Writes its configuration and folders, a unit where systemd runs (after the pool's), "
          "starts it and returns when its devmapper snapshotter is ok. The keys are those of "
          "[containerd] in host.toml: see 'provision all --help'.")
      .example("flintctl provision containerd", "after provision devpool")
      .option("-f,--file", options->file,
              "What the host is to have (/etc/flintctl/host.toml if it exists)", "FILE")
      .flag("--dry-run", options->dry_run, "Print what would change, change nothing")
      .action([options, &host] { return provision_containerd(host, *options); });
}

}  // namespace flintctl::cmd
