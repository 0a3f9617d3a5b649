// SPDX-License-Identifier: Apache-2.0
#include "vmm/qemu/qemu.hpp"

#include <fmt/format.h>
#include <poll.h>

#include "sys/file.hpp"
#include "vmm/binary.hpp"
#include "vmm/clock.hpp"
#include "vmm/kvm.hpp"
#include "vmm/last_words.hpp"
#include "vmm/launch.hpp"
#include "vmm/qemu/argv.hpp"
#include "vmm/qemu/qmp.hpp"
#include "vmm/qemu/trace.hpp"
#include "vmm/rules.hpp"
#include "vmm/wait.hpp"

namespace flintctl::vmm::qemu {
namespace {

/// microvm has 24 virtio slots; requests on slot 0 never complete, and the rng takes one.
constexpr Limits limits = {
    .vcpus = 288, .devices = 22, .cmdline = 2047, .bzimage = true, .id_length = 20};

State state_of(const std::string& status) {
  if (status == "running") return State::running;
  if (status == "paused" || status == "suspended") return State::paused;
  if (status == "prelaunch" || status == "inmigrate") return State::starting;
  if (status == "shutdown" || status == "postmigrate") return State::stopped;
  if (status == "internal-error" || status == "io-error" || status == "guest-panicked") {
    return State::failed;
  }
  return State::unknown;
}

Result<> await_running(UniqueFd socket, const Deadline& deadline) {
  auto qmp = TRY(Qmp::negotiate(std::move(socket), deadline));
  for (auto pause = std::chrono::milliseconds(2);; pause = std::min(pause * 2, deadline.left())) {
    const auto status = TRY(qmp.execute("query-status", deadline)).string_or("status");
    if (status == "running" || status == "paused") return {};
    if (status != "prelaunch" || deadline.left().count() == 0) {
      return Error(Code::unknown, fmt::format("QEMU is '{}' instead of running", status));
    }
    // No event tells the end of prelaunch.
    (void)::poll(nullptr, 0, static_cast<int>(pause.count()));
  }
}

class Qemu final : public Provider {
 public:
  explicit Qemu(Settings settings) : settings_(std::move(settings)) {}

  std::string_view name() const override { return "qemu"; }
  KernelFormat kernel_format() const override { return KernelFormat::elf_or_bzimage; }
  std::string_view console_device() const override { return "ttyS0"; }
  std::size_t cmdline_limit(const Machine&) const override { return limits.cmdline; }

  vm::Cmdline default_cmdline(const Probe& probe, const Machine& machine) const override {
    const bool read_only = !machine.disks.empty() && machine.disks.front().read_only;
    vm::Cmdline cmdline = {
        {"console", "ttyS0"}, {"root", "/dev/vda"}, {read_only ? "ro" : "rw", ""},
        {"reboot", "t"},  // a triple fault: microvm has no keyboard controller
        {"panic", "10"},  // a reboot brings the guest back, but not in a tight loop
        {"quiet", ""}};
    if (probe.accelerator == Accelerator::tcg) {
      // microvm has no timer to calibrate the TSC with, and under emulation no kvm-clock tells its
      // frequency: a stock kernel would hang there. Emulated guests read the host's counter as it
      // is.
      cmdline.push_back({"no_timer_check", ""});
      if (probe.tsc_khz != 0) cmdline.push_back({"tsc_early_khz", std::to_string(probe.tsc_khz)});
    }
    return cmdline;
  }

  Result<Probe> probe() const override;
  std::vector<Violation> validate(const Machine& machine, const Probe&) const override {
    return common_violations(machine, limits);
  }
  LaunchPlan plan(const Machine& machine, const Probe& probe) const override;
  Result<> configure_and_boot(const Instance& instance, const LaunchPlan& plan,
                              std::chrono::milliseconds timeout) const override;
  Result<State> state(const Instance& instance, std::chrono::milliseconds timeout) const override;
  Result<> pause(const Instance& instance, std::chrono::milliseconds timeout) const override {
    return command(instance, "stop", timeout);
  }
  Result<> resume(const Instance& instance, std::chrono::milliseconds timeout) const override {
    return command(instance, "cont", timeout);
  }
  Result<> request_shutdown(const Instance& instance,
                            std::chrono::milliseconds timeout) const override {
    return command(instance, "system_powerdown", timeout);
  }
  ExitEvidence exit_evidence(const Instance& instance, std::uint64_t console_offset) const override;

