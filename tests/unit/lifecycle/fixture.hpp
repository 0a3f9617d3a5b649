// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "lifecycle/context.hpp"
#include "lifecycle/create.hpp"
#include "support/containerd/fake_client.hpp"

namespace flintctl::lifecycle::testing {

/// A folder of the test's own, removed at its end.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// The world of one fake host, shared by parts and providers.
struct World {
  std::set<std::string> alive;   ///< uids whose hypervisor runs
  std::set<std::string> groups;  ///< uids that have a cgroup
  std::set<std::string> taps;
  std::set<std::string> log_mounts;
  std::vector<std::string> calls;
  std::size_t fail_at = 0;  ///< the call of this number fails; 0: none
  /// What the guest does once it was launched: writes its console.
  std::function<void(const vmm::Instance&)> guest;
  bool guest_exits = false;  ///< right after that
  vmm::State state = vmm::State::running;
  vmm::ExitEvidence evidence;
  std::uint64_t device_size = 10 * gib;
  bool open = false;                 ///< somebody has the VM's disk open
  int busy = 0;                      ///< so many waits for a device are in vain
  std::vector<std::string> kernels;  ///< in the cache
  std::vector<std::string> devices;  ///< of the pool

  Result<> call(std::string name);
};

class FakeProvider : public vmm::Provider {
 public:
  explicit FakeProvider(World& world) : world_(world) {}
  [[nodiscard]] std::string_view name() const override { return "qemu"; }
  [[nodiscard]] vmm::KernelFormat kernel_format() const override;
  [[nodiscard]] std::string_view console_device() const override { return "ttyS0"; }
  [[nodiscard]] vm::Cmdline default_cmdline(const vmm::Probe&, const vmm::Machine&) const override;
  [[nodiscard]] std::size_t cmdline_limit(const vmm::Machine&) const override { return 2047; }
  [[nodiscard]] Result<vmm::Probe> probe() const override;
  [[nodiscard]] std::vector<vmm::Violation> validate(const vmm::Machine& machine,
                                                     const vmm::Probe&) const override;
  [[nodiscard]] vmm::LaunchPlan plan(const vmm::Machine& machine, const vmm::Probe&) const override;
  Result<> configure_and_boot(const vmm::Instance&, const vmm::LaunchPlan&,
                              std::chrono::milliseconds) const override;
  [[nodiscard]] Result<vmm::State> state(const vmm::Instance&,
                                         std::chrono::milliseconds) const override;
  Result<> pause(const vmm::Instance&, std::chrono::milliseconds) const override { return {}; }
  Result<> resume(const vmm::Instance&, std::chrono::milliseconds) const override { return {}; }
  Result<> request_shutdown(const vmm::Instance&, std::chrono::milliseconds) const override;
  [[nodiscard]] vmm::ExitEvidence exit_evidence(const vmm::Instance&, std::uint64_t) const override;

 private:
  World& world_;
};

class FakeParts : public Parts {
 public:
  FakeParts(World& world, LocalImage image) : world_(world), image_(std::move(image)) {}
  Result<> ensure_images(const vm::Spec& spec, vmm::KernelFormat format) override;
  Result<LocalImage> ensure_image(const std::string& ref) override;
  Result<BootFiles> boot_files(const vm::Spec& spec, vmm::KernelFormat format,
                               const std::string& lease) override;
  Result<> check_init(const std::vector<containerd::Mount>& root, const std::string& chain_id,
                      const std::string& init) override;
  Result<std::uint64_t> device_size(const std::string& path) override;
  Result<> wait_device_unused(const std::string& path, std::chrono::milliseconds) override;
  Result<> wait_device_gone(const std::string& path, std::chrono::milliseconds) override;
  Result<> mount_logs(const std::string& directory, std::uint64_t size) override;
  Result<> remove_directory(const std::string& directory) override;
  Result<> create_tap(const std::string& name, const std::string& bridge) override;
  Result<> remove_tap(const std::string& name) override;
  Result<> check_bridge(const std::string& name) override;
  Result<std::vector<std::string>> taps() override;
  Result<std::vector<containerd::Lease>> abandoned_pulls() override;
  Result<std::vector<std::string>> abandoned_partials() override;
  Result<std::vector<std::string>> unused_kernels(const std::vector<std::string>& used) override;
  Result<std::vector<std::string>> remove_kernels(const std::vector<std::string>& used) override;
  Result<std::vector<std::string>> pool_devices(const std::string& pool) override;
  Result<std::unique_ptr<vmm::Provider>> provider(const std::string& name) override;
  Result<vmm::Chosen> choose_provider() override;
  Result<pid_t> launch(const vmm::Instance& instance, const vmm::LaunchPlan& plan) override;
  Result<bool> alive(const std::string& uid) override;
  Result<UniqueFd> exit_descriptor(const std::string& uid, pid_t pid) override;
  Result<vmm::StopOutcome> stop(const vmm::Provider& provider, const vmm::Instance& instance,
                                std::chrono::milliseconds grace) override;
  Result<> kill(const std::string& uid) override;
  Result<std::vector<std::string>> launched_uids() override;

 private:
  World& world_;
  LocalImage image_;
};

/// A host with one local image, and nothing else.
struct Fixture {
  Fixture();
  TemporaryDirectory directory;
  World world;
  containerd::FakeClient client;
  LocalImage image;
  FakeParts parts;
  Context context;
  std::vector<std::string> notes;
  std::vector<std::string> at_first;  ///< what containerd held before the test

  [[nodiscard]] CreateOptions web() const;  ///< a valid create of "web"
  /// What is left in containerd, on the host and in folders beyond the start; locks do not count.
  [[nodiscard]] std::vector<std::string> left();
};

/// Appends to a file as a hypervisor does.
void append(const std::string& path, const std::string& text);

}  // namespace flintctl::lifecycle::testing
