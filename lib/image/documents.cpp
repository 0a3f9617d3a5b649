// SPDX-License-Identifier: Apache-2.0
#include "image/documents.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace flintctl::image {
namespace {

/// The position of the entry that `select` chose.
std::size_t position_of(const oci::Index& index, const oci::Descriptor& chosen) {
  const auto entry = std::find_if(
      index.entries.begin(), index.entries.end(),
      [&](const oci::Index::Entry& one) { return one.descriptor.digest == chosen.digest; });
  return static_cast<std::size_t>(entry - index.entries.begin());
}

Result<> check_platform(const oci::Platform& want, const oci::Platform& have) {
  // Kernel images and the like name no architecture; what they hold says the rest.
  if (have.architecture.empty() || oci::match(want, have) > 0) return {};
  return Error(Code::not_found, fmt::format("the image is not made for {}", want.text()))
      .with_hint(fmt::format("it is made for {}", have.text()));
}

}  // namespace

Result<Documents> read_documents(const oci::Descriptor& target, const oci::Platform& platform,
                                 const DocumentReader& read) {
  std::optional<Document> index;
  std::size_t position = 0;
  oci::Descriptor manifest = target;
  if (oci::media_type::is_index(target.media_type)) {
    index = Document{target, TRY(read(target, DocumentKind::manifest))};
    const auto entries = TRY(oci::parse_index(index->bytes, target.media_type));
    manifest = TRY(oci::select(entries, platform));
    position = position_of(entries, manifest);
  }
  auto manifest_bytes = TRY(read(manifest, DocumentKind::manifest));
  auto content = TRY(oci::parse_manifest(manifest_bytes, manifest.media_type));
  auto config_bytes = TRY(read(content.config, DocumentKind::config));
  auto config = TRY(oci::parse_config(config_bytes));
  TRY(check_platform(platform, config.platform));
  if (config.diff_ids.size() != content.layers.size()) {
    return Error(Code::data_loss, fmt::format("the image has {} layers but {} diff IDs",
                                              content.layers.size(), config.diff_ids.size()));
  }
  auto chain = oci::chain_ids(config.diff_ids);
  Document config_document{content.config, std::move(config_bytes)};
  return Documents{std::move(index),
                   position,
                   {std::move(manifest), std::move(manifest_bytes)},
                   std::move(config_document),
                   std::move(content),
                   std::move(config),
                   std::move(chain)};
}

}  // namespace flintctl::image
