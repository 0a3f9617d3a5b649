// SPDX-License-Identifier: Apache-2.0
#include "image/kernel_cache.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cerrno>

#include "core/rollback.hpp"
#include "image/kernel_index.hpp"
#include "image/kernel_store.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/host.hpp"

namespace flintctl::image {
namespace {

constexpr const char* index_name = "index";
constexpr const char* layers_prefix = ".layers-";

std::string cache_folder(const std::string& state_directory) {
  return state_directory + "/kernels";
}
std::string index_folder(const std::string& cache) { return cache + "/" + index_name; }

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// Locks a file unless another process holds it otherwise.
bool lock(int fd, int operation) { return ::flock(fd, operation | LOCK_NB) == 0; }

/// For what others lock exclusively for the moment only that removing a file takes.
Result<> await_shared_lock(int fd, const std::string& path) {
  while (::flock(fd, LOCK_SH) != 0) {
    if (errno != EINTR) return sys::last_error("locking " + path);
  }
  return {};
}

/// An image's tree may be as deep as a path is long, and removing one takes a descriptor for each
/// level: more than a process has by default.
Result<> remove_layers(const std::string& path) {
  rlimit before = {};
  if (::getrlimit(RLIMIT_NOFILE, &before) != 0) return sys::last_error("asking for limits");
  const rlimit most = {before.rlim_max, before.rlim_max};
  (void)::setrlimit(RLIMIT_NOFILE, &most);
  const Rollback restore([&] { (void)::setrlimit(RLIMIT_NOFILE, &before); });
  auto removed = sys::remove_tree(path);
  // The kernel ends an extractor whose parent was killed, but until then it makes new files.
  for (int more = 20; !removed && more > 0; --more) {
    (void)::poll(nullptr, 0, 50);
    removed = sys::remove_tree(path);
  }
  return removed;
}

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
  std::string path = cache_folder(state_directory);
  TRY(sys::make_directories(path, 0700));
  UniqueFd folder = TRY(sys::open(path, O_RDONLY | O_DIRECTORY));
  return KernelCache(std::move(path), std::move(folder));
}

/// A lock on the cache that several may have, but not beside one who removes files from it. A file
/// that was just stored is nobody's until it is held, and the index does not know it yet: gc must
/// not come in between.
Result<UniqueFd> KernelCache::hold_off_gc() const {
  UniqueFd folder = TRY(sys::open(path_, O_RDONLY | O_DIRECTORY));
  TRY(await_shared_lock(folder.get(), path_));
  return folder;
}

/// not_found when the file is not there, or gc has just removed it.
Result<CachedFile> KernelCache::hold(const std::string& name) const {
  if (name.empty()) return CachedFile{};
  UniqueFd fd(::openat(folder_.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return sys::last_error(fmt::format("opening {}/{}", path_, name));
  // Whoever only looks whether it is in use has it locked for a moment, too.
  TRY(await_shared_lock(fd.get(), path_ + "/" + name));
  struct stat status = {};
  if (::fstat(fd.get(), &status) != 0 || status.st_nlink == 0) {
    return Error(Code::not_found, fmt::format("{}/{} was removed", path_, name));
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
  const UniqueFd storing = TRY(hold_off_gc());
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
  if (auto known = find(chain_id, request)) return *std::move(known);
  const UniqueFd storing = TRY(hold_off_gc());
  return keep(chain_id, request, TRY(copy_from_snapshot(leased, snapshotter, chain_id, request)));
}

std::optional<CachedBootFiles> KernelCache::find(const std::string& chain_id,
                                                 const BootRequest& request) const {
  const auto known = KernelIndex(index_folder(path_)).find(chain_id, request);
  if (!known) return std::nullopt;
  auto held = hold_all(*known);
  return held ? std::optional(*std::move(held)) : std::nullopt;
}

Result<CachedBootFiles> KernelCache::keep(const std::string& chain_id, const BootRequest& request,
                                          const StoredBootFiles& files) const {
  auto held = TRY(hold_all(files));
  TRY(KernelIndex(index_folder(path_)).put(chain_id, request, files));
  return held;
}

LayerFolder::~LayerFolder() {
  if (hold_) (void)remove_layers(path_);
}

Result<LayerFolder> KernelCache::layer_folder() const {
  for (const auto& name : TRY(sys::list_directory(path_))) {
    if (!name.starts_with(layers_prefix)) continue;
    const UniqueFd dead(::openat(folder_.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (dead && lock(dead.get(), LOCK_EX)) (void)remove_layers(path_ + "/" + name);
  }
  for (;;) {
    std::string path = path_ + "/" + layers_prefix + sys::random_hex(8);
    TRY(sys::make_directories(path, 0700));
    UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!folder && errno == ENOENT) continue;
    if (!folder || ::flock(folder.get(), LOCK_EX) != 0) return sys::last_error("locking " + path);
    // Until it was locked, another process may have taken it for a dead one's.
    if (sys::exists(path)) return LayerFolder(std::move(path), std::move(folder));
  }
}

Result<CachedBootFiles> KernelCache::from_layers(const LayerFolder& folder,
                                                 const std::string& chain_id,
                                                 const BootRequest& request) const {
  const auto mount = TRY(single_mount({folder.mount()}));
  const UniqueFd storing = TRY(hold_off_gc());
  return keep(chain_id, request, TRY(copy_boot_files(mount, request, folder_.get())));
}

Result<std::uint64_t> KernelCache::free_bytes() const {
  struct statvfs status = {};
  if (::fstatvfs(folder_.get(), &status) != 0) return sys::last_error("reading the disk's usage");
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

Result<CachedFile> KernelCache::kernel_from_host(const std::string& path, KernelFormat format) {
  const UniqueFd source = TRY(open_host_file(path));
  const UniqueFd storing = TRY(hold_off_gc());
  const auto name = TRY(
      store_kernel(folder_.get(), source.get(), format).context(fmt::format("kernel {}", path)));
  return hold(name);
}

Result<CachedFile> KernelCache::initrd_from_host(const std::string& path) {
  const UniqueFd source = TRY(open_host_file(path));
  const UniqueFd storing = TRY(hold_off_gc());
  const auto name =
      TRY(store_file(folder_.get(), source.get()).context(fmt::format("initrd {}", path)));
  return hold(name);
}

Result<std::vector<std::string>> KernelCache::unused(
    const std::vector<std::string>& referenced) const {
  // By their names, which are their bytes': the folder may have been spelled otherwise then.
  std::set<std::string> kept = {index_name};
  for (const auto& path : referenced) kept.insert(name_of(path));
  std::vector<std::string> paths;
  for (const auto& name : TRY(sys::list_directory(path_))) {
    if (kept.contains(name)) continue;
    const UniqueFd fd(::openat(folder_.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (fd && lock(fd.get(), LOCK_EX)) paths.push_back(path_ + "/" + name);
  }
  return paths;
}

Result<std::vector<std::string>> KernelCache::gc(const std::vector<std::string>& referenced) {
  std::vector<std::string> removed;
  for (const auto& path : TRY(unused(referenced))) {
    if (TRY(collect(name_of(path)))) removed.push_back(path);
  }
  return removed;
}

/// Removes a file or a folder of layers; false when that is, or may be, in use.
Result<bool> KernelCache::collect(const std::string& name) const {
  const bool layers = name.starts_with(layers_prefix);
  const UniqueFd alone = TRY(sys::open(path_, O_RDONLY | O_DIRECTORY));
  if (!layers && !lock(alone.get(), LOCK_EX)) return false;
  // Locked again: since it was listed, somebody may have begun to use it.
  const UniqueFd fd(::openat(folder_.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd || !lock(fd.get(), LOCK_EX)) return false;
  const std::string path = path_ + "/" + name;
  if (layers) {
    TRY(remove_layers(path));
    return true;
  }
  TRY(KernelIndex(index_folder(path_)).forget(name));
  TRY(sys::remove_file(path));
  return true;
}

CachedPaths cached_paths(const std::string& state_directory) {
  const std::string folder = cache_folder(state_directory);
  const auto known = KernelIndex(index_folder(folder)).files();
  CachedPaths paths;
  if (!known) return paths;
  for (const auto& [chain_id, names] : *known) {
    for (const auto& name : names) {
      auto path = folder + "/" + name;
      if (sys::exists(path)) paths[chain_id].insert(std::move(path));
    }
  }
  return paths;
}

}  // namespace flintctl::image
