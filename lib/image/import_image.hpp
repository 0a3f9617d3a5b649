// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "containerd/client.hpp"
#include "core/result.hpp"
#include "image/install.hpp"
#include "image/local_image.hpp"
#include "image/progress.hpp"
#include "image/saved_image.hpp"
#include "oci/reference.hpp"

namespace flintctl::image {

enum class InstallOutcome { unchanged, installed };

struct ImportResult {
  LocalImage image;
  InstallOutcome outcome = InstallOutcome::unchanged;
};

/// Makes a saved image one of containerd's by the name `reference`, by the same steps as a pull and
/// with the same checks of all its bytes. Needs root.
Result<ImportResult> import(containerd::Client& client, const oci::Reference& reference,
                            const SavedImage& saved, const InstallOptions& options,
                            Progress& progress);

}  // namespace flintctl::image