 private:
  Result<> choose_accelerator(Probe& probe) const;
  static Result<> command(const Instance& instance, std::string_view name,
                          std::chrono::milliseconds timeout) {
    const Deadline deadline(timeout);
    auto qmp = TRY(Qmp::open(control_socket(instance), deadline));
    TRY(qmp.execute(name, deadline));
    return {};
  }

  Settings settings_;
};

Result<Probe> Qemu::probe() const {
  auto found =
      TRY(find_binary({.provider = "qemu",
                       .name = settings_.binary.empty() ? "qemu-system-x86_64" : settings_.binary,
                       .package = "install it (Debian: apt install qemu-system-x86)",
                       .marker = "emulator version ",
                       .fact_folder = settings_.fact_folder}));
  TRY(choose_accelerator(found));
  return found;
}

Result<> Qemu::choose_accelerator(Probe& probe) const {
  const auto& wish = settings_.accel;
  if (!wish.empty() && wish != "kvm" && wish != "tcg") {
    return Error(Code::invalid_argument,
                 fmt::format("accel = \"{}\" in [providers.qemu] is neither kvm nor tcg", wish));
  }
  auto kvm = wish == "tcg" ? Result<>() : check_kvm();
  if (wish == "kvm" && !kvm) return kvm;
  if (wish != "tcg" && kvm) return {};
  probe.accelerator = Accelerator::tcg;
  probe.tsc_khz = measure_tsc_khz();
  probe.note = wish == "tcg"
                   ? "emulated (TCG), as [providers.qemu] accel asks: far slower than KVM"
                   : fmt::format("emulated (TCG), far slower than KVM: {}", kvm.error().message());
  return {};
}

LaunchPlan Qemu::plan(const Machine& machine, const Probe& probe) const {
  const auto& instance = machine.instance;
  LaunchPlan plan;
  plan.argv = build_argv(machine, probe, settings_);
  plan.run_directory = instance.run_directory;
  plan.output = hypervisor_log(instance);
  plan.errors = hypervisor_log(instance);
  plan.files = {{hypervisor_log(instance), PlannedFile::Content::fresh, PlannedFile::last_words},
                {trace_log(instance), PlannedFile::Content::fresh},
                {instance.console_log, PlannedFile::Content::kept}};
  plan.stale = {control_socket(instance), console_socket(instance)};
  plan.control_socket = control_socket(instance);
  return plan;
}

Result<> Qemu::configure_and_boot(const Instance& instance, const LaunchPlan&,
                                  std::chrono::milliseconds timeout) const {
  const Deadline deadline(timeout);
  auto socket = TRY(await_control_socket(instance, name(), deadline));
  // QEMU opens the socket before disks and taps: it may still end over those.
  auto running = await_running(std::move(socket), deadline);
  if (!running) return explain_failure(instance, name(), std::move(running).error());
  return {};
}

Result<State> Qemu::state(const Instance& instance, std::chrono::milliseconds timeout) const {
  if (!TRY(alive(instance.uid))) {
    return sys::exists(instance.run_directory) ? State::stopped : State::absent;
  }
  const Deadline deadline(timeout);
  auto qmp = Qmp::open(control_socket(instance), deadline);
  if (!qmp) {
    return sys::exists(control_socket(instance)) ? State::unknown : State::starting;
  }
  const auto status = qmp->execute("query-status", deadline);
  return status ? state_of(status->string_or("status")) : State::unknown;
}

ExitEvidence Qemu::exit_evidence(const Instance& instance, std::uint64_t console_offset) const {
  const auto text = sys::read_tail(trace_log(instance), 65536);
  const auto end = text ? parse_trace(*text) : TraceEnd();
  auto reason = end.reason;
  for (const auto& line : tail_lines(hypervisor_log(instance), 5)) {
    if (line.find("terminating on signal") != std::string::npos) reason = ExitReason::killed;
  }
  auto evidence = judge_exit(instance, console_offset, reason);
  // One that ran is not gone without a trace unless it was killed; one that never ran may have
  // ended by itself, as QEMU does over an argument like -version.
  if (evidence.reason == ExitReason::killed && reason == ExitReason::unknown &&
      end.run_state.empty()) {
    evidence.reason = ExitReason::unknown;
    evidence.message = "the hypervisor ended before it ran the guest, and left no reason";
  }
  return evidence;
}

}  // namespace

std::unique_ptr<Provider> open(Settings settings) {
  return std::make_unique<Qemu>(std::move(settings));
}

}  // namespace flintctl::vmm::qemu
