// SPDX-License-Identifier: Apache-2.0
#include "image/export_image.hpp"

#include <fmt/format.h>

#include <set>

#include "archive/tar_writer.hpp"
#include "data/value.hpp"
#include "image/local_image.hpp"
#include "image/saved_image.hpp"
#include "sys/interrupt.hpp"

namespace flintctl::image {
namespace {

struct Chosen {
  oci::Reference reference;
  LocalImage image;
  std::vector<oci::Descriptor> indexes;  ///< on the way to the manifest, outermost first
};

std::string blob_name(const oci::Digest& digest) { return "blobs/sha256/" + digest.hex(); }

Result<Chosen> choose(containerd::Client& client, const oci::Reference& reference,
                      const oci::Platform& platform) {
  auto image = TRY(require_local(client, reference, platform));
  for (const auto& layer : image.content.layers) {
    const auto info = client.content_info(layer.digest.text());
    if (info) continue;
    if (info.error().code() != Code::not_found) return info.error();
    return Error(Code::not_found, fmt::format("layer {} of image '{}' is unpacked, but its blob is "
                                              "not here",
                                              layer.digest.text(), reference.name()))
        .with_hint(fmt::format("get it: flintctl image pull --keep-layers {}", reference.name()));
  }
  const auto read = [&](const oci::Descriptor& descriptor, DocumentKind) {
    return client.content_read(descriptor.digest.text(), oci::max_config);
  };
  Chosen chosen{reference, std::move(image), {}};
  for (const auto& index : TRY(read_documents(chosen.image.target, platform, read)).indexes) {
    chosen.indexes.push_back(index.document.descriptor);
  }
  return chosen;
}

/// "index.json": each image by its manifest, even when the registry's name was an index's, for the
/// other platforms' manifests are not here. So that a digest means the same on the other host, an
/// annotation says which index that was.
std::string index_of(const std::vector<Chosen>& chosen) {
  data::Value manifests = data::Value::array();
  for (const auto& [reference, image, indexes] : chosen) {
    auto annotations = data::Value::object({{"io.containerd.image.name", image.name}});
    if (reference.tag()) annotations.set("org.opencontainers.image.ref.name", *reference.tag());
    if (!indexes.empty()) annotations.set(index_annotation, image.target.digest.text());
    manifests.push(data::Value::object({{"mediaType", image.manifest.media_type},
                                        {"digest", image.manifest.digest.text()},
                                        {"size", image.manifest.size},
                                        {"annotations", std::move(annotations)}}));
  }
  return data::to_json(data::Value::object({{"schemaVersion", 2},
                                            {"mediaType", oci::media_type::oci_index},
                                            {"manifests", std::move(manifests)}}));
}

/// "manifest.json", for `docker load`.
std::string docker_index_of(const std::vector<Chosen>& chosen) {
  data::Value list = data::Value::array();
  for (const auto& [reference, image, indexes] : chosen) {
    data::Value tags = data::Value::array();
    if (reference.tag()) tags.push(image.name);
    data::Value layers = data::Value::array();
    for (const auto& layer : image.content.layers) layers.push(blob_name(layer.digest));
    list.push(data::Value::object({{"Config", blob_name(image.content.config.digest)},
                                   {"RepoTags", std::move(tags)},
                                   {"Layers", std::move(layers)}}));
  }
  return data::to_json(list);
}

Result<> write_blob(containerd::Client& client, archive::TarWriter& tar,
                    const oci::Descriptor& descriptor, std::set<std::string>& written) {
  if (!written.insert(descriptor.digest.text()).second) return {};
  TRY(sys::check_interrupt());
  TRY(tar.begin_file(blob_name(descriptor.digest), descriptor.size));
  TRY(client.content_stream(descriptor.digest.text(),
                            [&](std::string_view piece) { return tar.append(piece); }));
  return tar.finish_member();
}

}  // namespace

Result<> export_images(containerd::Client& client, const std::vector<oci::Reference>& references,
                       const oci::Platform& platform,
                       const std::function<Result<>(std::string_view)>& sink) {
  std::vector<Chosen> chosen;
  chosen.reserve(references.size());
  for (const auto& reference : references) {
    chosen.push_back(TRY(choose(client, reference, platform)));
  }
  archive::TarWriter tar(sink);
  TRY(tar.file("oci-layout", R"({"imageLayoutVersion":"1.0.0"})"));
  TRY(tar.file("index.json", index_of(chosen)));
  TRY(tar.file("manifest.json", docker_index_of(chosen)));
  std::set<std::string> written;
  for (const auto& [reference, image, indexes] : chosen) {
    for (const auto& index : indexes) TRY(write_blob(client, tar, index, written));
    TRY(write_blob(client, tar, image.manifest, written));
    TRY(write_blob(client, tar, image.content.config, written));
    for (const auto& layer : image.content.layers) TRY(write_blob(client, tar, layer, written));
  }
  return tar.finish();
}

}  // namespace flintctl::image
