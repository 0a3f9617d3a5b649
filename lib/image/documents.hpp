// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <utility>
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
  /// An index on the way to the manifest.
  struct Index {
    Document document;
    std::size_t position;  ///< of the entry that was followed
    oci::Digest child;     ///< what that entry names
  };
  std::vector<Index> indexes;  ///< outermost first; none when the reference names a manifest
  Document manifest;
  Document config;
  oci::Manifest content;
  oci::ImageConfig parsed_config;
  std::vector<oci::Digest> chain;  ///< chain IDs, lowest first

  [[nodiscard]] const oci::Descriptor& target() const {
    return indexes.empty() ? manifest.descriptor : indexes.front().document.descriptor;
  }
};

enum class DocumentKind { manifest, config };  ///< an index is asked for as a manifest is
using DocumentReader =
    std::function<Result<std::string>(const oci::Descriptor& descriptor, DocumentKind kind)>;

/// The platform to read an image for.
struct PlatformChoice {
  // Implicit: a platform is a choice without an alternative.
  PlatformChoice(oci::Platform wanted, bool others_will_do = false)
      : platform(std::move(wanted)), others(others_will_do) {}
  oci::Platform platform;
  bool others;  ///< for an image that is not made for it: the first of its own that is all here
};

/// Follows `target` through indexes (nested ones to a bounded depth), manifest and config.
/// not_found when there is nothing for the platform, data_loss when the documents contradict each
/// other.
Result<Documents> read_documents(const oci::Descriptor& target, const PlatformChoice& choice,
                                 const DocumentReader& read);

}  // namespace flintctl::image
