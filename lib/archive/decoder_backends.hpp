// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "archive/decoder.hpp"

namespace flintctl::archive {

std::unique_ptr<Decoder> make_gzip_decoder(Extent extent);
std::unique_ptr<Decoder> make_zstd_decoder(Extent extent);

}  // namespace flintctl::archive
