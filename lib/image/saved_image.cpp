// SPDX-License-Identifier: Apache-2.0
#include "image/saved_image.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "archive/decoded_file.hpp"
#include "archive/ext4_file.hpp"
#include "archive/ext4_image.hpp"
#include "core/units.hpp"
#include "data/value.hpp"
#include "sys/error.hpp"
#include "sys/interrupt.hpp"
#include "sys/sha256.hpp"

namespace flintctl::image {
namespace {

constexpr std::string_view docker_layer = "application/vnd.docker.image.rootfs.diff.tar";
constexpr std::string_view oci_layer = "application/vnd.oci.image.layer.v1.tar";
constexpr std::string_view docker_config = "application/vnd.docker.container.image.v1+json";
constexpr std::string_view oci_config = "application/vnd.oci.image.config.v1+json";

std::string blob_name(const oci::Digest& digest) { return "blobs/sha256/" + digest.hex(); }

Error damaged(std::string what) { return {Code::data_loss, std::move(what)}; }

/// What a file of a layer is, whatever it is called.
struct LayerFacts {
  oci::Descriptor descriptor;
  oci::Digest diff_id;
};

std::string_view suffix(archive::Compression compression) {
  switch (compression) {
    case archive::Compression::gzip:
      return "+gzip";
    case archive::Compression::zstd:
      return "+zstd";
    case archive::Compression::none:
      break;
  }
  return "";
}

/// Reads a layer once, for both of its digests. `fd` stands at its beginning.
Result<LayerFacts> inspect_layer(int fd, std::string_view base_type,
                                 const archive::Limits& limits) {
  sys::Sha256 raw;
  sys::Sha256 decoded;
  std::uint64_t size = 0;
  std::uint64_t decoded_size = 0;
  archive::DecodedFile source(fd, [&](std::string_view bytes) {
    raw.update(bytes);
    size += bytes.size();
  });
  for (;;) {
    const auto piece = TRY(source.next());
    if (piece.empty()) break;
    TRY(sys::check_interrupt());
    decoded_size += piece.size();
    if (decoded_size > limits.bytes) {
      return Error(Code::resource_exhausted,
                   fmt::format("it holds more than {}", format_size(limits.bytes)))
          .with_hint("if it should: --max-layer-size SIZE");
    }
    decoded.update(piece);
  }
  if (size == 0) return damaged("a layer is empty");
  std::string type(base_type);
  // Docker's own name for a compressed layer has a dot; it has none for zstd.
  const bool docker =
      base_type == docker_layer && source.compression() == archive::Compression::gzip;
  type = docker ? type + ".gzip" : type;
  if (base_type == oci_layer) type += suffix(source.compression());
  return LayerFacts{{std::move(type), TRY(oci::Digest::parse("sha256:" + raw.finish())), size},
                    TRY(oci::Digest::parse("sha256:" + decoded.finish()))};
}

data::Value to_value(const oci::Descriptor& descriptor) {
  return data::Value::object({{"mediaType", descriptor.media_type},
                              {"digest", descriptor.digest.text()},
                              {"size", descriptor.size}});
}

oci::Descriptor descriptor_of(std::string_view type, std::string_view bytes) {
  return {std::string(type), oci::Digest::of(bytes), bytes.size()};
}

/// An image that has a configuration and layers, but no manifest: we write it.
Result<Documents> documents_of(std::string_view manifest_type, std::string_view config_type,
                               const std::string& config, const std::vector<LayerFacts>& layers,
                               const oci::Platform& platform) {
  data::Value list = data::Value::array();
  for (const auto& layer : layers) list.push(to_value(layer.descriptor));
  const auto manifest =
      data::to_json(data::Value::object({{"schemaVersion", 2},
                                         {"mediaType", manifest_type},
                                         {"config", to_value(descriptor_of(config_type, config))},
                                         {"layers", std::move(list)}}));
  return read_documents(descriptor_of(manifest_type, manifest), platform,
                        [&](const oci::Descriptor&, DocumentKind kind) -> Result<std::string> {
                          return kind == DocumentKind::config ? config : manifest;
                        });
}

/// A file that an image names and that is not there: told from an image for other platforms, which
/// may stand beside ours.
template <typename T>
Result<T> needed(Result<T> found) {
  if (found || found.error().code() != Code::not_found) return found;
  return std::move(found).error().with_code(Code::data_loss);
}

Result<std::string> read_blob(const LocalFiles& files, const oci::Descriptor& descriptor) {
  const std::string name = blob_name(descriptor.digest);
  std::string bytes = TRY(needed(files.read(name, oci::max_config)));
  if (oci::Digest::of(bytes) == descriptor.digest) return bytes;
  return damaged(fmt::format("'{}' has another digest than its name", name));
}

/// The descriptor of the index that index_annotation names.
Result<oci::Descriptor> index_descriptor(const LocalFiles& files, const std::string& text) {
  auto digest = TRY(oci::Digest::parse(text));
  const auto bytes = TRY(needed(files.read(blob_name(digest), oci::max_manifest)));
  const auto type = TRY(data::parse_json(bytes)).string_or("mediaType");
  return oci::Descriptor{type.empty() ? std::string(oci::media_type::oci_index) : type,
                         std::move(digest), bytes.size()};
}

Result<SavedImage> read_oci(const LocalFiles& files, const data::Value& entry,
                            const oci::Platform& platform, const archive::Limits& /*limits*/) {
  const auto size = entry.integer_or("size", -1);
  if (size < 0) return damaged("an entry of index.json has no size");
  const oci::Descriptor listed{entry.string_or("mediaType"),
                               TRY(oci::Digest::parse(entry.string_or("digest"))),
                               static_cast<std::uint64_t>(size)};
  const auto* const annotations = entry.find("annotations");
  const auto index = annotations == nullptr ? "" : annotations->string_or(index_annotation);
  const auto target = index.empty() ? listed : TRY(index_descriptor(files, index));
  const auto read = [&](const oci::Descriptor& descriptor, DocumentKind) {
    return read_blob(files, descriptor);
  };
  SavedImage image{{}, TRY(read_documents(target, platform, read)), {}};
  if (!index.empty() && image.documents.manifest.descriptor.digest != listed.digest) {
    return damaged(
        fmt::format("the index {} leads to another manifest than the one beside it", index));
  }
  if (annotations != nullptr) {
    std::string name = annotations->string_or("io.containerd.image.name");
    // The specification's own annotation is often a mere tag.
    if (name.empty()) name = annotations->string_or("org.opencontainers.image.ref.name");
    if (name.find_first_of(":/") != std::string::npos) image.names.push_back(std::move(name));
  }
  for (const auto& layer : image.documents.content.layers) {
    auto file = TRY(needed(files.open(blob_name(layer.digest))));
    if (file.size != layer.size) {
      return damaged(fmt::format("layer {} has {} bytes, the manifest says {}", layer.digest.text(),
                                 file.size, layer.size));
    }
    image.layers.push_back(std::move(file.fd));
  }
  return image;
}

Result<SavedImage> read_docker(const LocalFiles& files, const data::Value& entry,
                               const oci::Platform& platform, const archive::Limits& limits) {
  const std::string config = TRY(needed(files.read(entry.string_or("Config"), oci::max_config)));
  std::vector<LayerFacts> layers;
  std::vector<UniqueFd> opened;
  if (const auto* const names = entry.find("Layers")) {
    for (const auto& name : names->elements()) {
      const auto* const text = name.as_string();
      if (text == nullptr) return damaged("manifest.json names a layer that is no text");
      auto file = TRY(needed(files.open(*text)));
      layers.push_back(TRY(
          inspect_layer(file.fd.get(), docker_layer, limits).context(fmt::format("'{}'", *text))));
      opened.push_back(std::move(file.fd));
    }
  }
  SavedImage image{
      {},
      TRY(documents_of(oci::media_type::docker_manifest, docker_config, config, layers, platform)),
      std::move(opened)};
  if (const auto* const tags = entry.find("RepoTags")) {
    for (const auto& tag : tags->elements()) {
      if (const auto* const text = tag.as_string()) image.names.push_back(*text);
    }
  }
  return image;
}

using ReadOne = Result<SavedImage> (*)(const LocalFiles&, const data::Value&, const oci::Platform&,
                                       const archive::Limits&);

Result<std::vector<SavedImage>> read_all(const LocalFiles& files, const data::Array& entries,
                                         const oci::Platform& platform,
                                         const archive::Limits& limits, ReadOne read) {
  std::vector<SavedImage> images;
  std::optional<Error> unfit;
  for (const auto& entry : entries) {
    auto image = read(files, entry, platform, limits);
    if (image) {
      images.push_back(*std::move(image));
    } else if (image.error().code() == Code::not_found && entries.size() > 1) {
      unfit = image.error();  // one for another platform, beside ours
    } else {
      return image.error();
    }
  }
  if (images.empty()) return unfit.value_or(Error(Code::not_found, "it holds no image"));
  return images;
}

/// What a file of a file system holds first, decompressed; the file stands at its beginning again.
Result<std::string> first_bytes(int fd, std::size_t count) {
  archive::DecodedFile source(fd);
  std::string head;
  while (head.size() < count) {
    const auto piece = TRY(source.next());
    if (piece.empty()) break;
    head += piece.substr(0, count - head.size());
  }
  if (::lseek(fd, 0, SEEK_SET) != 0) return sys::last_error("rewinding");
  return head;
}

Result<UniqueFd> decompressed(int fd, const archive::Limits& limits, const std::string& spool) {
  SpoolFile plain = TRY(SpoolFile::create(spool, limits.bytes));
  archive::DecodedFile source(fd);
  for (;;) {
    const auto piece = TRY(source.next());
    if (piece.empty()) return plain.reader();
    TRY(sys::check_interrupt());
    TRY(plain.append(piece));
  }
}

Result<SavedImage> image_of_tar(UniqueFd fd, const oci::Platform& platform,
                                const archive::Limits& limits) {
  const auto layer = TRY(inspect_layer(fd.get(), oci_layer, limits));
  // Nothing but what names the content: the same file is the same image, wherever and whenever.
  auto config = data::Value::object(
      {{"architecture", platform.architecture},
       {"os", platform.os},
       {"rootfs", data::Value::object(
                      {{"type", "layers"}, {"diff_ids", data::Array{layer.diff_id.text()}}})}});
  if (!platform.variant.empty()) config.set("variant", platform.variant);
  SavedImage image{{},
                   TRY(documents_of(oci::media_type::oci_manifest, oci_config,
                                    data::to_json(config), {layer}, platform)),
                   {}};
  image.layers.push_back(std::move(fd));
  return image;
}

Result<SavedImage> image_of_ext4(const UniqueFd& fd, const oci::Platform& platform,
                                 const archive::Limits& limits, const std::string& spool) {
  const SpoolFile tar = TRY(SpoolFile::create(spool, limits.bytes));
  TRY(archive::tar_of_ext4(fd, tar.writer(), limits));
  return image_of_tar(TRY(tar.reader()), platform, limits);
}

}  // namespace

Result<std::vector<SavedImage>> read_saved_images(const LocalFiles& files,
                                                  const oci::Platform& platform,
                                                  const archive::Limits& limits) {
  if (files.has("index.json")) {
    const auto index = TRY(
        data::parse_json(TRY(files.read("index.json", oci::max_manifest))).context("index.json"));
    const auto* const entries = index.find("manifests");
    if (entries == nullptr) return damaged("index.json has no manifests");
    return read_all(files, entries->elements(), platform, limits, read_oci);
  }
  if (files.has("manifest.json")) {
    const auto list = TRY(data::parse_json(TRY(files.read("manifest.json", oci::max_manifest)))
                              .context("manifest.json"));
    return read_all(files, list.elements(), platform, limits, read_docker);
  }
  return Error(Code::invalid_argument, "it has neither index.json nor manifest.json")
      .with_hint(
          "an OCI layout or the output of 'docker save' is an image; for the tar of a file "
          "system say --rootfs");
}

Result<SavedImage> image_of_file_system(UniqueFd fd, const oci::Platform& platform,
                                        const archive::Limits& limits, const std::string& spool) {
  if (archive::is_ext4(fd.get())) return image_of_ext4(fd, platform, limits, spool);
  const std::string head = TRY(first_bytes(fd.get(), archive::ext4_head));
  if (archive::is_ext4(head)) {
    return image_of_ext4(TRY(decompressed(fd.get(), limits, spool)), platform, limits, spool);
  }
  // Zeros are the end of a tar: an empty one, or what is none, such as a disk with partitions.
  constexpr std::size_t tar_block = 512;
  if (head.substr(0, tar_block).find_first_not_of('\0') == std::string::npos) {
    return Error(Code::invalid_argument, "there are no files in it")
        .with_hint("a file system is given as a tar or as ext4, without a partition table");
  }
  return image_of_tar(std::move(fd), platform, limits);
}

void SavedLayers::listen(ArrivalListener listener) {
  const auto& layers = image_.documents.content.layers;
  for (std::size_t layer = 0; layer < layers.size(); ++layer) {
    listener.available(layer, layers[layer].size);
  }
}

}  // namespace flintctl::image
