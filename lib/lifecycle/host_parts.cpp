// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/host_parts.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include <algorithm>

#include "devmapper/driver.hpp"
#include "image/abandoned.hpp"
#include "image/kernel_cache.hpp"
#include "image/kernel_inspection.hpp"
#include "lifecycle/boot_sources.hpp"
#include "network/driver.hpp"
#include "sys/error.hpp"
#include "sys/fact_cache.hpp"
#include "sys/file.hpp"
#include "sys/mount.hpp"
#include "sys/process.hpp"
#include "thinpool/deactivate.hpp"

namespace flintctl::lifecycle {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kill_timeout = 10s;

/// "NAME" of "/dev/mapper/NAME".
std::string mapper_name(const std::string& node) { return node.substr(node.rfind('/') + 1); }

Result<bool> device_exists(const std::string& name) {
  const auto driver = devmapper::open(sys::Modules::leave);
  if (!driver) {
    // No device-mapper, no device.
    if (driver.error().code() == Code::host_not_ready) return false;
    return driver.error();
  }
  const auto info = (*driver)->info(name);
  if (info) return true;
  if (info.error().code() == Code::not_found) return false;
  return info.error();
}

class HostParts : public Parts {
 public:
  explicit HostParts(HostSettings settings)
      : settings_(std::move(settings)), network_(network::open_kernel_driver()) {}

  Result<> ensure_images(const vm::Spec& spec, vmm::KernelFormat format) override {
    return sources_.ensure_images(spec, format);
  }
  Result<LocalImage> ensure_image(const std::string& ref) override { return sources_.image(ref); }
  Result<BootFiles> boot_files(const vm::Spec& spec, vmm::KernelFormat format,
                               const std::string& lease) override {
    return sources_.boot_files(spec, format, lease);
  }
  Result<> check_init(const std::vector<containerd::Mount>& root, const std::string& chain_id,
                      const std::string& init) override {
    const sys::FactCache facts(settings_.paths.facts());
    const auto fact = fmt::format("init of {} for init={}", chain_id, init);
    if (facts.find(fact)) return {};
    facts.keep(fact, TRY(image::check_init(TRY(image::single_mount(root)), init)));
    return {};
  }

  Result<std::uint64_t> device_size(const std::string& path) override {
    const UniqueFd device = TRY(sys::open(path, O_RDONLY | O_NONBLOCK));
    std::uint64_t bytes = 0;
    if (::ioctl(device.get(), BLKGETSIZE64, &bytes) != 0) {
      return sys::last_error(fmt::format("asking for the size of {}", path))
          .with_hint("VMs need a snapshotter that makes block devices: devmapper");
    }
    return bytes;
  }

  Result<> wait_device_unused(const std::string& path, std::chrono::milliseconds timeout) override {
    const auto driver = devmapper::open();
    if (driver) return thinpool::wait_unused(mapper_name(path), **driver, timeout);
    // No device-mapper, no device.
    if (driver.error().code() == Code::host_not_ready) return {};
    return driver.error();
  }

  Result<> wait_device_gone(const std::string& path, std::chrono::milliseconds timeout) override {
    const auto deadline = Clock::now() + timeout;
    auto pause = 5ms;
    while (TRY(device_exists(mapper_name(path)))) {
      if (Clock::now() >= deadline) {
        return Error(Code::deadline_exceeded, fmt::format("{} is still there", path))
            .with_hint("something holds it open; containerd removes it when that ends");
      }
      // Removals announce themselves to udev only, and not every host runs it.
      (void)::poll(nullptr, 0, static_cast<int>(pause.count()));
      pause = std::min(pause * 2, std::chrono::milliseconds(200));
    }
    return {};
  }

  Result<> mount_logs(const std::string& directory, std::uint64_t size) override {
    TRY(sys::make_directories(directory, 0700));
    if (TRY(sys::is_mounted(directory))) return {};
    return sys::mount("flintctl-log", directory, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
                      fmt::format("size={},mode=0700", size));
  }

