// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
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
data::Value to_value(const image::PullResult& result);

/// An image as JSON: name, digest, platform, sizes in bytes, snapshot. Field names are stable.
data::Value to_value(const image::ImageSummary& summary);

/// REF, DIGEST, SIZE (compressed), UNPACKED (bytes of its snapshots), AGE; wide adds PLATFORM,
/// LAYERS and SNAPSHOT.
void print_images(std::ostream& out, output::Kind kind, output::Table::Titles titles,
                  const std::vector<image::ImageSummary>& images, containerd::Time now);

}  // namespace flintctl::cmd
