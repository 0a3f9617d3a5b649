// SPDX-License-Identifier: Apache-2.0
#include "image/snapshot_disk.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "sys/error.hpp"
#include "sys/file.hpp"

namespace flintctl::image {

bool shares_disk(const std::string& snapshotter) { return snapshotter != "devmapper"; }

Result<SnapshotDisk> SnapshotDisk::open(containerd::Client& client,
                                        const std::string& snapshotter) {
  const auto plugins =
      TRY(client.plugins({"type==io.containerd.snapshotter.v1", "id==" + snapshotter}));
  for (const auto& plugin : plugins) {
    const auto root = plugin.exports.find("root");
    if (root == plugin.exports.end() || !sys::is_directory(root->second)) continue;
    return SnapshotDisk(TRY(sys::open(root->second, O_RDONLY | O_DIRECTORY)));
  }
  return SnapshotDisk(UniqueFd());
}

Result<> SnapshotDisk::flush() const {
  if (!folder_) {
    ::sync();
    return {};
  }
  if (::syncfs(folder_.get()) != 0) return sys::last_error("writing the snapshots to the disk");
  return {};
}

}  // namespace flintctl::image
