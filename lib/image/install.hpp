// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "archive/job.hpp"
#include "containerd/client.hpp"
#include "core/result.hpp"
#include "image/documents.hpp"
#include "image/kernel_cache.hpp"
#include "image/layer_plan.hpp"
#include "image/layer_source.hpp"
#include "image/progress.hpp"
#include "image/records.hpp"
#include "oci/platform.hpp"
#include "oci/reference.hpp"
#include "sys/lock.hpp"

namespace flintctl::image {

/// What becomes of layers: once an image with its snapshots, and its blobs only where they are
/// wanted for an export.
enum class LayerBlobs { dropped, kept };

/// Files of an image that shall be in the kernel cache.
struct BootTarget {
  const KernelCache* cache = nullptr;  ///< must outlive the installation
  BootRequest request;
};

struct InstallOptions {
  oci::Platform platform = oci::host_platform();
  std::string snapshotter = "devmapper";
  Boundaries boundaries = Boundaries::automatic;
  LayerBlobs blobs = LayerBlobs::dropped;
  archive::Limits limits;                             ///< of each layer
  std::string state_directory = "/var/lib/flintctl";  ///< partial layers: STATE/partial/<digest>
  std::string run_directory = "/run/flintctl";        ///< locks
  /// Free bytes where snapshots go, asked before the first one is made and while layers are
  /// unpacked; empty: not checked.
  std::function<Result<std::uint64_t>()> free_space;
  /// Nothing but these is wanted: an image of which no layer is here gets no snapshot.
  std::optional<BootTarget> boot = std::nullopt;
};

/// Begins to bring layers, from the `first` on.
using OpenLayers = std::function<Result<std::unique_ptr<LayerSource>>(std::size_t first)>;

/// An image that is to be in containerd.
struct Installation {
  containerd::Client& client;
  const oci::Reference& reference;
  Origin origin;
  const Documents& documents;
  const InstallOptions& options;
  Progress& progress;  ///< must bear calls from several threads
};

/// Held while an image is installed, so that two commands do the work once. Says in `progress` for
/// whom it waits.
Result<sys::FileLock> lock_image(containerd::Client& client, const Documents& documents,
                                 const InstallOptions& options, Progress& progress);

/// Makes snapshots of the layers that have none yet, then the records; under a lease, so that a
/// failure or an interrupt leaves nothing. Needs the lock, and root. Returns the files that it made
/// instead of snapshots, if it did: see InstallOptions::boot.
Result<std::optional<CachedBootFiles>> install(const Installation& image,
                                               const OpenLayers& open_layers);

}  // namespace flintctl::image
