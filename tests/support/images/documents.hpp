// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <string>

#include "image/documents.hpp"

namespace flintctl::testing {

/// Manifest and config of an image of one layer for this machine.
inline Result<image::Documents> documents() {
  const auto described = [](const std::string& type, const std::string& bytes) {
    return oci::Descriptor{"application/vnd.oci.image." + type + ".v1+json", oci::Digest::of(bytes),
                           bytes.size()};
  };
  const std::string layer = oci::Digest::of("layer").text();
  const std::string config = fmt::format(
      R"({{"architecture":"{}","os":"linux","rootfs":{{"type":"layers","diff_ids":["{}"]}}}})",
      oci::host_platform().architecture, layer);
  const std::string manifest = fmt::format(
      R"({{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",)"
      R"("config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{}","size":{}}},)"
      R"("layers":[{{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{}","size":5}}]}})",
      oci::Digest::of(config).text(), config.size(), layer);
  return image::read_documents(
      described("manifest", manifest), oci::host_platform(),
      [&](const oci::Descriptor&, image::DocumentKind kind) -> Result<std::string> {
        return kind == image::DocumentKind::config ? config : manifest;
      });
}

}  // namespace flintctl::testing
