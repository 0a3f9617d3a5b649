// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/result.hpp"
#include "image/kernel_format.hpp"

namespace flintctl::image {

/// Puts a kernel from the open file `source` into the folder `cache` in the format wanted, under
/// the SHA-256 of the bytes that boot; durable when this returns. Returns that name (64 hexadecimal
/// digits). invalid_argument when it is no kernel, resource_exhausted above 512 MiB.
Result<std::string> store_kernel(int cache, int source, KernelFormat format);

/// The same for an initrd, or any file: as it is.
Result<std::string> store_file(int cache, int source);

/// What store_kernel() asks of any kernel, by its first bytes alone.
Result<> check_kernel(int source);

/// What names of unfinished files begin with. Their writer holds an exclusive flock(2) on them.
inline constexpr const char* unfinished_prefix = ".new-";

}  // namespace flintctl::image
