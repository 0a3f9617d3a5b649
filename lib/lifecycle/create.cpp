// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/create.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/rollback.hpp"
#include "inventory/lock.hpp"
#include "inventory/owner.hpp"
#include "inventory/records.hpp"
#include "inventory/runtime.hpp"
#include "lifecycle/boot_scanner.hpp"
#include "lifecycle/remove.hpp"
#include "network/driver.hpp"
#include "sys/file.hpp"
#include "sys/host.hpp"
#include "sys/interrupt.hpp"
#include "vm/name.hpp"

namespace flintctl::lifecycle {
namespace {

using namespace std::chrono_literals;

Result<> check_supported(const vm::Spec& spec) {
  if (!spec.volumes.empty()) {
    return Error(Code::unimplemented, "further volumes are not supported yet");
  }
  if (spec.root.size != 0) {
    return Error(Code::unimplemented, "a size of the root volume is not supported yet")
        .with_hint("base_image_size in containerd's configuration sets it for all");
  }
  if (spec.interfaces.size() > most_interfaces) {
    return Error(Code::invalid_argument,
                 fmt::format("a VM can have at most {} interfaces", most_interfaces));
  }
  for (const auto& interface : spec.interfaces) {
    if (interface.type != vm::InterfaceType::tap) {
      return Error(Code::unimplemented, "macvtap interfaces are not supported yet");
    }
  }
  return {};
}

Result<> check_bridges(const PlanContext& context, const vm::Spec& spec) {
  for (const auto& interface : spec.interfaces) {
    if (!interface.bridge.empty()) TRY(context.parts.check_bridge(interface.bridge));
  }
  return {};
}

std::vector<vm::InterfaceRecord> interface_records(const vm::Record& record) {
  std::vector<vm::InterfaceRecord> interfaces;
  unsigned index = 0;
  for (const auto& wanted : record.spec.interfaces) {
    auto mac = wanted.mac.empty() ? vm::derived_mac(record.uid, index) : wanted.mac;
    interfaces.push_back(
        {wanted.name, network::tap_name(record.uid, index), std::move(mac), wanted.bridge});
    ++index;
  }
  return interfaces;
}

/// The rules that need nothing made: those on paths, devices and taps wait until these are there.
Result<> check_limits(const PlanContext& context, const CreatePlan& plan) {
  const std::set<std::string> early{"spec.vcpus", "spec.memory",       "spec.kernel.cmdline",
                                    "spec",       "spec.providerArgs", "metadata"};
  const Run run{plan.record, *plan.provider, plan.probe, {}};
  auto violations = plan.provider->validate(machine_of(context, run, "/dev/null"), plan.probe);
  violations.erase(std::remove_if(violations.begin(), violations.end(),
                                  [&](const vmm::Violation& violation) {
                                    return early.count(violation.field) == 0;
                                  }),
                   violations.end());
  return vmm::refuse(violations, plan.provider->name());
}

Result<vmm::Chosen> find_provider(const PlanContext& context, const std::string& name) {
  if (name.empty()) return context.parts.choose_provider();
  vmm::Chosen chosen;
  chosen.provider = TRY(context.parts.provider(name));
  chosen.probe = TRY(chosen.provider->probe());
  return chosen;
}

/// The program that the command line makes the first one; empty for the kernel's own choice.
std::string init_of(const vm::Cmdline& cmdline) {
  std::string init;
  for (const auto& entry : cmdline) {
    if (entry.key == "init" && entry.value) init = *entry.value;
  }
  return init;
}

Result<> refuse_taken(inventory::Records& records, const Target& target) {
  for (const auto& summary : TRY(records.named(target.name_space, target.name))) {
    if (summary.stage == vm::Stage::creating) continue;
    const auto name = vm::display_name(target.name_space, target.name);
    if (summary.stage == vm::Stage::deleting) {
      return Error(Code::already_exists, fmt::format("VM '{}' is being deleted", name))
          .with_hint(fmt::format("finish it with '{}'",
                                 vm::vm_command("delete", target.name_space, target.name)));
    }
    return Error(Code::already_exists, fmt::format("VM '{}' exists already", name))
        .with_hint(fmt::format("'{}' removes it",
                               vm::vm_command("delete", target.name_space, target.name)));
  }
  return {};
}

/// The lock is ours, so whoever began these is gone.
Result<> clean_unfinished(const Context& context, inventory::Records& records,
                          const Target& target) {
  std::set<std::string> uids;
  for (const auto& summary : TRY(records.named(target.name_space, target.name))) {
    uids.insert(summary.uid);
  }
  for (const auto& lease : TRY(records.leases())) {
    if (lease.name == target.name && lease.name_space == target.name_space) uids.insert(lease.uid);
  }
  for (const auto& uid : uids) {
    say(context, "removing what an interrupted create left");
    TRY(remove_parts(context, uid).context("removing an interrupted create"));
  }
  return {};
}

Result<> make_root(const Context& context, containerd::Client& leased, const LocalImage& image,
                   vm::Record& record) {
  vm::VolumeRecord root;
  root.name = "root";
  root.snapshotter = context.snapshotter;
  root.key = inventory::snapshot_key(record.name_space, record.name, record.uid, root.name);
  root.image_digest = image.digest;
  root.read_only = record.spec.root.read_only;
  const auto mounts =
      TRY(leased.snapshot_prepare(context.snapshotter, root.key, image.chain_id, {}));
  if (mounts.empty()) {
    return Error(Code::internal, "containerd names no device for the root volume");
  }
  root.size = TRY(context.parts.device_size(mounts.front().source));
  TRY(context.parts.check_init(mounts, image.chain_id, init_of(record.spec.cmdline)));
  record.volumes.push_back(std::move(root));
  return {};
}

/// The image, held by the VM's lease so that its removal leaves the VM whole.
Result<LocalImage> hold_image(const Context& context, const vm::Record& record) {
  auto image = TRY(context.parts.ensure_image(record.spec.root.image));
  const auto lease = inventory::lease_id(record.uid);
  TRY(context.client.lease_add(lease, {image.chain_id, "snapshots/" + context.snapshotter}));
  TRY(context.client.lease_add(lease, {image.digest, "content"}));
  return image;
}

/// Image, kernel, initrd and root volume, and the first record that names them.
Result<vm::Summary> make_disks(const Context& context, const vmm::Provider& provider,
                               vm::Record& record) {
  const auto lease = inventory::lease_id(record.uid);
  TRY(context.parts.ensure_images(record.spec, provider.kernel_format()));
  TRY(sys::check_interrupt());
  const auto image = TRY(hold_image(context, record));
  record.image_digest = image.digest;
  TRY(sys::check_interrupt());
  const auto files = TRY(context.parts.boot_files(record.spec, provider.kernel_format(), lease));
  record.kernel = files.kernel;
  record.initrd = files.initrd;
  TRY(sys::check_interrupt());
  const auto leased = context.client.with_lease(lease);
  TRY(make_root(context, *leased, image, record).context("making the root volume"));
  return inventory::Records(context.client).write(record, vm::Stage::creating);
}

/// The log that a hint below names goes with the VM.
Error with_keep_hint(const Context& context, const vm::Record& record, Error error) {
  const auto runtime = inventory::read_runtime(context.paths, record.uid);
  // One that never ran leaves nothing to look at.
  if (!runtime || runtime->pid == 0 || error.code() == Code::cancelled) return error;
  // A guest that never spoke leaves the reason to its hypervisor.
  const auto console = sys::read_file(context.paths.console_log(record.uid), log_space);
  const char* const verb = console && console->empty() ? "logs --hypervisor" : "logs";
  std::string hint = fmt::format("--keep leaves it to be looked at with '{}'",
                                 vm::vm_command(verb, record.name_space, record.name));
  if (error.code() == Code::deadline_exceeded) {
    hint += "; --timeout gives it longer, --boot-marker REGEX names what it prints";
  }
  return std::move(error).with_hint(std::move(hint));
}

/// Starts it; what did not come up stays only if that was asked for.
Result<> start_first_time(const Context& context, const CreateOptions& options,
                          const CreatePlan& plan) {
  auto up = bring_up(context, {plan.record, *plan.provider, plan.probe, options.wait});
  if (up || options.on_failure == CreateOptions::OnFailure::keep) return up;
  return with_keep_hint(context, plan.record, std::move(up).error());
}

Result<> create_under_lock(const Context& context, const CreateOptions& options, CreatePlan& plan) {
  inventory::Records records(context.client);
  auto& record = plan.record;
  TRY(refuse_taken(records, options.target));
  TRY(clean_unfinished(context, records, options.target));
  Rollback undo([&] {
    if (auto removed = remove_parts(context, record.uid); !removed) {
      say(context,
          fmt::format("something is left ({}); 'flintctl gc' removes it", removed.error().text()));
    }
  });
  TRY(records.begin(record).context("recording the intent"));
  TRY(inventory::claim_directory(context.paths, context.client, record.uid));
  const auto summary = TRY(make_disks(context, *plan.provider, record));
  TRY(sys::check_interrupt());
  if (options.start == CreateOptions::Start::now) {
    auto up = start_first_time(context, options, plan);
    if (!up && options.on_failure == CreateOptions::OnFailure::keep) {
      TRY(records.set_stage(summary, vm::Stage::created));
      undo.commit();
    }
    TRY(std::move(up));
  }
  TRY(records.set_stage(summary, vm::Stage::created));
  undo.commit();
  return {};
}

/// Whatever a step made of the interrupt, the command was interrupted.
Error interrupted_or(Error error) {
  return sys::interrupted() ? std::move(error).with_code(Code::cancelled) : std::move(error);
}

}  // namespace

Result<> check_options(const CreateOptions& options) {
  TRY(vm::check_name("VM name", options.target.name));
  TRY(vm::check_name("namespace", options.target.name_space));
  TRY(vm::check_labels(options.labels));
  TRY(vm::validate(options.spec));
  TRY(check_supported(options.spec));
  TRY(BootScanner::create(options.wait.boot_marker));
  return {};
}

Result<CreatePlan> plan_create(const PlanContext& context, const CreateOptions& options) {
  TRY(check_options(options));
  auto chosen = TRY(find_provider(context, options.spec.provider));
  TRY(check_bridges(context, options.spec));
  CreatePlan plan{{}, std::move(chosen.provider), std::move(chosen.probe)};
  auto& record = plan.record;
  record.uid = sys::random_hex(vm::uid_length / 2);
  record.name = options.target.name;
  record.name_space = options.target.name_space;
  record.labels = options.labels;
  record.created_at = std::chrono::system_clock::now();
  record.spec = options.spec;
  record.spec.provider = plan.provider->name();
  record.interfaces = interface_records(record);
  TRY(check_limits(context, plan));
  return plan;
}

std::vector<std::string> describe(const PlanContext& context, const CreatePlan& plan) {
  const auto& record = plan.record;
  const auto& spec = record.spec;
  const auto file = [](const vm::FileSource& source) {
    return source.path.empty() ? fmt::format("from image {}", source.image) : source.path;
  };
  std::vector<std::string> steps;
  steps.push_back(fmt::format("would create lease {}", inventory::lease_id(record.uid)));
  steps.push_back(
      fmt::format("would use image {} (pulled only if it is not local)", spec.root.image));
  steps.push_back(fmt::format("would use kernel {}", file(spec.kernel)));
  if (!spec.initrd.empty()) steps.push_back(fmt::format("would use initrd {}", file(spec.initrd)));
  const auto key = inventory::snapshot_key(record.name_space, record.name, record.uid, "root");
  steps.push_back(fmt::format("would create root volume {} in {}", key, context.snapshotter));
  for (const auto& interface : record.interfaces) {
    steps.push_back(fmt::format("would create tap {} in {}", interface.host_device,
                                interface.bridge.empty() ? "no bridge" : interface.bridge));
  }
  const Run run{record, *plan.provider, plan.probe, {}};
  auto machine = machine_of(context, run, "ROOT-DEVICE");
  if (machine.kernel.empty())
    machine.kernel = spec.kernel.path.empty() ? "KERNEL" : spec.kernel.path;
  steps.push_back(
      fmt::format("would start {}", fmt::join(plan.provider->plan(machine, plan.probe).argv, " ")));
  return steps;
}

Result<vm::Record> create_vm(const Context& context, const CreateOptions& options) {
  const auto what = fmt::format("creating VM '{}'",
                                vm::display_name(options.target.name_space, options.target.name));
  auto planned = plan_create(context, options);
  if (!planned) return interrupted_or(std::move(planned).error()).context(what);
  auto plan = *std::move(planned);
  const auto lock = TRY(inventory::lock_name(context.paths, context.client,
                                             options.target.name_space, options.target.name, 0ms));
  auto created = create_under_lock(context, options, plan);
  if (!created) return interrupted_or(std::move(created).error()).context(what);
  return std::move(plan.record);
}

}  // namespace flintctl::lifecycle
