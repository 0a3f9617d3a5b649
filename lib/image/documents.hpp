// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "oci/manifest.hpp"

namespace flintctl::image {

/// A JSON document of an image: what names it, and its bytes.
struct Document {
  oci::Descriptor descriptor;
  std::string bytes;
};

/// All documents of an image for one platform, read and checked.
struct Documents {
  std::optional<Document> index;   ///< absent when the reference names a manifest
  std::size_t index_position = 0;  ///< of the manifest among the index's entries
  Document manifest;
  Document config;
  oci::Manifest content;
  oci::ImageConfig parsed_config;
  std::vector<oci::Digest> chain;  ///< chain IDs, lowest first

  [[nodiscard]] const oci::Descriptor& target() const {
    return index ? index->descriptor : manifest.descriptor;
  }
};

enum class DocumentKind { manifest, config };  ///< an index is asked for as a manifest is
using DocumentReader =
    std::function<Result<std::string>(const oci::Descriptor& descriptor, DocumentKind kind)>;

/// Follows `target` through index, manifest and config. not_found when there is nothing for
/// `platform`, data_loss when the documents contradict each other.
Result<Documents> read_documents(const oci::Descriptor& target, const oci::Platform& platform,
                                 const DocumentReader& read);

}  // namespace flintctl::image
