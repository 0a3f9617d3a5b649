// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "data/value.hpp"
#include "image/local_image.hpp"
#include "image/pull_image.hpp"
#include "output/format.hpp"

namespace flintctl::cmd {

/// A time as JSON has it, in UTC and whole seconds.
std::string rfc3339(containerd::Time time);

/// "image/NAME pulled" or "image/NAME unchanged"; the name only for -o name.
void print_pulled(std::ostream& out, output::Kind kind, const image::PullResult& result);
/// A pull as JSON; the snapshot only where there is one, and `seconds` of each work when something
/// was pulled.
data::Value to_value(const image::PullResult& result);

/// An image of a list.
struct ListedImage {
  image::ImageSummary summary;
  std::vector<std::string> used_by;  ///< "NAMESPACE/NAME" of VMs; empty too where nobody looked
  std::set<std::string> boot_files = {};  ///< of it, in the kernel cache
};

/// An image as JSON: name, digest, platform, sizes in bytes, snapshot, cached boot files, users.
/// Field names are stable. On devmapper the unpacked size is told as the pool's, too: it counts its
/// blocks.
data::Value to_value(const ListedImage& image, const std::string& snapshotter);

/// REF, DIGEST, SIZE (compressed), UNPACKED (bytes of its snapshots, or that it has boot files
/// instead), AGE; wide adds SHARED, PLATFORM, LAYERS, SNAPSHOT and USED BY.
void print_images(std::ostream& out, output::Kind kind, output::Table::Titles titles,
                  const std::vector<ListedImage>& images, containerd::Time now);

/// A list of names.
data::Value list_of(const std::set<std::string>& names);

}  // namespace flintctl::cmd
