// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace flintctl::image {

/// The payload of a bzImage decompressed, by what its first bytes are. What follows the compressed
/// stream (the size that the kernel's build appends) is ignored. resource_exhausted above `limit`
/// bytes.
Result<std::string> decompress_payload(std::string_view payload, std::size_t limit);

}  // namespace flintctl::image
