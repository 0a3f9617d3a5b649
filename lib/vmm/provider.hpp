// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "vm/cmdline.hpp"
#include "vmm/machine.hpp"
#include "vmm/plan.hpp"

namespace flintctl::vmm {

/// `[providers.NAME]` of the configuration.
struct Settings {
  std::string binary;                   ///< name or path; empty: the provider's default
  std::string accel;                    ///< "kvm", "tcg" or empty for whichever works
  std::vector<std::string> extra_args;  ///< appended to its command line
  std::string fact_folder = {};         ///< for sys::FactCache: remembers the binary's version
};

enum class KernelFormat { elf, elf_or_bzimage };
enum class Accelerator { kvm, tcg };
std::string_view to_string(Accelerator accelerator);

/// A hypervisor found on this host, and how it would run guests.
struct Probe {
  std::string binary;  ///< absolute path
  int major = 0, minor = 0, patch = 0;
  std::string version;  ///< as it prints it: "1.16.1", "7.2.22"
  Accelerator accelerator = Accelerator::kvm;
  /// Frequency of the host's time-stamp counter, measured where guests are emulated (they read it
  /// and cannot calibrate it); else 0.
  std::uint64_t tsc_khz = 0;
  /// One sentence for people when something is not as they would wish ("no KVM: …"); else empty.
  std::string note;
};

enum class State { absent, starting, running, paused, stopped, failed, unknown };
std::string_view to_string(State state);

enum class ExitReason {
  guest_shutdown,
  guest_reset,
  guest_panic,
  killed,
  quit,  ///< the hypervisor was told to end, past flintctl
  hypervisor_error,
  oom,
  unknown
};
std::string_view to_string(ExitReason reason);

/// Why a VM is no longer there, from the files it left.
struct ExitEvidence {
  ExitReason reason = ExitReason::unknown;
  std::string message;                  ///< one sentence, with the hypervisor's own words if any
  std::vector<std::string> last_lines;  ///< of the console; of the hypervisor's log if that failed
};

/// One kind of hypervisor. Holds its settings and no state: every call works from a fresh process
/// on what the Instance's files and sockets say. Calls with a timeout return deadline_exceeded.
class Provider {
 public:
  virtual ~Provider() = default;

  [[nodiscard]] virtual std::string_view name() const = 0;
  [[nodiscard]] virtual KernelFormat kernel_format() const = 0;
  /// The guest's name of the logged console ("ttyS0").
  [[nodiscard]] virtual std::string_view console_device() const = 0;
  /// What the guest kernel needs here before any wish of the user: console, root, reboot method,
  /// and clock parameters where guests are emulated.
  [[nodiscard]] virtual vm::Cmdline default_cmdline(const Probe& probe,
                                                    const Machine& machine) const = 0;
  /// Longest Machine::cmdline in bytes, what the hypervisor appends by itself taken off.
  [[nodiscard]] virtual std::size_t cmdline_limit(const Machine& machine) const = 0;

  /// Finds binary, version and accelerator: host_not_ready with a hint otherwise. Run it before
  /// anything is pulled or made.
  [[nodiscard]] virtual Result<Probe> probe() const = 0;
  /// Every rule that `machine` breaks, before any side effect. Files are looked at, not opened.
  [[nodiscard]] virtual std::vector<Violation> validate(const Machine& machine,
                                                        const Probe& probe) const = 0;
  /// What would be run, made and sent. Pure.
  [[nodiscard]] virtual LaunchPlan plan(const Machine& machine, const Probe& probe) const = 0;

  /// After vmm::launch of the plan: until the guest's CPUs run. A process that ends meanwhile is an
  /// error that quotes its last words. The caller ends the process on failure.
  virtual Result<> configure_and_boot(const Instance& instance, const LaunchPlan& plan,
                                      std::chrono::milliseconds timeout) const = 0;
  /// Asks the hypervisor. `stopped` without a process, `absent` without a run folder either.
  [[nodiscard]] virtual Result<State> state(const Instance& instance,
                                            std::chrono::milliseconds timeout) const = 0;
  /// Idempotent.
  virtual Result<> pause(const Instance& instance, std::chrono::milliseconds timeout) const = 0;
  virtual Result<> resume(const Instance& instance, std::chrono::milliseconds timeout) const = 0;
  /// Asks the guest to power off (ACPI button, Ctrl-Alt-Del) and returns when it was asked.
  virtual Result<> request_shutdown(const Instance& instance,
                                    std::chrono::milliseconds timeout) const = 0;
  /// Of a VM whose process has ended. `console_offset`: length of the console log when that run
  /// began, so that an earlier run's words are not taken for this one's.
  [[nodiscard]] virtual ExitEvidence exit_evidence(const Instance& instance,
                                                   std::uint64_t console_offset) const = 0;
};

/// In the order of preference.
std::vector<std::string_view> provider_names();

/// "firecracker" or "qemu"; invalid_argument names the known ones. Touches nothing.
Result<std::unique_ptr<Provider>> open_provider(std::string_view name, Settings settings);

struct Chosen {
  std::unique_ptr<Provider> provider;
  Probe probe;
};
/// The first whose binary and /dev/kvm are usable: Firecracker, then QEMU; without KVM, QEMU with
/// TCG. host_not_ready lists why each was passed over. `settings` by provider name.
Result<Chosen> choose_provider(const std::map<std::string, Settings>& settings);

}  // namespace flintctl::vmm
