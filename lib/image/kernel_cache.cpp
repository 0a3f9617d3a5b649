// SPDX-License-Identifier: Apache-2.0
#include "image/kernel_cache.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>

#include "core/rollback.hpp"
#include "image/kernel_index.hpp"
#include "image/kernel_store.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/host.hpp"

namespace flintctl::image {
namespace {

constexpr const char* index_name = "index";

std::string index_folder(const std::string& cache) { return cache + "/" + index_name; }

/// Locks a file unless another process holds it otherwise.
bool lock(int fd, int operation) { return ::flock(fd, operation | LOCK_NB) == 0; }

Result<UniqueFd> open_host_file(const std::string& path) {
  auto file = sys::open_regular(path);
  if (!file && file.error().code() == Code::invalid_argument) {
    return std::move(file).error().with_hint("name a file, such as /boot/vmlinuz");
  }
  return file;
}

}  // namespace

Result<archive::Mount> single_mount(const std::vector<containerd::Mount>& mounts) {
  if (mounts.size() != 1) {
    return Error(Code::unimplemented,
                 fmt::format("the snapshotter returned {} mounts, not one", mounts.size()));
  }
  return archive::Mount{mounts[0].type, mounts[0].source, mounts[0].options};
}

Result<> check_host_kernel(const std::string& path) {
  const UniqueFd file = TRY(open_host_file(path).context(fmt::format("kernel {}", path)));
  return check_kernel(file.get()).context(fmt::format("kernel {}", path));
}

Result<> check_host_initrd(const std::string& path) {
  TRY(open_host_file(path).context(fmt::format("initrd {}", path)));
  return {};
}

Result<KernelCache> KernelCache::open(const std::string& state_directory) {
  std::string path = state_directory + "/kernels";
  TRY(sys::make_directories(path, 0700));
  UniqueFd folder = TRY(sys::open(path, O_RDONLY | O_DIRECTORY));
  return KernelCache(std::move(path), std::move(folder));
}

/// not_found when the file is not there, or gc is just removing it.
Result<CachedFile> KernelCache::hold(const std::string& name) const {
  if (name.empty()) return CachedFile{};
  UniqueFd fd(::openat(folder_.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return sys::last_error(fmt::format("opening {}/{}", path_, name));
  struct stat status = {};
  if (!lock(fd.get(), LOCK_SH) || ::fstat(fd.get(), &status) != 0 || status.st_nlink == 0) {
    return Error(Code::not_found, fmt::format("{}/{} is being removed", path_, name));
  }
  return CachedFile{path_ + "/" + name, "sha256:" + name, std::move(fd)};
}

Result<CachedBootFiles> KernelCache::hold_all(const StoredBootFiles& files) const {
  CachedBootFiles held;
  held.kernel = TRY(hold(files.kernel));
  held.initrd = TRY(hold(files.initrd));
  return held;
}

Result<CachedBootFiles> KernelCache::from_mount(const archive::Mount& mount,
                                                const BootRequest& request) {
  return hold_all(TRY(copy_boot_files(mount, request, folder_.get())));
}

Result<StoredBootFiles> KernelCache::copy_from_snapshot(containerd::Client& leased,
                                                        const std::string& snapshotter,
                                                        const std::string& chain_id,
                                                        const BootRequest& request) const {
  const std::string key = "flintctl-boot-" + sys::random_hex(8);
  const auto mounts = TRY(
      leased.snapshot_view(snapshotter, key, chain_id, {}).context("taking a view of the image"));
  const Rollback remove_view([&] { (void)leased.snapshot_remove(snapshotter, key); });
  const auto mount = TRY(single_mount(mounts));
  return copy_boot_files(mount, request, folder_.get());
}

Result<CachedBootFiles> KernelCache::from_snapshot(containerd::Client& leased,
                                                   const std::string& snapshotter,
                                                   const std::string& chain_id,
                                                   const BootRequest& request) {
  const KernelIndex index(index_folder(path_));
  if (const auto known = index.find(chain_id, request)) {
    if (auto held = hold_all(*known)) return held;
  }
  const auto files = TRY(copy_from_snapshot(leased, snapshotter, chain_id, request));
  auto held = TRY(hold_all(files));
  TRY(index.put(chain_id, request, files));
  return held;
}

Result<CachedFile> KernelCache::kernel_from_host(const std::string& path, KernelFormat format) {
  const UniqueFd source = TRY(open_host_file(path));
  const auto name = TRY(
      store_kernel(folder_.get(), source.get(), format).context(fmt::format("kernel {}", path)));
  return hold(name);
}

Result<CachedFile> KernelCache::initrd_from_host(const std::string& path) {
  const UniqueFd source = TRY(open_host_file(path));
  const auto name =
      TRY(store_file(folder_.get(), source.get()).context(fmt::format("initrd {}", path)));
  return hold(name);
}

Result<std::vector<std::string>> KernelCache::unused(
    const std::vector<std::string>& referenced) const {
  std::vector<std::string> paths;
  for (const auto& name : TRY(sys::list_directory(path_))) {
    const std::string path = path_ + "/" + name;
    if (name == index_name) continue;
    if (std::find(referenced.begin(), referenced.end(), path) != referenced.end()) continue;
    const UniqueFd fd(::openat(folder_.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (fd && lock(fd.get(), LOCK_EX)) paths.push_back(path);
  }
  return paths;
}

Result<std::vector<std::string>> KernelCache::gc(const std::vector<std::string>& referenced) {
  const KernelIndex index(index_folder(path_));
  std::vector<std::string> removed;
  for (const auto& path : TRY(unused(referenced))) {
    const std::string name = path.substr(path.rfind('/') + 1);
    // Locked again: since it was listed, somebody may have begun to use it.
    const UniqueFd fd(::openat(folder_.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!fd || !lock(fd.get(), LOCK_EX)) continue;
    TRY(index.forget(name));
    TRY(sys::remove_file(path));
    removed.push_back(path);
  }
  return removed;
}

}  // namespace flintctl::image
