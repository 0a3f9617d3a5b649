// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "containerd/types.hpp"
#include "core/result.hpp"
#include "core/unique_fd.hpp"
#include "vm/record.hpp"
#include "vmm/launch.hpp"
#include "vmm/provider.hpp"

namespace flintctl::lifecycle {

/// An OS image that is here: pulled, unpacked, and held by a lease.
struct LocalImage {
  std::string name;      ///< whole reference
  std::string digest;    ///< of its manifest
  std::string chain_id;  ///< of its committed snapshot
};

/// Kernel and initrd as files on the host.
struct BootFiles {
  vm::BootFile kernel;
  vm::BootFile initrd;          ///< empty path: none
  std::vector<UniqueFd> holds;  ///< keep gc away from them until a record names them
};

/// All that a lifecycle does to the host outside containerd. An interface, because its tests run
/// without root, devices and hypervisors, and fail each step in turn.
class Parts {
 public:
  virtual ~Parts() = default;

  // Images. Nothing here contacts a registry when the image is local.
  /// Pulls those of a VM's images that are missing, at once, with one display; of one from which
  /// only kernel or initrd is wanted, in `format`, perhaps only these. What follows here takes them
  /// as they are then. The first one's error, when several fail.
  virtual Result<> ensure_images(const vm::Spec& spec, vmm::KernelFormat format) = 0;
  virtual Result<LocalImage> ensure_image(const std::string& ref) = 0;
  /// The kernel in `format` and the initrd, in the kernel cache. Views of images that it takes for
  /// a moment belong to `lease`.
  virtual Result<BootFiles> boot_files(const vm::Spec& spec, vmm::KernelFormat format,
                                       const std::string& lease) = 0;
  /// A root volume without a program to start as init is an error: `init` as the kernel's command
  /// line names it, or empty for the kernel's own list. Only for one that no guest has written.
  /// `chain_id` names its content.
  virtual Result<> check_init(const std::vector<containerd::Mount>& root,
                              const std::string& chain_id, const std::string& init) = 0;

  // Devices.
  /// Bytes of the block device at `path`; not_found when there is none.
  virtual Result<std::uint64_t> device_size(const std::string& path) = 0;
  /// Returns when nobody has the device-mapper device of that node open, or there is none; aborted,
  /// which names the user, otherwise.
  virtual Result<> wait_device_unused(const std::string& path,
                                      std::chrono::milliseconds timeout) = 0;
  /// Returns when no device-mapper device of that node exists; deadline_exceeded otherwise.
  virtual Result<> wait_device_gone(const std::string& path, std::chrono::milliseconds timeout) = 0;

  // Folders.
  /// A size-limited filesystem at `directory` (made 0700); fine when it is mounted already.
  virtual Result<> mount_logs(const std::string& directory, std::uint64_t size) = 0;
  /// Unmounts whatever is mounted at or below `directory`, then removes the tree.
  virtual Result<> remove_directory(const std::string& directory) = 0;

  // Network.
  /// A persistent tap, up, in `bridge` unless that is empty; a leftover of that name is replaced.
  virtual Result<> create_tap(const std::string& name, const std::string& bridge) = 0;
  virtual Result<> remove_tap(const std::string& name) = 0;  ///< fine when it is absent
  virtual Result<> check_bridge(const std::string& name) = 0;
  /// Names of all taps that look like ours.
  virtual Result<std::vector<std::string>> taps() = 0;

  // What killed commands leave outside of VMs.
  virtual Result<std::vector<containerd::Lease>> abandoned_pulls() = 0;
  virtual Result<std::vector<std::string>> abandoned_partials() = 0;  ///< paths
  /// Files of the kernel cache that are not among `used` and not held.
  virtual Result<std::vector<std::string>> unused_kernels(const std::vector<std::string>& used) = 0;
  /// Removes them and returns their paths.
  virtual Result<std::vector<std::string>> remove_kernels(const std::vector<std::string>& used) = 0;
  /// Nodes of all thin devices of a pool.
  virtual Result<std::vector<std::string>> pool_devices(const std::string& pool) = 0;

  // Hypervisors.
  virtual Result<std::unique_ptr<vmm::Provider>> provider(const std::string& name) = 0;
  /// The first provider that works on this host.
  virtual Result<vmm::Chosen> choose_provider() = 0;
  virtual Result<pid_t> launch(const vmm::Instance& instance, const vmm::LaunchPlan& plan) = 0;
  virtual Result<bool> alive(const std::string& uid) = 0;
  /// Readable once the hypervisor has ended.
  virtual Result<UniqueFd> exit_descriptor(const std::string& uid, pid_t pid) = 0;
  virtual Result<vmm::StopOutcome> stop(const vmm::Provider& provider,
                                        const vmm::Instance& instance,
                                        std::chrono::milliseconds grace) = 0;
  /// Kills what is left of it and removes its cgroup.
  virtual Result<> kill(const std::string& uid) = 0;
  /// uids that have a cgroup.
  virtual Result<std::vector<std::string>> launched_uids() = 0;
};

}  // namespace flintctl::lifecycle
