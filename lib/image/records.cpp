// SPDX-License-Identifier: Apache-2.0
#include "image/records.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "image/abandoned.hpp"
#include "image/shared_prefixes.hpp"

namespace flintctl::image {
namespace {

constexpr std::size_t max_label = 4096;  // key and value together

/// The repositories a blob is known from on one host: those it has already, and this one. Others'
/// clients use it to mount blobs across repositories.
containerd::Labels source_label(containerd::Client& client, const oci::Reference& reference,
                                const oci::Digest& digest) {
  const std::string key = "containerd.io/distribution.source." + reference.host();
  std::set<std::string> repositories = {reference.repository()};
  if (const auto info = client.content_info(digest.text())) {
    const auto known = info->labels.find(key);
    std::string_view rest = known == info->labels.end() ? std::string_view() : known->second;
    while (!rest.empty()) {
      const auto comma = rest.find(',');
      repositories.emplace(rest.substr(0, comma));
      rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    }
  }
  const std::string value = fmt::format("{}", fmt::join(repositories, ","));
  if (key.size() + value.size() > max_label) return {};
  return {{key, value}};
}

/// Those of the layers whose own bytes containerd has, asked for all at once.
Result<std::set<std::string>> layers_kept(containerd::Client& client,
                                          const std::vector<oci::Descriptor>& layers) {
  std::vector<std::string> filters;
  filters.reserve(layers.size());
  for (const auto& layer : layers) filters.push_back("digest==" + layer.digest.text());
  std::set<std::string> digests;
  for (const auto& info : TRY(client.content_list(filters))) digests.insert(info.digest);
  return digests;
}

Result<> write(containerd::Client& leased, const oci::Reference& reference, Origin origin,
               std::string_view kind, const Document& document, containerd::Labels labels) {
  const auto& digest = document.descriptor.digest;
  if (origin == Origin::registry) labels.merge(source_label(leased, reference, digest));
  return leased.content_write(fmt::format("{}-{}", kind, digest.text()), document.bytes,
                              digest.text(), labels);
}

}  // namespace

Result<> write_records(containerd::Client& leased, const oci::Reference& reference,
                       const Documents& documents, const std::optional<std::string>& snapshotter,
                       Origin origin) {
  containerd::Labels unpacked;
  if (snapshotter) {
    unpacked.emplace("containerd.io/gc.ref.snapshot." + *snapshotter,
                     documents.chain.back().text());
  }
  TRY(write(leased, reference, origin, "config", documents.config, std::move(unpacked)));
  containerd::Labels children = {
      {"containerd.io/gc.ref.content.config", documents.config.descriptor.digest.text()}};
  const auto kept = TRY(layers_kept(leased, documents.content.layers));
  for (std::size_t layer = 0; layer < documents.content.layers.size(); ++layer) {
    const std::string digest = documents.content.layers[layer].digest.text();
    if (!kept.contains(digest)) continue;
    children.emplace(fmt::format("containerd.io/gc.ref.content.l.{}", layer), digest);
  }
  // By which other pulls see which layers they share with this image, without reading it.
  containerd::Labels chain;
  if (auto label = chain_label(documents.parsed_config); !label.empty()) {
    chain.emplace(std::move(label), short_chain(documents.chain));
  }
  if (documents.indexes.empty()) children.merge(containerd::Labels(chain));
  TRY(write(leased, reference, origin, "manifest", documents.manifest, children));
  // From the inside: what a label refers to is there before it.
  for (auto index = documents.indexes.rbegin(); index != documents.indexes.rend(); ++index) {
    // By its position, so that the same index pulled for two platforms keeps both.
    containerd::Labels labels = {
        {fmt::format("containerd.io/gc.ref.content.m.{}", index->position), index->child.text()}};
    if (index + 1 == documents.indexes.rend()) labels.merge(containerd::Labels(chain));
    TRY(write(leased, reference, origin, "index", index->document, std::move(labels)));
  }
  containerd::Image record;
  record.name = reference.name();
  const auto& target = documents.target();
  record.target = {target.media_type, target.digest.text(), static_cast<std::int64_t>(target.size)};
  return leased.image_put(record);
}

}  // namespace flintctl::image
