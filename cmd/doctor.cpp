// SPDX-License-Identifier: Apache-2.0
#include "doctor.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "doctor/checks.hpp"
#include "network/links.hpp"
#include "provision/known_network.hpp"
#include "provision/network_step.hpp"
#include "provision/session.hpp"
#include "sys/cgroup.hpp"
#include "sys/host.hpp"
#include "thinpool/grow.hpp"
#include "vm/session.hpp"
#include "vmm/kvm.hpp"

namespace flintctl::cmd {
namespace {

using doctor::Findings;
using doctor::Severity;

constexpr int exit_of_warnings = 9;

void append(Findings& all, Findings more) {
  for (auto& finding : more) all.push_back(std::move(finding));
}

/// Tries the part out where that is harmless, as it may be built in with no module of its name.
Result<> kernel_has(const std::string& module) {
  auto loaded = sys::load_module(module == "dm_thin_pool" ? "dm-thin-pool" : module);
  if (loaded) return loaded;
  if (module == "dm_thin_pool") {
    const auto driver = TRY(devmapper::open());
    return driver->require_target("thin-pool");
  }
  if (module == "loop" && loop::open()) return {};
  if (module == "tun" && sys::open("/dev/net/tun", O_RDWR)) return {};
  if (module == "bridge") {
    for (const auto& interface : TRY(network::list_interfaces())) {
      if (interface.kind == "bridge") return {};
    }
  }
  if (loaded.error().code() == Code::permission_denied || sys::KernelModules().available(module)) {
    return loaded;
  }
  return std::move(loaded).error().with_hint(
      fmt::format("use a kernel that has {}, built in or as a module", module));
}

std::vector<doctor::Hypervisor> hypervisors(const config::Config& config) {
  std::vector<doctor::Hypervisor> found;
  for (const auto& [name, program] :
       {std::pair{"firecracker", "firecracker"}, std::pair{"qemu", "qemu-system-x86_64"}}) {
    vmm::Settings settings;
    if (const auto own = config.providers.find(name); own != config.providers.end()) {
      settings = {own->second.binary, own->second.accel, own->second.extra_args};
    }
    const bool installed =
        sys::find_program(settings.binary.empty() ? program : settings.binary).has_value();
    auto provider = vmm::open_provider(name, settings);
    auto probe = provider ? (*provider)->probe() : Result<vmm::Probe>(provider.error());
    found.push_back({name, installed, std::move(probe)});
  }
  return found;
}

Result<thinpool::Pool> read_pool(const std::string& name) {
  TRY(sys::require_root("reading a thin pool"));
  const auto driver = TRY(devmapper::open());
  const auto loops = TRY(loop::open());
  return thinpool::inspect(name, *driver, *loops);
}

std::vector<loop::Device> loop_devices() {
  std::vector<loop::Device> devices;
  const auto loops = loop::open();
  const auto names = sys::list_directory("/sys/block");
  if (!loops || !names) return devices;
  for (const std::string& name : *names) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(name.data() + 4, name.data() + name.size(), number);
    if (!name.starts_with("loop") || error != std::errc()) continue;
    // What another pool, LVM or a RAID stands on is no leftover.
    if (!sys::list_directory(fmt::format("/sys/block/{}/holders", name)).value_or({}).empty()) {
      continue;
    }
    if (auto device = (*loops)->describe(number)) devices.push_back(*std::move(device));
  }
  return devices;
}

Result<std::vector<lifecycle::Leftover>> leftovers(Host& host) {
  TRY(sys::require_root("looking for leftovers"));
  const auto session = TRY(open_vm_session(host));
  return lifecycle::collect_garbage(*session.context, {lifecycle::GcOptions::Mode::dry_run});
}

/// The networks that this host is to have: host.toml's, else those that were made by flags, else
/// the usual one if somebody made it.
std::vector<provision::NetworkSpec> networks(const ProvisionSession& session) {
  const provision::NetworkSpec& spec = session.settings.network_spec;
  if (session.settings.network) return {spec};
  auto made = provision::recorded_networks(session.paths);
  if (!made.empty()) return made;
  const auto bridge = network::find_interface(spec.bridge);
  if (bridge && bridge->has_value()) made.push_back(spec);
  return made;
}

Findings check_network(const ProvisionSession& session) {
  Findings findings;
  for (const provision::NetworkSpec& spec : networks(session)) {
    provision::NetworkStep network(spec, session.paths, *session.services);
    append(findings,
           doctor::check_network(network.check(), doctor::Network::asked_for,
                                 session.settings.network ? "flintctl provision all"
                                                          : provision::network_command(spec)));
  }
  if (!findings.empty()) return findings;
  return doctor::check_network(provision::Finding(), doctor::Network::not_asked_for, {});
}

/// The containerd that this host is to have, and the command that makes it run.
Findings check_containerd(const config::Config& config, const provision::HostSettings& settings) {
  std::string address = config.containerd_address;
  std::string starter = "flintctl containerd start";
  if (settings.containerd_mode == provision::HostSettings::ContainerdMode::system) {
    if (!config.containerd_address_chosen) address = config::system_containerd_address;
    starter = "flintctl provision containerd --system --restart";
  } else if (!sys::exists(settings.private_containerd.start.config_path)) {
    starter = "flintctl provision all";
  }
  return doctor::check_containerd(provision::containerd_status(address, config.snapshotter),
                                  starter);
}

/// What host.toml asks for; the defaults, and a finding, when it cannot be read.
Result<ProvisionSession> host_session(Host& host, Findings& all) {
  auto session = open_provision_session(host, {});
  if (session) return *std::move(session);
  const std::string hint(session.error().hint());
  append(all, {{"host.toml", Severity::warning, session.error().text(),
                "every command of provision but reset",
                hint.empty() ? "correct it: see 'flintctl provision all --help'" : hint}});
  return TRY(open_default_session(host));
}

Result<Findings> check_host(Host& host, const config::Config& config) {
  Findings all = doctor::check_kernel(doctor::kernel_parts(), [&](const std::string& module) {
    const bool before = sys::KernelModules().loaded(module);
    auto found = kernel_has(module);
    if (!before && sys::KernelModules().loaded(module) && !host.streams().quiet) {
      host.streams().err << "note: loaded the kernel module " << module << " to try it\n";
    }
    return found;
  });
  const auto found = hypervisors(config);
  append(all, doctor::check_kvm(vmm::check_kvm(), found));
  append(all, doctor::check_hypervisors(found));
  append(all, doctor::check_cgroup(sys::cgroup2_mount()));
  const auto pool = read_pool(config.pool);
  append(all, doctor::check_pool(config.pool, pool));
  if (pool && thinpool::is_logical(pool->device)) {
    append(all, doctor::check_autoextend(config.pool, lvm::read_report(*lvm::host_tools())));
  }
  const ProvisionSession session = TRY(host_session(host, all));
  const Findings containerd = check_containerd(config, session.settings);
  append(all, containerd);
  append(all, check_network(session));
  append(all, doctor::check_leftovers(leftovers(host), containerd));
  const std::vector<std::string> folders = {config.state_directory, "/var/lib/containerd-dev"};
  append(all, doctor::check_loops(loop_devices(), folders, pool));
  std::vector<doctor::Place> places;
  places.reserve(folders.size());
  for (const auto& folder : folders) places.push_back({folder, sys::filesystem_space(folder)});
  append(all, doctor::check_space(places));
  return all;
}

data::Value to_value(const doctor::Finding& finding) {
  return data::Value::object({{"check", finding.check},
                              {"severity", doctor::to_string(finding.severity)},
                              {"message", finding.message},
                              {"breaks", finding.breaks},
                              {"fix", finding.fix}});
}

void print_table(Host& host, const output::Format& format, const Findings& findings) {
  output::Table table({{"CHECK"}, {"STATE"}, {"FOUND"}});
  for (const auto& finding : findings) {
    table.add({finding.check, std::string(doctor::to_string(finding.severity)), finding.message});
  }
  auto& out = host.streams().out;
  table.print(
      out, format.kind,
      host.options().no_headers ? output::Table::Titles::hide : output::Table::Titles::show);
  for (const auto& finding : findings) {
    if (finding.severity == Severity::ok) continue;
    out << fmt::format("\n{}\n  breaks: {}\n  fix:    {}\n", finding.check, finding.breaks,
                       finding.fix);
  }
}

Result<> print(Host& host, const output::Format& format, const Findings& findings) {
  if (format.is_table()) {
    print_table(host, format, findings);
    return {};
  }
  data::Array items;
  for (const auto& finding : findings) {
    if (format.kind == output::Kind::name) host.streams().out << finding.check << '\n';
    items.push_back(to_value(finding));
  }
  if (format.kind == output::Kind::name) return {};
  return output::print_value(host.streams().out, format, output::list_value(std::move(items)));
}

std::ptrdiff_t count(const Findings& findings, Severity severity) {
  return std::count_if(findings.begin(), findings.end(),
                       [&](const auto& finding) { return finding.severity == severity; });
}

}  // namespace

