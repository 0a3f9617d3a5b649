// SPDX-License-Identifier: Apache-2.0
#include "vm/session.hpp"

#include "core/text.hpp"
#include "image/progress_view.hpp"
#include "lifecycle/host_parts.hpp"
#include "vm/name.hpp"

namespace flintctl::cmd {
namespace {

std::map<std::string, vmm::Settings> provider_settings(const config::Config& config,
                                                       const inventory::Paths& paths) {
  std::map<std::string, vmm::Settings> settings;
  for (const auto& [name, provider] : config.providers) {
    settings[name] = {provider.binary, provider.accel, provider.extra_args};
  }
  for (const auto name : vmm::provider_names()) {
    settings[std::string(name)].fact_folder = paths.facts();
  }
  return settings;
}

lifecycle::HostSettings host_settings(Host& host, const config::Config& config,
                                      const PullFlags& flags, containerd::Client* client) {
  lifecycle::HostSettings settings;
  settings.client = client;
  settings.paths = {config.run_directory, config.state_directory};
  settings.snapshotter = flags.snapshotter.empty() ? config.snapshotter : flags.snapshotter;
  settings.providers = provider_settings(config, settings.paths);
  settings.pull.options = [&host, flags](const oci::Reference& reference) {
    return pull_options(host, flags, reference);
  };
  settings.pull.display =
      [&host, kind = progress_kind(flags.progress)](const std::vector<std::string>& names) {
        return make_display(kind, host.streams(), names);
      };
  settings.pull.policy = pull_policy(flags);
  return settings;
}

VmPlanSession plan_session(Host& host, const config::Config& config,
                           lifecycle::HostSettings settings) {
  const auto paths = settings.paths;
  const auto snapshotter = settings.snapshotter;
  auto parts = lifecycle::open_host_parts(std::move(settings));
  auto& borrowed = *parts;
  return {std::move(parts),
          {borrowed, paths, snapshotter, config.pool, [&host](std::string_view note) {
             if (!host.streams().quiet) host.streams().err << printable(note, 4096) << '\n';
           }}};
}

}  // namespace

Result<VmSession> open_vm_session(Host& host, const PullFlags& flags, PullListener pulled) {
  TRY(vm::check_name("namespace", host.options().vm_namespace));
  const auto* config = TRY(host.config());
  auto* client = TRY(host.containerd());
  auto settings = host_settings(host, *config, flags, client);
  settings.pull.pulled = std::move(pulled);
  auto plan = plan_session(host, *config, std::move(settings));
  auto context = std::make_unique<lifecycle::Context>(std::move(plan.context), *client);
  return VmSession{std::move(plan.parts), std::move(context)};
}

Result<VmPlanSession> open_vm_plan_session(Host& host, const PullFlags& flags) {
  TRY(vm::check_name("namespace", host.options().vm_namespace));
  const auto* config = TRY(host.config());
  return plan_session(host, *config, host_settings(host, *config, flags, nullptr));
}

void add_wait_flags(cli::Command& command, VmWaitFlags& flags) {
  command
      .choice("--wait", flags.until, {"none", "running", "booted"},
              "Return when the guest was told to run, runs, or shows its userspace")
      .duration_option("--timeout", flags.timeout, "Longest wait")
      .option("--boot-marker", flags.boot_marker,
              "What the guest's console shows when it is up (what init systems and login prompts "
              "print unless given)",
              "REGEX");
}

lifecycle::WaitOptions wait_options(const VmWaitFlags& flags) {
  using lifecycle::WaitFor;
  const auto until = flags.until == "none"     ? WaitFor::none
                     : flags.until == "booted" ? WaitFor::booted
                                               : WaitFor::running;
  return {until, flags.timeout, flags.boot_marker};
}

}  // namespace flintctl::cmd
