// SPDX-License-Identifier: Apache-2.0
#include "thinpool/deactivate.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sys/file.hpp"
#include "sys/interrupt.hpp"
#include "sys/mount.hpp"

namespace flintctl::thinpool {
namespace {

/// The active devices that stand directly on `number`.
Result<std::vector<std::string>> devices_on(const devmapper::DeviceNumber& number,
                                            devmapper::Driver& driver) {
  std::vector<std::string> names;
  for (const devmapper::Device& device : TRY(driver.list())) {
    const auto dependencies = driver.dependencies(device.name);
    if (!dependencies) continue;  // gone meanwhile
    if (std::find(dependencies->begin(), dependencies->end(), number) != dependencies->end()) {
      names.push_back(device.name);
    }
  }
  return names;
}

/// Where the device is mounted in this mount namespace, or empty.
std::string mounted_at(const devmapper::DeviceNumber& number) {
  const std::string mountinfo = sys::read_file("/proc/self/mountinfo").value_or({});
  return sys::mount_point_of(mountinfo, number.text());
}

bool has_open(const std::string& pid, const devmapper::DeviceNumber& number) {
  const std::string folder = fmt::format("/proc/{}/fd", pid);
  const auto descriptors = sys::list_directory(folder);
  if (!descriptors) return false;
  return std::any_of(descriptors->begin(), descriptors->end(), [&](const std::string& fd) {
    struct stat status = {};
    return ::stat((folder + "/" + fd).c_str(), &status) == 0 && S_ISBLK(status.st_mode) &&
           major(status.st_rdev) == number.major && minor(status.st_rdev) == number.minor;
  });
}

struct Opener {
  std::string text;  ///< "process 12 (qemu-system-x86)", "the mount at /mnt", or "something".
  std::chrono::milliseconds patience{0};  ///< How long to wait for its end.
};

/// containerd frees the blocks of a removed snapshot with blkdiscard(8), some time after it said
/// that the snapshot is gone; udev looks into each device that it hears of.
std::chrono::milliseconds patience_with(const std::string& command) {
  const bool passing =
      command == "blkdiscard" || command == "(udev-worker)" || command == "systemd-udevd";
  return std::chrono::seconds(passing ? 30 : 0);
}

Opener opener_of(const devmapper::DeviceNumber& number) {
  if (const std::string point = mounted_at(number); !point.empty()) {
    return {"the mount at " + point};
  }
  for (const std::string& pid : sys::list_directory("/proc").value_or({})) {
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    // What this process inherited is the caller's, who has it open as well.
    if (pid == std::to_string(::getpid()) || !has_open(pid, number)) continue;
    std::string command = sys::read_file(fmt::format("/proc/{}/comm", pid)).value_or({});
    command.erase(std::min(command.find('\n'), command.size()));
    return {fmt::format("process {} ({})", pid, command), patience_with(command)};
  }
  return {"something", std::chrono::seconds(1)};  // as a rule it has just closed the device
}

Result<std::vector<devmapper::DeviceInfo>> volumes_of(const std::string& pool,
                                                      devmapper::Driver& driver) {
  std::vector<devmapper::DeviceInfo> volumes;
  const auto info = driver.info(pool);
  if (!info) {
    if (info.error().code() == Code::not_found) return volumes;
    return Error(info.error());
  }
  for (const std::string& name : TRY(devices_on(info->number, driver))) {
    auto volume = driver.info(name);
    if (volume) volumes.push_back(std::move(*volume));
  }
  return volumes;
}

/// aborted when somebody has the volume open who will not close it soon.
Result<> refuse_open(const std::string& pool, const std::string& volume,
                     devmapper::Driver& driver) {
  const auto start = std::chrono::steady_clock::now();
  for (;;) {
    const auto info = driver.info(volume);
    if (!info && info.error().code() == Code::not_found) return {};
    if (!info) return info.error();
    if (info->open_count == 0) return {};
    const Opener opener = opener_of(info->number);
    if (std::chrono::steady_clock::now() - start >= opener.patience) {
      return Error(Code::aborted, fmt::format("the pool '{}' is in use: {} has {} open", pool,
                                              opener.text, volume))
          .with_hint("stop the VMs first (flintctl vm list -A), and unmount what is mounted");
    }
    TRY(sys::check_interrupt());
    (void)::poll(nullptr, 0, 20);  // the kernel tells nobody that a device was closed
  }
}

Result<> refuse(const std::string& pool, const std::vector<devmapper::DeviceInfo>& volumes,
                devmapper::Driver& driver) {
  for (const devmapper::DeviceInfo& volume : volumes) {
    if (!volume.name.starts_with(pool + "-snap-")) {
      return Error(Code::aborted,
                   fmt::format("the pool '{}' is in use: the device {} stands on it, and is no "
                               "snapshot of containerd's",
                               pool, volume.name))
          .with_hint(fmt::format("if nobody needs it: dmsetup remove {}", volume.name));
    }
    TRY(refuse_open(pool, volume.name, driver));
  }
  return {};
}

}  // namespace

Result<> refuse_in_use(const std::string& pool, devmapper::Driver& driver) {
  return refuse(pool, TRY(volumes_of(pool, driver)), driver);
}

Result<> wait_unused(const std::string& volume, devmapper::Driver& driver,
                     std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    const auto info = driver.info(volume);
    if (!info && info.error().code() == Code::not_found) return {};
    if (!info) return info.error();
    if (info->open_count == 0) return {};
    if (std::chrono::steady_clock::now() >= deadline) {
      return Error(Code::aborted, fmt::format("{} has {} open", opener_of(info->number).text,
                                              devmapper::node_path(volume)))
          .with_hint("end that first, then run the same command again");
    }
    TRY(sys::check_interrupt());
    (void)::poll(nullptr, 0, 20);  // the kernel tells nobody that a device was closed
  }
}

Result<> deactivate_volumes(const std::string& pool, devmapper::Driver& driver) {
  const auto volumes = TRY(volumes_of(pool, driver));
  TRY(refuse(pool, volumes, driver));
  for (const devmapper::DeviceInfo& volume : volumes) {
    auto removed = driver.remove(volume.name, devmapper::Removal::retry);
    if (!removed && removed.error().code() == Code::not_found) continue;  // containerd's doing
    TRY(std::move(removed).context(fmt::format("deactivating the volume {}", volume.name)));
  }
  return {};
}

Result<> deactivate(const std::string& pool, devmapper::Driver& driver) {
  TRY(deactivate_volumes(pool, driver));
  auto removed = driver.remove(pool, devmapper::Removal::retry);
  if (!removed && removed.error().code() == Code::not_found) return {};
  return std::move(removed).context(fmt::format("deactivating the pool '{}'", pool));
}

}  // namespace flintctl::thinpool
