// SPDX-License-Identifier: Apache-2.0
#include "oci/manifest.hpp"

#include <cstdint>
#include <cstdlib>

// The three documents of an image; what is accepted is within bounds.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace flintctl::oci;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto manifest = parse_manifest(text, media_type::oci_manifest)) {
    if (manifest->layers.empty() || manifest->config.size > max_config) std::abort();
  }
  if (const auto index = parse_index(text, media_type::oci_index)) {
    const auto chosen = select(*index, {"linux", "amd64", ""});
    if (chosen && !media_type::is_manifest(chosen->media_type)) std::abort();
  }
  if (const auto config = parse_config(text)) {
    if (chain_ids(config->diff_ids).size() != config->diff_ids.size()) std::abort();
  }
  return 0;
}
