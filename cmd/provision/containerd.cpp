// SPDX-License-Identifier: Apache-2.0
#include "provision/containerd.hpp"

#include <memory>

#include "provision/containerd_program.hpp"
#include "provision/containerd_step.hpp"
#include "provision/session.hpp"
#include "provision/view.hpp"
#include "sys/host.hpp"

namespace flintctl::cmd {

Result<> provision_containerd(Host& host, const ProvisionContainerdOptions& options) {
  using provision::StepReport;
  ProvisionSession session = TRY(open_provision_session(host, options.file));
  provision::Plan plan(session.paths, *session.services);
  provision::PrivateContainerd& wanted = session.settings.private_containerd;
  if (options.source.given()) {
    TRY(provision::validate_containerd_source(options.source));
    wanted.source = options.source;
  }
  if (wanted.source) plan.add(provision::containerd_program_step(*wanted.source));
  plan.add(std::make_unique<provision::ContainerdStep>(session.paths, wanted, *session.services));
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
  options->source.name = "containerd";
  provision.add("containerd", "Configure the private containerd, have it run now and at each boot")
      .details(
          "Writes its configuration and folders, a unit where systemd runs (after the pool's), "
          "starts it and returns when its devmapper snapshotter is ok. The program is that of the "
          "distribution's package, or one from a release whose SHA-256 you give, which then lies "
          "in /usr/local/lib/flintctl/containerd, out of the way of the host's own. The keys are "
          "those of [containerd] in host.toml: see 'provision all --help'.")
      .example("flintctl provision containerd", "after provision devpool")
      .example(
          "flintctl provision containerd --release containerd-2.1.4-linux-amd64.tar.gz --sha256 "
          "DIGEST",
          "that version, from its release")
      .option("--release", options->source.file, "Its release, or the program, on this host",
              "PATH")
      .option("--url", options->source.url, "Where to fetch that", "URL")
      .option("--sha256", options->source.sha256, "Digest of the file", "HEX")
      .option("--version", options->source.version, "Refuse another version than this", "VERSION")
      .option("-f,--file", options->file,
              "What the host is to have (/etc/flintctl/host.toml if it exists)", "FILE")
      .flag("--dry-run", options->dry_run, "Print what would change, change nothing")
      .action([options, &host] { return provision_containerd(host, *options); });
}

}  // namespace flintctl::cmd
