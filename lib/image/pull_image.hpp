// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "containerd/client.hpp"
#include "core/result.hpp"
#include "image/install.hpp"
#include "image/local_image.hpp"
#include "image/progress.hpp"
#include "oci/reference.hpp"
#include "oci/registry.hpp"

namespace flintctl::image {

struct PullOptions : InstallOptions {
  oci::RegistryOptions registry;
  unsigned parallel = 4;  ///< layers downloaded at once
  bool must_ask = false;  ///< what is here is no answer when the registry gives none
};

enum class PullOutcome { unchanged, pulled };

struct PullResult {
  LocalImage image;
  PullOutcome outcome = PullOutcome::unchanged;
  std::string warning =
      {};  ///< why the registry was not heard, though the image is here; mostly empty
  /// Those of InstallOptions::boot when they are in the cache; absent: the image has a snapshot.
  std::optional<CachedBootFiles> files = std::nullopt;
  std::map<Work, std::chrono::nanoseconds> spent = {};  ///< when something was pulled
};

/// Makes what the registry now names by `reference` an image in containerd with a committed
/// snapshot, or with the files of InstallOptions::boot in the kernel cache.
///
/// Layers are downloaded in parallel into partial files and unpacked while they arrive, verified on
/// both sides of the decompression; no layer's bytes pass through containerd. Everything is made
/// under a lease: a failure or an interrupt leaves only partial files, which the next pull resumes.
/// What a killed pull left (its lease, its active snapshot) goes with the next pull of the image,
/// or by remove_abandoned(). Two pulls of one image at once do the work once.
///
/// A registry that is down does not matter while the image is local and unpacked, or these files
/// are there, unless PullOptions::must_ask: the result is `unchanged` with a warning. For a
/// reference by digest it is not even asked. Needs root, but not where nothing is to be done.
Result<PullResult> pull(containerd::Client& client, const oci::Reference& reference,
                        const PullOptions& options, Progress& progress);

/// When to ask the registry. `missing`: only for an image that is not local and unpacked, or the
/// files that are wanted of it are not cached.
enum class PullPolicy { missing, always, never };

/// The image, pulled if the policy says so; not_found under `never` when it is not local.
Result<PullResult> ensure(containerd::Client& client, const oci::Reference& reference,
                          PullPolicy policy, const PullOptions& options, Progress& progress);

}  // namespace flintctl::image
