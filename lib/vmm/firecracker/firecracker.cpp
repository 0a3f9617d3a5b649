// SPDX-License-Identifier: Apache-2.0
#include "vmm/firecracker/firecracker.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sys/file.hpp"
#include "vmm/binary.hpp"
#include "vmm/firecracker/api.hpp"
#include "vmm/firecracker/calls.hpp"
#include "vmm/firecracker/fields.hpp"
#include "vmm/kvm.hpp"
#include "vmm/last_words.hpp"
#include "vmm/launch.hpp"
#include "vmm/rules.hpp"
#include "vmm/wait.hpp"

namespace flintctl::vmm::firecracker {
namespace {

constexpr unsigned most_vcpus = 32;
constexpr std::size_t most_devices = 16;  ///< of 17 on x86; the entropy device takes one
/// Firecracker counts 2048 bytes with a final zero and with what it appends: "pci=off root=/dev/vda
/// rw" and for each device, where ACPI does not carry it, "virtio_mmio.device=4K@0x…:5".
constexpr std::size_t cmdline_bytes = 2047;
constexpr std::size_t cmdline_reserve = 30;
constexpr std::size_t cmdline_per_device = 40;

std::string log_path(const Instance& instance) {
  return instance.console_log.substr(0, instance.console_log.rfind('/')) + "/firecracker.log";
}

bool older_than(const Probe& probe, int major, int minor) {
  return probe.major < major || (probe.major == major && probe.minor < minor);
}

class Firecracker final : public Provider {
 public:
  explicit Firecracker(Settings settings) : settings_(std::move(settings)) {}

  std::string_view name() const override { return "firecracker"; }
  KernelFormat kernel_format() const override { return KernelFormat::elf; }
  std::string_view console_device() const override { return "ttyS0"; }
  std::size_t cmdline_limit(const Machine& machine) const override {
    const std::size_t devices = machine.disks.size() + machine.nics.size() + 1;
    const std::size_t taken = cmdline_reserve + cmdline_per_device * devices;
    return cmdline_bytes - std::min(taken, cmdline_bytes);
  }

  vm::Cmdline default_cmdline(const Probe& probe, const Machine&) const override {
    // root= is Firecracker's to append. A panic ends the process through the reset. The keyboard
    // controller stays (Ctrl-Alt-Del asks the guest to shut down) but is not probed for long.
    vm::Cmdline cmdline = {{"console", "ttyS0"}, {"reboot", "k"},     {"panic", "1"},
                           {"quiet", ""},        {"i8042.noaux", ""}, {"i8042.nomux", ""},
                           {"i8042.dumbkbd", ""}};
    if (older_than(probe, 1, 13)) cmdline.push_back({"pci", "off"});  // later ones append it
    return cmdline;
  }

  Result<Probe> probe() const override;
  std::vector<Violation> validate(const Machine& machine, const Probe&) const override {
    return common_violations(machine, {.vcpus = most_vcpus,
                                       .devices = most_devices,
                                       .cmdline = cmdline_limit(machine),
                                       .bzimage = false,
                                       .id_length = 20});
  }
  LaunchPlan plan(const Machine& machine, const Probe& probe) const override;
  Result<> configure_and_boot(const Instance& instance, const LaunchPlan& plan,
                              std::chrono::milliseconds timeout) const override;
  Result<State> state(const Instance& instance, std::chrono::milliseconds timeout) const override;
  Result<> pause(const Instance& instance, std::chrono::milliseconds timeout) const override {
    return send(instance, vm_state_call("Paused"), timeout);
  }
  Result<> resume(const Instance& instance, std::chrono::milliseconds timeout) const override {
    return send(instance, vm_state_call("Resumed"), timeout);
  }
  Result<> request_shutdown(const Instance& instance,
                            std::chrono::milliseconds timeout) const override {
    return send(instance, action_call("SendCtrlAltDel"), timeout);
  }
  ExitEvidence exit_evidence(const Instance& instance, std::uint64_t console_offset) const override;

 private:
  static Result<> send(const Instance& instance, const ApiCall& call,
                       std::chrono::milliseconds timeout) {
    auto api = TRY(Api::open(control_socket(instance), timeout));
    return api.send(call);
  }

