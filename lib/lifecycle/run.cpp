// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/run.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "inventory/owner.hpp"
#include "inventory/runtime.hpp"
#include "lifecycle/boot_wait.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/interrupt.hpp"
#include "sys/process.hpp"
#include "vm/cmdline.hpp"

namespace flintctl::lifecycle {
namespace {

using Clock = std::chrono::steady_clock;

std::chrono::milliseconds left_until(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  return std::max(left, std::chrono::milliseconds(0));
}

/// The root's device node, there and as large as it must be: after a reboot containerd activates a
/// device again at its base size, and a guest whose disk shrank loses data.
Result<std::string> root_device(const Context& context, const vm::Record& record) {
  for (const auto& volume : record.volumes) {
    if (volume.name != "root") continue;
    auto found = context.client.snapshot_mounts(volume.snapshotter, volume.key);
    if (!found && found.error().code() == Code::not_found) {
      return std::move(found)
          .error()
          .context("the root volume is gone: something else than flintctl has removed it")
          .with_code(Code::data_loss)
          .with_hint(fmt::format("nothing brings it back: flintctl vm delete {}", record.name));
    }
    const auto mounts = TRY(std::move(found));
    if (mounts.empty())
      return Error(Code::internal, "containerd names no device for the root volume");
    const auto& device = mounts.front().source;
    const auto size = context.parts.device_size(device);
    if (!size) {
      return Error(size.error())
          .context(fmt::format("the root volume's device {} is not there", device))
          .with_code(Code::host_not_ready)
          .with_hint(
              "a restart of containerd activates its devices: 'flintctl containerd restart'");
    }
    if (*size < volume.size) {
      return Error(Code::host_not_ready,
                   fmt::format("{} has {} bytes, the VM needs {}", device, *size, volume.size))
          .with_hint("raise base_image_size in containerd's configuration and restart it");
    }
    return device;
  }
  return Error(Code::data_loss, "the record names no root volume");
}

Result<> make_taps(const Context& context, const vm::Record& record) {
  for (const auto& interface : record.interfaces) {
    TRY(context.parts.create_tap(interface.host_device, interface.bridge));
  }
  return {};
}

/// Where this run's console output will begin. A log that fills half of its space makes room first,
/// for what matters is what the coming run says.
Result<std::uint64_t> console_start(const Context& context, const std::string& uid) {
  const auto path = context.paths.console_log(uid);
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::uint64_t{0};
  if (static_cast<std::uint64_t>(status.st_size) <= log_space / 2) {
    return static_cast<std::uint64_t>(status.st_size);
  }
  if (::truncate(path.c_str(), 0) != 0) return sys::last_error(fmt::format("emptying {}", path));
  return std::uint64_t{0};
}

Result<vmm::Machine> ready_machine(const Context& context, const Run& run) {
  const auto& uid = run.record.uid;
  const auto device = TRY(root_device(context, run.record));
  TRY(inventory::claim_directory(context.paths, context.client, uid));
  TRY(sys::make_directories(context.paths.run, 0755));
  TRY(sys::make_directories(context.paths.run_directory(uid), 0700));
  TRY(context.parts.mount_logs(context.paths.log_directory(uid), log_space));
  TRY(make_taps(context, run.record));
  auto machine = machine_of(context, run, device);
  TRY(vmm::refuse(run.provider.validate(machine, run.probe), run.provider.name()));
  return machine;
}

Result<inventory::Runtime> record_start(const Context& context, const Run& run,
                                        const vmm::Machine& machine) {
  inventory::Runtime runtime;
  runtime.boot_id = TRY(sys::boot_id());
  runtime.started_at = std::chrono::system_clock::now();
  runtime.console_offset = TRY(console_start(context, run.record.uid));
  runtime.cmdline = machine.cmdline;
  runtime.provider_version = run.probe.version;
  runtime.accelerator = vmm::to_string(run.probe.accelerator);
  runtime.note = run.probe.note;
  TRY(inventory::clear_exit(context.paths, run.record.uid));
  TRY(inventory::write_runtime(context.paths, run.record.uid, runtime));
  return runtime;
}

std::string quoted(const std::vector<std::string>& lines) {
  if (lines.empty()) return "; its console is empty";
  return fmt::format("; the last lines:\n    {}", fmt::join(lines, "\n    "));
}

/// From the kernel's "Power down" to the end of a healthy hypervisor is far less.
constexpr int power_off_time = 5000;  // ms

bool ends_within(int exit_fd, int milliseconds) {
  pollfd ended = {exit_fd, POLLIN, 0};
  return ::poll(&ended, 1, milliseconds) > 0;
}

Error halted_error(const BootReport& report) {
  return {Code::unknown, fmt::format("no userspace was seen: the guest halted: {}{}", report.line,
                                     quoted(report.last_lines))};
}

Error ended_error(const vmm::ExitEvidence& evidence, const BootReport& report) {
  const auto& lines = report.last_lines.empty() ? evidence.last_lines : report.last_lines;
  const auto why = evidence.message.empty() ? std::string("the guest ended") : evidence.message;
  return {Code::unknown, fmt::format("no userspace was seen: {}{}", why, quoted(lines))};
}

/// A guest that fills its log before it is up can never be seen to be up.
bool log_is_full(const std::string& directory) {
  const auto space = sys::filesystem_space(directory);
  return space.has_value() && space->available == 0;
}

Error silent_error(const Context& context, const Run& run, const BootReport& report) {
  const auto& uid = run.record.uid;
  return Error(Code::deadline_exceeded,
               fmt::format("no userspace was seen within {} s on {}{}{}",
                           std::chrono::duration<double>(run.wait.timeout).count(),
                           context.paths.console_log(uid),
                           log_is_full(context.paths.log_directory(uid)) ? ", which is full" : "",
                           quoted(report.last_lines)))
      .with_hint("--timeout gives it longer, --boot-marker REGEX names what it prints");
}

Result<> wait_booted(const Context& context, const Run& run, inventory::Runtime& runtime,
                     Clock::time_point deadline) {
  const auto instance = inventory::instance_of(context.paths, run.record.uid);
  const auto pid = static_cast<pid_t>(runtime.pid);
  const UniqueFd exit = TRY(context.parts.exit_descriptor(run.record.uid, pid));
  const auto report = TRY(watch_boot({instance.console_log, runtime.console_offset,
                                      run.wait.boot_marker, exit.get(), left_until(deadline)}));
  switch (report.outcome) {
    case BootOutcome::booted:
      runtime.booted_at = std::chrono::system_clock::now();
      return inventory::write_runtime(context.paths, run.record.uid, runtime);
    case BootOutcome::panicked:
      return Error(Code::unknown, fmt::format("the guest's kernel panicked: {}{}", report.line,
                                              quoted(report.last_lines)));
    case BootOutcome::powered_off:
      // The kernel's last words come a moment before the hypervisor's end; one that halts never
      // ends.
      if (!ends_within(exit.get(), power_off_time)) return halted_error(report);
      [[fallthrough]];
    case BootOutcome::exited:
      return ended_error(run.provider.exit_evidence(instance, runtime.console_offset), report);
    case BootOutcome::timed_out:
      break;
  }
  return silent_error(context, run, report);
}

/// configure_and_boot() saw its CPUs run: asking again would only cost the time.
Result<> check_running(const Context& context, const Run& run, const inventory::Runtime& runtime) {
  const auto instance = inventory::instance_of(context.paths, run.record.uid);
  if (TRY(context.parts.alive(run.record.uid))) return {};
  const auto evidence = run.provider.exit_evidence(instance, runtime.console_offset);
  return Error(Code::unknown, fmt::format("the VM ended at once: {}{}", evidence.message,
                                          quoted(evidence.last_lines)));
}

vm::Cmdline base_cmdline(const Run& run, const vmm::Machine& machine) {
  auto base = run.provider.default_cmdline(run.probe, machine);
  // Known to the kernel since 6.0 (kernel-parameters.txt); older ones hand it to init.
  base.push_back({"hostname", run.record.name});
  return base;
}

}  // namespace

vmm::Machine machine_of(const PlanContext& context, const Run& run,
                        const std::string& root_device) {
  const auto& record = run.record;
  vmm::Machine machine;
  machine.instance = inventory::instance_of(context.paths, record.uid);
  machine.name = record.name;
  machine.vcpus = record.spec.vcpus;
  machine.memory_bytes = record.spec.memory;
  machine.kernel = record.kernel.path;
  machine.initrd = record.initrd.path;
  machine.disks.push_back({"root", root_device, record.spec.root.read_only});
  for (const auto& interface : record.interfaces) {
    machine.nics.push_back({interface.name, interface.host_device, interface.mac});
  }
  machine.extra_args = record.spec.provider_args;
  machine.cmdline =
      vm::format_cmdline(vm::merge_cmdline(base_cmdline(run, machine), record.spec.cmdline));
  return machine;
}

Result<> bring_up(const Context& context, const Run& run) {
  const auto deadline = Clock::now() + run.wait.timeout;
  const auto machine = TRY(ready_machine(context, run));
  const auto plan = run.provider.plan(machine, run.probe);
  auto runtime = TRY(record_start(context, run, machine));
  TRY(sys::check_interrupt());
  say(context, fmt::format("starting {} {} ({})", run.provider.name(), run.probe.version,
                           vmm::to_string(run.probe.accelerator)));
  const auto pid = TRY(context.parts.launch(machine.instance, plan));
  runtime.pid = pid;
  runtime.pid_start_time = sys::start_time(pid).value_or(0);
  TRY(inventory::write_runtime(context.paths, run.record.uid, runtime));
  TRY(run.provider.configure_and_boot(machine.instance, plan, left_until(deadline)));
  TRY(sys::check_interrupt());
  if (run.wait.until == WaitFor::none) return {};
  if (run.wait.until == WaitFor::running) return check_running(context, run, runtime);
  say(context, "waiting for the guest's userspace");
  return wait_booted(context, run, runtime, deadline);
}

Result<> await_running(const Context& context, const Run& run) {
  if (run.wait.until != WaitFor::booted) return {};
  const auto deadline = Clock::now() + run.wait.timeout;
  auto runtime = TRY(inventory::read_runtime(context.paths, run.record.uid));
  if (runtime.booted_at) return {};
  say(context, "waiting for the guest's userspace");
  return wait_booted(context, run, runtime, deadline);
}

Result<> stop_run(const Context& context, const std::string& uid) {
  TRY(context.parts.kill(uid));
  for (const auto& tap : taps_of(uid, TRY(context.parts.taps()))) {
    TRY(context.parts.remove_tap(tap));
  }
  return context.parts.remove_directory(context.paths.run_directory(uid));
}

}  // namespace flintctl::lifecycle