Result<int> doctor(Host& host, const DoctorOptions& options) {
  const auto format = TRY(host.format());
  const Findings findings = TRY(check_host(host, *TRY(host.config())));
  TRY(print(host, format, findings));
  const Severity gravest = doctor::worst(findings);
  if (gravest == Severity::error) {
    return Error(
        Code::host_not_ready,
        fmt::format("{} of {} checks failed", count(findings, Severity::error), findings.size()));
  }
  if (gravest == Severity::warning && options.strict) return exit_of_warnings;
  return 0;
}

void add_doctor(cli::Command& root, Host& host, int& status) {
  auto options = std::make_shared<DoctorOptions>();
  root.add("doctor", "Check this host: what is amiss, what that breaks, what mends it")
      .details(
          "Looks at kernel, KVM, hypervisors, cgroups, thin pool, containerd, network, leftovers "
          "of "
          "killed commands and disk space, and changes nothing but that it loads kernel modules. "
          "Exits 0 when VMs can run here, 6 when not, and under --strict 9 when something is "
          "less than well.")
      .example("flintctl doctor", "before the first VM, and when one does not start")
      .example("flintctl doctor --strict -o json", "for a monitor")
      .flag("--strict", options->strict, "Warnings are a failure, too: exit 9")
      .action([options, &host, &status]() -> Result<> {
        status = TRY(doctor(host, *options));
        return {};
      });
}

}  // namespace flintctl::cmd