  Settings settings_;
};

Result<Probe> Firecracker::probe() const {
  auto found = TRY(
      find_binary({.provider = "firecracker",
                   .name = settings_.binary.empty() ? "firecracker" : settings_.binary,
                   .package = "install a release from github.com/firecracker-microvm/firecracker",
                   .marker = "Firecracker v",
                   .fact_folder = settings_.fact_folder}));
  if (older_than(found, 1, 4)) {
    return Error(Code::host_not_ready, fmt::format("{} is version {}, flintctl needs 1.4 or later",
                                                   found.binary, found.version))
        .with_hint("install a newer release");
  }
  if (settings_.accel == "tcg") {
    return Error(Code::invalid_argument,
                 "accel = \"tcg\" in [providers.firecracker]: it has KVM only")
        .with_hint("remove accel, or use --provider qemu");
  }
  // accel = "kvm" is the operator's word that guests made for this host run, whatever the check
  // says.
  if (settings_.accel != "kvm") TRY(check_kvm());
  return found;
}

LaunchPlan Firecracker::plan(const Machine& machine, const Probe& probe) const {
  const auto& instance = machine.instance;
  LaunchPlan plan;
  plan.argv = {probe.binary, "--api-sock",  control_socket(instance), "--id",
               instance.uid, "--log-path",  log_path(instance),       "--level",
               "Info",       "--show-level"};
  plan.argv.insert(plan.argv.end(), settings_.extra_args.begin(), settings_.extra_args.end());
  plan.argv.insert(plan.argv.end(), machine.extra_args.begin(), machine.extra_args.end());
  plan.run_directory = instance.run_directory;
  plan.output = instance.console_log;
  plan.errors = hypervisor_log(instance);
  // Before 1.14 the log file must exist. Later ones write from its start without emptying it.
  plan.files = {{hypervisor_log(instance), PlannedFile::Content::fresh, PlannedFile::last_words},
                {log_path(instance), PlannedFile::Content::fresh, PlannedFile::last_words},
                {instance.console_log, PlannedFile::Content::kept}};
  plan.stale = {control_socket(instance)};
  plan.control_socket = control_socket(instance);
  plan.calls = boot_calls(machine);
  return plan;
}

Result<> Firecracker::configure_and_boot(const Instance& instance, const LaunchPlan& plan,
                                         std::chrono::milliseconds timeout) const {
  const Deadline deadline(timeout);
  TRY(check_calls(plan.calls));
  TRY(await_control_socket(instance, name(), deadline));
  auto api = TRY(Api::open(plan.control_socket, deadline.left()));
  for (const auto& call : plan.calls) {
    auto sent = api.send(call);
    if (!sent) return explain_failure(instance, name(), std::move(sent).error());
  }
  return {};
}

Result<State> Firecracker::state(const Instance& instance,
                                 std::chrono::milliseconds timeout) const {
  if (!TRY(alive(instance.uid))) {
    return sys::exists(instance.run_directory) ? State::stopped : State::absent;
  }
  if (!sys::exists(control_socket(instance))) return State::starting;
  auto api = TRY(Api::open(control_socket(instance), timeout));
  const auto answer = api.get("/");
  if (!answer) return State::unknown;
  const std::string state = answer->string_or("state");
  if (state == "Running") return State::running;
  if (state == "Paused") return State::paused;
  return state == "Not started" ? State::starting : State::unknown;
}

ExitEvidence Firecracker::exit_evidence(const Instance& instance,
                                        std::uint64_t console_offset) const {
  const auto log = tail_lines(log_path(instance), 20);
  const auto says = [&](std::string_view words) {
    return std::any_of(log.begin(), log.end(), [&](const std::string& line) {
      return line.find(words) != std::string::npos;
    });
  };
  auto reason = ExitReason::unknown;
  // Firecracker ends in the same way for every reset of the guest: reboot, Ctrl-Alt-Del, panic.
  if (says("exiting successfully")) reason = ExitReason::guest_reset;
  if (says("exiting with error") || says("Shutting down VM after intercepting")) {
    reason = ExitReason::hypervisor_error;
  }
  auto evidence = judge_exit(instance, console_offset, reason);
  if (evidence.reason == ExitReason::hypervisor_error && !log.empty()) {
    evidence.message = "the hypervisor failed: " + log.back();
    if (evidence.last_lines.empty()) evidence.last_lines = log;
  }
  return evidence;
}

}  // namespace

std::unique_ptr<Provider> open(Settings settings) {
  return std::make_unique<Firecracker>(std::move(settings));
}

}  // namespace flintctl::vmm::firecracker
