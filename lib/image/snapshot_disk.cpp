// SPDX-License-Identifier: Apache-2.0
#include "image/snapshot_disk.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <thread>
#include <utility>

#include "core/unique_fd.hpp"
#include "core/units.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"

namespace flintctl::image {
namespace {

constexpr std::uint64_t flush_every = 64 * mib;

}  // namespace

struct SnapshotDisk::Impl {
  UniqueFd folder;            ///< empty: containerd does not say where it is
  std::uint64_t waiting = 0;  ///< bytes that no flush was started for
  std::atomic<bool> busy = false;
  std::atomic<int> failed = 0;  ///< errno: a descriptor tells of an error of writing once only
  std::thread flusher;

  void end_flusher() {
    if (flusher.joinable()) flusher.join();
  }
};

bool shares_disk(const std::string& snapshotter) { return snapshotter != "devmapper"; }

SnapshotDisk::SnapshotDisk(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SnapshotDisk::SnapshotDisk(SnapshotDisk&&) noexcept = default;
SnapshotDisk& SnapshotDisk::operator=(SnapshotDisk&&) noexcept = default;
SnapshotDisk::~SnapshotDisk() {
  if (impl_) impl_->end_flusher();
}

Result<SnapshotDisk> SnapshotDisk::open(containerd::Client& client,
                                        const std::string& snapshotter) {
  auto impl = std::make_unique<Impl>();
  const auto plugins =
      TRY(client.plugins({"type==io.containerd.snapshotter.v1", "id==" + snapshotter}));
  for (const auto& plugin : plugins) {
    const auto root = plugin.exports.find("root");
    if (root == plugin.exports.end() || !sys::is_directory(root->second)) continue;
    impl->folder = TRY(sys::open(root->second, O_RDONLY | O_DIRECTORY));
  }
  return SnapshotDisk(std::move(impl));
}

void SnapshotDisk::wrote(std::uint64_t bytes) {
  impl_->waiting += bytes;
  if (impl_->waiting < flush_every || !impl_->folder || impl_->busy) return;
  impl_->end_flusher();
  impl_->waiting = 0;
  impl_->busy = true;
  impl_->flusher = std::thread([impl = impl_.get()] {
    if (::syncfs(impl->folder.get()) != 0) impl->failed = errno;
    impl->busy = false;
  });
}

Result<> SnapshotDisk::flush() {
  constexpr auto what = "writing the snapshots to the disk";
  impl_->end_flusher();
  if (impl_->failed != 0) return sys::from_errno(impl_->failed, what);
  if (!impl_->folder) {
    ::sync();
  } else if (::syncfs(impl_->folder.get()) != 0) {
    return sys::last_error(what);
  }
  return {};
}

}  // namespace flintctl::image
