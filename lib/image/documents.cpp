// SPDX-License-Identifier: Apache-2.0
#include "image/documents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace flintctl::image {
namespace {

constexpr std::size_t max_depth = 4;     // builders nest one index in another, none deeper
constexpr std::size_t max_indexes = 16;  // read in all

/// The position of the entry that `select` chose.
std::size_t position_of(const oci::Index& index, const oci::Descriptor& chosen) {
  const auto entry = std::find_if(
      index.entries.begin(), index.entries.end(),
      [&](const oci::Index::Entry& one) { return one.descriptor.digest == chosen.digest; });
  return static_cast<std::size_t>(entry - index.entries.begin());
}

/// What the index says of the manifest that `select` chose for `want`: one may be listed for
/// several.
std::optional<oci::Platform> platform_of(const oci::Index& index, const oci::Descriptor& chosen,
                                         const oci::Platform& want) {
  for (const auto& entry : index.entries) {
    if (entry.descriptor.digest != chosen.digest || !entry.platform) continue;
    if (oci::match(want, *entry.platform) > 0) return entry.platform;
  }
  return std::nullopt;
}

/// Follows indexes to the manifest for a platform, and keeps those that lead to it.
class Descent {
 public:
  Descent(const oci::Platform& platform, const DocumentReader& read)
      : platform_(platform), read_(read) {}

  Result<oci::Descriptor> manifest(const oci::Descriptor& target) {
    auto found = TRY(follow(target, 1));
    std::reverse(path_.begin(), path_.end());
    return found;
  }
  std::vector<Documents::Index> path() { return std::move(path_); }
  /// What the last index says that the manifest is for, if there is one and it does.
  [[nodiscard]] const std::optional<oci::Platform>& said() const { return said_; }

 private:
  Result<oci::Descriptor> follow(const oci::Descriptor& target, std::size_t depth) {
    if (!oci::media_type::is_index(target.media_type)) return target;
    if (depth > max_depth || ++read_count_ > max_indexes) {
      return Error(Code::data_loss, "the image's indexes are nested too deeply");
    }
    Document document{target, TRY(read_(target, DocumentKind::manifest))};
    const auto index = TRY(oci::parse_index(document.bytes, target.media_type));
    auto chosen = oci::select(index, platform_);
    if (chosen) {
      said_ = platform_of(index, *chosen, platform_);
      keep(std::move(document), index, *chosen);
      return chosen;
    }
    if (chosen.error().code() != Code::not_found) return chosen;
    for (const auto& entry : index.entries) {
      if (entry.attestation || !oci::media_type::is_index(entry.descriptor.media_type)) continue;
      auto found = follow(entry.descriptor, depth + 1);
      if (!found && found.error().code() == Code::not_found) continue;
      if (!found) return found;
      keep(std::move(document), index, entry.descriptor);
      return found;
    }
    return chosen;
  }

  void keep(Document document, const oci::Index& index, const oci::Descriptor& child) {
    path_.push_back({std::move(document), position_of(index, child), child.digest});
  }

  const oci::Platform& platform_;
  const DocumentReader& read_;
  std::size_t read_count_ = 0;
  std::vector<Documents::Index> path_;  // innermost first
  std::optional<oci::Platform> said_;
};

Result<> check_platform(const oci::Platform& want, oci::Platform have,
                        const std::optional<oci::Platform>& said) {
  // Many builders write the variant into the index only.
  if (have.variant.empty() && said && said->architecture == have.architecture) {
    have.variant = said->variant;
  }
  // Kernel images and the like name no architecture; what they hold says the rest.
  if (have.architecture.empty() || oci::match(want, have) > 0) return {};
  return Error(Code::not_found, fmt::format("the image is not made for {}", want.text()))
      .with_hint(fmt::format("it is made for {}", have.text()));
}

Result<Documents> read_for(const oci::Descriptor& target, const oci::Platform& platform,
                           const DocumentReader& read) {
  Descent descent(platform, read);
  auto manifest = TRY(descent.manifest(target));
  auto manifest_bytes = TRY(read(manifest, DocumentKind::manifest));
  auto content = TRY(oci::parse_manifest(manifest_bytes, manifest.media_type));
  auto config_bytes = TRY(read(content.config, DocumentKind::config));
  auto config = TRY(oci::parse_config(config_bytes));
  TRY(check_platform(platform, config.platform, descent.said()));
  if (config.diff_ids.size() != content.layers.size()) {
    return Error(Code::data_loss, fmt::format("the image has {} layers but {} diff IDs",
                                              content.layers.size(), config.diff_ids.size()));
  }
  auto chain = oci::chain_ids(config.diff_ids);
  Document config_document{content.config, std::move(config_bytes)};
  return Documents{descent.path(),
                   {std::move(manifest), std::move(manifest_bytes)},
                   std::move(config_document),
                   std::move(content),
                   std::move(config),
                   std::move(chain)};
}

/// What an image says that it is made for: its index, or the configuration of its one manifest.
Result<std::vector<oci::Platform>> platforms_of(const oci::Descriptor& target,
                                                const DocumentReader& read) {
  const std::string bytes = TRY(read(target, DocumentKind::manifest));
  std::vector<oci::Platform> platforms;
  if (!oci::media_type::is_index(target.media_type)) {
    const auto content = TRY(oci::parse_manifest(bytes, target.media_type));
    const auto config = TRY(oci::parse_config(TRY(read(content.config, DocumentKind::config))));
    platforms.push_back(config.platform);
    return platforms;
  }
  for (const auto& entry : TRY(oci::parse_index(bytes, target.media_type)).entries) {
    if (!entry.attestation && entry.platform) platforms.push_back(*entry.platform);
  }
  return platforms;
}

}  // namespace

Result<Documents> read_documents(const oci::Descriptor& target, const PlatformChoice& choice,
                                 const DocumentReader& read) {
  auto wanted = read_for(target, choice.platform, read);
  if (wanted || !choice.others || wanted.error().code() != Code::not_found) return wanted;
  const auto platforms = platforms_of(target, read);
  if (!platforms) return wanted;
  // What is made for the wanted one and is not all here is incomplete.
  const bool made_for_wanted = std::any_of(
      platforms->begin(), platforms->end(),
      [&](const oci::Platform& platform) { return oci::match(choice.platform, platform) > 0; });
  if (made_for_wanted) return wanted;
  for (const auto& platform : *platforms) {
    if (auto other = read_for(target, platform, read)) return other;
  }
  return wanted;
}

}  // namespace flintctl::image
