// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "archive/job.hpp"
#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace flintctl::archive {

/// Writes the tree of an ext2, ext3 or ext4 file system as a tar to `tar`. `image` is an open
/// regular file, of which no byte is changed and which is not mounted: a child of ours reads it
/// with libext2fs, in a mount namespace with nothing in it, without any privilege, under the
/// extractor's filter of system calls and its bound on memory. What a hostile file system makes of
/// libext2fs there is a tar, which then is extracted as mistrustfully as any other.
/// Errors: see Ext4File; unknown when the child died of what it read.
Result<> tar_of_ext4(const UniqueFd& image, const UniqueFd& tar, const Limits& limits);

/// What `flintctl __extract ext4` does, the child of the above. Returns the exit status.
int run_ext4_child();

}  // namespace flintctl::archive
