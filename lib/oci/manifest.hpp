// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "oci/digest.hpp"
#include "oci/platform.hpp"

namespace flintctl::oci {

/// Manifests and indexes longer than this are refused, as registries and containerd do.
inline constexpr std::size_t max_manifest = 4U << 20U;
/// The same for an image's configuration.
inline constexpr std::size_t max_config = 16U << 20U;

namespace media_type {
inline constexpr std::string_view oci_index = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view oci_manifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view docker_list =
    "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view docker_manifest =
    "application/vnd.docker.distribution.manifest.v2+json";

bool is_index(std::string_view type);
bool is_manifest(std::string_view type);
}  // namespace media_type

/// Names a blob. OCI image specification, descriptor.md.
struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size = 0;  ///< bytes
};

/// One image for one platform. OCI image specification, manifest.md.
struct Manifest {
  Descriptor config;
  std::vector<Descriptor> layers;  ///< lowest first; tar, tar+gzip or tar+zstd
};

/// Manifests for several platforms. OCI image specification, image-index.md.
struct Index {
  struct Entry {
    Descriptor descriptor;
    std::optional<Platform> platform;
    bool attestation = false;  ///< describes another entry, runs nowhere
  };
  std::vector<Entry> entries;
};

/// What of an image's configuration matters for its file system. OCI image specification,
/// config.md.
struct ImageConfig {
  Platform platform;
  std::vector<Digest> diff_ids;  ///< sha256 of each uncompressed layer, lowest first
};

/// These three check `bytes` strictly: `data_loss` for what no honest registry sends (not JSON,
/// both layers and manifests, a negative size, a media type other than `type`), `unimplemented` for
/// what flintctl does not handle (foreign or encrypted layers, schema 1, no image at all), by name.
Result<Manifest> parse_manifest(std::string_view bytes, std::string_view type);
Result<Index> parse_index(std::string_view bytes, std::string_view type);
Result<ImageConfig> parse_config(std::string_view bytes);

/// The entry that runs best on `want`; not_found lists what there is.
Result<Descriptor> select(const Index& index, const Platform& want);

/// The chain IDs of layers with these diff IDs, lowest first. OCI image specification,
/// config.md#layer-chainid.
std::vector<Digest> chain_ids(const std::vector<Digest>& diff_ids);

}  // namespace flintctl::oci
