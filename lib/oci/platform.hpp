// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace flintctl::oci {

/// What an image runs on, in Go's names. OCI image specification, image-index.md.
struct Platform {
  std::string os = "linux";
  std::string architecture;
  std::string variant;  ///< "v7"; empty: the architecture's usual one

  [[nodiscard]] std::string text() const;  ///< "linux/arm64/v8"
  bool operator==(const Platform&) const = default;
};

/// This machine's. uname(2).
Platform host_platform();

/// "linux/amd64", "linux/arm/v7" or "arm64"; also the kernel's names, such as x86_64.
Result<Platform> parse_platform(std::string_view text);

/// How well an image for `have` runs where `want` is asked: 0 not at all, else the higher the
/// better. A variant below the wanted one runs, one above does not; 386 runs on amd64 and arm on
/// arm64, for want of better. containerd's platforms.Only.
int match(const Platform& want, const Platform& have);

}  // namespace flintctl::oci
