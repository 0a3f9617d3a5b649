// SPDX-License-Identifier: Apache-2.0
#include "provision/containerd.hpp"

#include <memory>

#include "provision/containerd_program.hpp"
#include "provision/containerd_step.hpp"
#include "provision/containerd_system.hpp"
#include "provision/session.hpp"
#include "provision/view.hpp"
#include "sys/host.hpp"

namespace flintctl::cmd {

namespace {

using provision::HostSettings;

Result<provision::Plan> plan_for(const ProvisionContainerdOptions& options,
                                 ProvisionSession& session) {
  HostSettings& settings = session.settings;
  if (options.system) settings.containerd_mode = HostSettings::ContainerdMode::system;
  const bool system = settings.containerd_mode == HostSettings::ContainerdMode::system;
  if (options.restart && !system) {
    return Error(Code::invalid_argument, "--restart is for the host's own containerd")
        .with_hint("add --system; the private one: flintctl containerd stop, then start");
  }
  if (options.source.given() && system) {
    return Error(Code::invalid_argument, "the host's own containerd has its program already")
        .with_hint("leave --system out for a private containerd from a release");
  }
  provision::Plan plan(session.paths, *session.services);
  if (system) {
    if (options.restart) {
      settings.system_containerd.restart = provision::SystemContainerd::Restart::now;
    }
    plan.add(std::make_unique<provision::SystemContainerdStep>(
        session.paths, settings.system_containerd, *session.services));
    return plan;
  }
  provision::PrivateContainerd& wanted = settings.private_containerd;
  if (options.source.given()) {
    TRY(provision::validate_containerd_source(options.source));
    wanted.source = options.source;
  }
  if (wanted.source)
    plan.add(provision::containerd_program_step(*wanted.source, session.paths.facts()));
  plan.add(std::make_unique<provision::ContainerdStep>(session.paths, wanted, *session.services));
  return plan;
}

}  // namespace

Result<> provision_containerd(Host& host, const ProvisionContainerdOptions& options) {
  using provision::StepReport;
  StepPrinter print(host, TRY(host.format()), options.dry_run);
  ProvisionSession session = TRY(open_provision_session(host, options.file));
  provision::Plan plan = TRY(plan_for(options, session));
  if (options.dry_run) {
    const std::vector<StepReport> reports = plan.check();
    for (const StepReport& report : reports) print(report);
    TRY(print.finish());
    return provision::allow_apply(reports);
  }
  TRY(sys::require_root("provisioning containerd"));
  auto applied = plan.apply([&print](const StepReport& report) { print(report); });
  TRY(print.finish());
  return applied;
}

void add_provision_containerd(cli::Command& provision, Host& host) {
  auto options = std::make_shared<ProvisionContainerdOptions>();
  options->source.name = "containerd";
  provision.add("containerd", "Configure a containerd, have it run now and at each boot")
      .details(
          "Writes its configuration and folders, a unit where systemd runs (after the pool's), "
          "starts it and returns when its devmapper snapshotter is ok. One that runs by an older "
          "configuration is started anew, which no VM notices. The program is that of the "
          "distribution's package, which 'provision all' installs, or one from a release whose "
          "SHA-256 you give, which then lies "
          "in /usr/local/lib/flintctl/containerd, out of the way of the host's own. The keys are "
          "those of [containerd] in host.toml: see 'provision all --help'.\n\n"
          "--system gives the host's own containerd the devmapper snapshotter instead: one table, "
          "in "
          "a drop-in where its configuration imports such, else appended after a backup, and only "
          "when containerd accepts it and nothing else changes by it. One that systemd has stopped "
          "is "
          "started; a running one takes it at its next start: --restart restarts it now. What this "
          "run changed comes back if either fails.")
      .example("flintctl provision containerd", "after provision devpool")
      .example(
          "flintctl provision containerd --release containerd-2.1.4-linux-amd64.tar.gz --sha256 "
          "DIGEST",
          "that version, from its release")
      .example("flintctl provision containerd --system --restart",
               "the host's own containerd gets the snapshotter, now")
      .flag("--system", options->system, "Configure the host's own containerd, not a private one")
      .flag("--restart", options->restart, "With --system: restart it now")
      .option("--release", options->source.file, "Its release, or the program, on this host",
              "PATH")
      .option("--url", options->source.url, "Where to fetch that", "URL")
      .option("--sha256", options->source.sha256, "Digest of the file", "HEX")
      .option("--version", options->source.version, "Refuse another version than this", "VERSION")
      .option("-f,--file", options->file,
              "What the host is to have, - for stdin (/etc/flintctl/host.toml if it exists)",
              "FILE")
      .flag("--dry-run", options->dry_run, "Print what would change, change nothing")
      .action([options, &host] { return provision_containerd(host, *options); });
}

}  // namespace flintctl::cmd
