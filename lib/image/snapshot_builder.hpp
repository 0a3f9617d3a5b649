// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "archive/job.hpp"
#include "containerd/client.hpp"
#include "core/result.hpp"
#include "image/documents.hpp"
#include "image/layer_plan.hpp"
#include "image/layer_source.hpp"
#include "image/progress.hpp"
#include "image/snapshot_disk.hpp"
#include "image/space_watch.hpp"

namespace flintctl::image {

/// Where a group of layers becomes a snapshot, and what of.
struct BuildContext {
  containerd::Client& leased;  ///< its writes belong to the pull's lease
  const std::string& lease;
  const std::string& snapshotter;
  const Documents& documents;
  LayerSource& layers;
  const archive::Limits& limits;
  Progress& progress;
  const SpaceWatch::FreeSpace& free_space;  ///< asked while layers are unpacked
  SnapshotDisk* disk;                       ///< told what is unpacked, where snapshots share one
};

/// Extracts the group's layers to `mount` as they arrive. Wrong bytes are discarded.
Result<> unpack(const BuildContext& context, const LayerGroup& group,
                const containerd::Mount& mount);

/// Prepares a snapshot on what is below `group`, extracts the group's layers into it as they
/// arrive, and commits it by the chain ID of the topmost. Success also when another client was
/// faster. Wrong bytes are discarded.
Result<> build_snapshot(const BuildContext& context, const LayerGroup& group);

}  // namespace flintctl::image