  Result<> remove_directory(const std::string& directory) override {
    for (const auto& mount : TRY(sys::mounts_below(directory))) TRY(sys::unmount(mount));
    return sys::remove_tree(directory);
  }

  Result<> create_tap(const std::string& name, const std::string& bridge) override {
    return network_->create_tap(name, bridge);
  }
  Result<> remove_tap(const std::string& name) override { return network_->delete_tap(name); }
  Result<> check_bridge(const std::string& name) override { return network_->check_bridge(name); }
  Result<std::vector<std::string>> taps() override { return network_->list_taps(); }

  Result<std::vector<containerd::Lease>> abandoned_pulls() override {
    return image::abandoned_leases(*settings_.client, settings_.paths.run);
  }
  Result<std::vector<std::string>> abandoned_partials() override {
    return image::abandoned_partials(settings_.paths.state);
  }
  Result<std::vector<std::string>> unused_kernels(const std::vector<std::string>& used) override {
    return TRY(kernels()).unused(used);
  }
  Result<std::vector<std::string>> remove_kernels(const std::vector<std::string>& used) override {
    return TRY(kernels()).gc(used);
  }

  Result<std::vector<std::string>> pool_devices(const std::string& pool) override {
    const auto driver = devmapper::open(sys::Modules::leave);
    if (!driver) return std::vector<std::string>{};
    std::vector<std::string> nodes;
    for (const auto& device : TRY((*driver)->list())) {
      if (device.name.starts_with(pool + "-snap-"))
        nodes.push_back(devmapper::node_path(device.name));
    }
    return nodes;
  }

  Result<std::unique_ptr<vmm::Provider>> provider(const std::string& name) override {
    const auto found = settings_.providers.find(name);
    return vmm::open_provider(name,
                              found == settings_.providers.end() ? vmm::Settings() : found->second);
  }
  Result<vmm::Chosen> choose_provider() override {
    return vmm::choose_provider(settings_.providers);
  }

  Result<pid_t> launch(const vmm::Instance& instance, const vmm::LaunchPlan& plan) override {
    return vmm::launch(instance, plan);
  }
  Result<bool> alive(const std::string& uid) override { return vmm::alive(uid); }

  Result<UniqueFd> exit_descriptor(const std::string& uid, pid_t pid) override {
    if (TRY(vmm::alive(uid))) {
      const auto process = sys::Process::open(pid);
      if (process) {
        UniqueFd copy(::fcntl(process->pidfd(), F_DUPFD_CLOEXEC, 0));
        if (!copy) return sys::last_error("watching the hypervisor");
        return copy;
      }
    }
    UniqueFd ended(::eventfd(1, EFD_CLOEXEC));
    if (!ended) return sys::last_error("watching the hypervisor");
    return ended;
  }

  Result<vmm::StopOutcome> stop(const vmm::Provider& provider, const vmm::Instance& instance,
                                std::chrono::milliseconds grace) override {
    return vmm::stop(provider, instance, grace);
  }

  Result<> kill(const std::string& uid) override {
    auto killed = vmm::kill(uid, kill_timeout);
    // Where no cgroup2 is mounted no hypervisor was ever started.
    if (!killed && killed.error().code() == Code::host_not_ready) return {};
    TRY(std::move(killed));
    return vmm::remove(uid);
  }
  Result<std::vector<std::string>> launched_uids() override { return vmm::launched_uids(); }

 private:
  Result<image::KernelCache> kernels() const {
    return image::KernelCache::open(settings_.paths.state);
  }

  HostSettings settings_;
  BootSources sources_{settings_};
  std::unique_ptr<network::Driver> network_;
};

}  // namespace

std::unique_ptr<Parts> open_host_parts(HostSettings settings) {
  return std::make_unique<HostParts>(std::move(settings));
}

}  // namespace flintctl::lifecycle
