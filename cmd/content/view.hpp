// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <vector>

#include "containerd/types.hpp"
#include "data/value.hpp"
#include "output/format.hpp"

namespace flintctl::cmd {

/// A blob as JSON: digest, size in bytes, createdAt (RFC 3339, UTC; null where containerd does not
/// know), labels.
data::Value to_value(const containerd::ContentInfo& content);

/// DIGEST, SIZE, AGE, LABELS, as `ctr content ls` has them. A table stays near 80 columns: digests
/// are cut to 12 digits, each label has a line of its own. Wide has all of it on one line.
void print_contents(std::ostream& out, output::Kind kind, output::Table::Titles titles,
                    const std::vector<containerd::ContentInfo>& contents, containerd::Time now);

}  // namespace flintctl::cmd
