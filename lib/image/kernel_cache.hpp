// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "containerd/client.hpp"
#include "core/result.hpp"
#include "core/unique_fd.hpp"
#include "image/kernel_inspection.hpp"

namespace flintctl::image {

/// A kernel or initrd in the cache. While this lives, gc() leaves the file alone: by then a VM's
/// record should name it.
struct CachedFile {
  std::string path;    ///< absolute; empty: there is none
  std::string digest;  ///< "sha256:…" of the file
  UniqueFd hold;       ///< with a shared flock(2)
};

struct CachedBootFiles {
  CachedFile kernel;
  CachedFile initrd;
};

/// A folder of the cache to unpack layers to, of which only the files that boot are wanted. It goes
/// with this object, or, when the process is killed, with the next one that is made and by gc().
class LayerFolder {
 public:
  LayerFolder(LayerFolder&&) noexcept = default;
  LayerFolder& operator=(LayerFolder&&) = delete;
  ~LayerFolder();

  /// As a snapshotter that keeps folders mounts one.
  [[nodiscard]] containerd::Mount mount() const { return {"bind", path_, "", {"rbind", "rw"}}; }

 private:
  friend class KernelCache;
  LayerFolder(std::string path, UniqueFd hold) : path_(std::move(path)), hold_(std::move(hold)) {}

  std::string path_;
  UniqueFd hold_;  ///< with an exclusive flock(2); empty once moved from
};

/// Kernels and initrds as files of the host, copied out of images once: no mounted snapshot keeps a
/// device busy while a VM runs. Folder STATE/kernels (0700): files by the SHA-256 of their bytes,
/// and an index of what was found in which layers, so that a known image is not even mounted.
class KernelCache {
 public:
  /// Makes the folder if it is missing. `state_directory` is absolute ("/var/lib/flintctl").
  static Result<KernelCache> open(const std::string& state_directory);

  /// From a committed snapshot, `chain_id` in `snapshotter`. Unless it is known already: a View is
  /// taken with `leased` (which carries the caller's lease, so that a kill leaves it to gc),
  /// mounted and copied from in a child, and removed before this returns.
  Result<CachedBootFiles> from_snapshot(containerd::Client& leased, const std::string& snapshotter,
                                        const std::string& chain_id, const BootRequest& request);

  /// What is cached of the layers of `chain_id`; nothing when a file of it is not there.
  [[nodiscard]] std::optional<CachedBootFiles> find(const std::string& chain_id,
                                                    const BootRequest& request) const;

  /// An empty one.
  [[nodiscard]] Result<LayerFolder> layer_folder() const;
  /// From a folder that holds the layers of `chain_id`.
  [[nodiscard]] Result<CachedBootFiles> from_layers(const LayerFolder& folder,
                                                    const std::string& chain_id,
                                                    const BootRequest& request) const;
  /// Of the disk that the cache is on.
  [[nodiscard]] Result<std::uint64_t> free_bytes() const;
  [[nodiscard]] const std::string& path() const { return path_; }

  /// From a folder or snapshot that is mounted by `mount`.
  Result<CachedBootFiles> from_mount(const archive::Mount& mount, const BootRequest& request);

  /// A kernel of the host. One that is in the right format already is copied too: a VM's kernel
  /// does not change because a package was upgraded.
  Result<CachedFile> kernel_from_host(const std::string& path, KernelFormat format);
  Result<CachedFile> initrd_from_host(const std::string& path);

  /// Files that are neither among the paths `referenced`, of this cache however spelled, nor held
  /// now, unfinished ones of dead processes included.
  Result<std::vector<std::string>> unused(const std::vector<std::string>& referenced) const;
  /// Removes them, and what the index says of them. Returns their paths. While another process
  /// stores a kernel or initrd, it removes none of these: one of them may be what that stores.
  Result<std::vector<std::string>> gc(const std::vector<std::string>& referenced);

 private:
  KernelCache(std::string path, UniqueFd folder)
      : path_(std::move(path)), folder_(std::move(folder)) {}

  Result<UniqueFd> hold_off_gc() const;
  Result<bool> collect(const std::string& name) const;
  Result<CachedFile> hold(const std::string& name) const;
  Result<CachedBootFiles> hold_all(const StoredBootFiles& files) const;
  Result<CachedBootFiles> keep(const std::string& chain_id, const BootRequest& request,
                               const StoredBootFiles& files) const;
  Result<StoredBootFiles> copy_from_snapshot(containerd::Client& leased,
                                             const std::string& snapshotter,
                                             const std::string& chain_id,
                                             const BootRequest& request) const;

  std::string path_;
  UniqueFd folder_;
};

/// Paths of cached files by the chain ID of the layers they are from.
using CachedPaths = std::map<std::string, std::set<std::string>>;
/// All that are in the cache below `state_directory`; none when it cannot be read, as by those who
/// are not root.
CachedPaths cached_paths(const std::string& state_directory);

/// That `path` is a file of this host that looks like a kernel: what can be said before anything is
/// made. not_found, permission_denied, or invalid_argument with a hint.
Result<> check_host_kernel(const std::string& path);
/// The same for an initrd, of which only being a file is asked.
Result<> check_host_initrd(const std::string& path);

/// Mounts as containerd gives them: exactly one is what the extractor can do.
Result<archive::Mount> single_mount(const std::vector<containerd::Mount>& mounts);

}  // namespace flintctl::image
