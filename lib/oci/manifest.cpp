// SPDX-License-Identifier: Apache-2.0
#include "oci/manifest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "core/text.hpp"
#include "data/value.hpp"

namespace flintctl::oci {
namespace {

constexpr std::size_t max_layers = 512;
constexpr std::size_t max_entries = 1024;
constexpr std::int64_t max_blob = std::int64_t{1} << 44;  // 16 TiB: dm-thin's own limit

constexpr std::array layer_types = {
    std::string_view("application/vnd.oci.image.layer.v1.tar"),
    std::string_view("application/vnd.oci.image.layer.v1.tar+gzip"),
    std::string_view("application/vnd.oci.image.layer.v1.tar+zstd"),
    std::string_view("application/vnd.docker.image.rootfs.diff.tar"),
    std::string_view("application/vnd.docker.image.rootfs.diff.tar.gzip"),
    std::string_view("application/vnd.docker.image.rootfs.diff.tar.zstd"),
};
constexpr std::array config_types = {
    std::string_view("application/vnd.oci.image.config.v1+json"),
    std::string_view("application/vnd.docker.container.image.v1+json"),
    std::string_view("application/octet-stream"),  // docker 1.10's, still on registries
};

Error malformed(std::string_view what) { return Error(Code::data_loss, std::string(what)); }

std::string shown(std::string_view text) { return "'" + printable(text) + "'"; }

Result<data::Value> parse_object(std::string_view bytes, std::size_t limit, std::string_view what) {
  if (bytes.size() > limit) {
    return malformed(fmt::format("{} is longer than {} bytes", what, limit));
  }
  auto value = data::parse_json(bytes);
  if (!value) {
    return std::move(value.error())
        .context(fmt::format("{} is malformed", what))
        .with_code(Code::data_loss);
  }
  if (!value->is_object()) return malformed(fmt::format("{} is no JSON object", what));
  return value;
}

Result<Descriptor> parse_descriptor(const data::Value* value, std::string_view what) {
  if (value == nullptr || !value->is_object()) return malformed(fmt::format("{} is missing", what));
  const auto* digest_text = value->find("digest");
  const auto* digest_string = digest_text == nullptr ? nullptr : digest_text->as_string();
  if (digest_string == nullptr) return malformed(fmt::format("{} has no digest", what));
  auto digest = Digest::parse(*digest_string);
  if (!digest) {
    return std::move(digest.error())
        .context(fmt::format("{} has a bad digest", what))
        .with_code(Code::data_loss);
  }
  const auto* size_value = value->find("size");
  const auto size = size_value == nullptr ? std::nullopt : size_value->as_integer();
  if (!size || *size < 0 || *size > max_blob) {
    return malformed(fmt::format("{} has no size, or an absurd one", what));
  }
  const std::string type = value->string_or("mediaType");
  if (type.empty()) return malformed(fmt::format("{} has no media type", what));
  return Descriptor{type, *std::move(digest), static_cast<std::uint64_t>(*size)};
}

/// A document must be what its media type says, and nothing that two readers may understand
/// differently: layers and manifests together are how CVE-2021-41190 fooled them.
Result<> check_kind(const data::Value& document, std::string_view type, std::string_view what) {
  if (document.find("layers") != nullptr && document.find("manifests") != nullptr) {
    return malformed(fmt::format("{} lists both layers and manifests", what));
  }
  if (document.find("fsLayers") != nullptr || document.integer_or("schemaVersion", 2) == 1) {
    return Error(Code::unimplemented, "the image is in docker's old format, schema 1")
        .with_hint("push it again with a client of the last eight years");
  }
  const std::string own = document.string_or("mediaType");
  if (!own.empty() && own != type) {
    return malformed(
        fmt::format("{} was served as {} but says that it is {}", what, shown(type), shown(own)));
  }
  if (document.integer_or("schemaVersion") != 2) {
    return malformed(fmt::format("{} has a schemaVersion other than 2", what));
  }
  return {};
}

Result<Descriptor> parse_layer(const data::Value& value, std::size_t number) {
  auto layer = TRY(parse_descriptor(&value, fmt::format("layer {}", number)));
  const std::string& type = layer.media_type;
  if (std::find(layer_types.begin(), layer_types.end(), type) != layer_types.end()) return layer;
  const bool foreign = type.find("foreign") != std::string::npos ||
                       type.find("nondistributable") != std::string::npos;
  const bool encrypted = type.ends_with("+encrypted");
  return Error(Code::unimplemented, fmt::format("layer {} is of {} media type {}", number,
                                                foreign     ? "the non-distributable"
                                                : encrypted ? "the encrypted"
                                                            : "an unknown",
                                                shown(type)))
      .with_hint("layers must be tar, tar+gzip or tar+zstd");
}

Platform parse_platform_of(const data::Value& value) {
  Platform platform{value.string_or("os"), value.string_or("architecture"),
                    value.string_or("variant")};
  // Some builders name the architecture alone: containerd takes the host's system then.
  if (platform.os.empty() && !platform.architecture.empty()) platform.os = host_platform().os;
  return platform;
}

std::optional<Platform> parse_entry_platform(const data::Value* value) {
  if (value == nullptr || !value->is_object()) return std::nullopt;
  return parse_platform_of(*value);
}

bool is_attestation(const data::Value& entry, const std::optional<Platform>& platform) {
  if (platform && platform->os == "unknown" && platform->architecture == "unknown") return true;
  const auto* annotations = entry.find("annotations");
  return annotations != nullptr &&
         annotations->string_or("vnd.docker.reference.type") == "attestation-manifest";
}

}  // namespace

bool media_type::is_index(std::string_view type) {
  return type == oci_index || type == docker_list;
}
bool media_type::is_manifest(std::string_view type) {
  return type == oci_manifest || type == docker_manifest;
}

Result<Manifest> parse_manifest(std::string_view bytes, std::string_view type) {
  const auto document = TRY(parse_object(bytes, max_manifest, "the image manifest"));
  TRY(check_kind(document, type, "the image manifest"));
  Manifest manifest{TRY(parse_descriptor(document.find("config"), "the manifest's config")), {}};
  const std::string& config_type = manifest.config.media_type;
  if (std::find(config_types.begin(), config_types.end(), config_type) == config_types.end()) {
    return Error(Code::unimplemented,
                 fmt::format("this is no container image: its config is of media type {}",
                             shown(config_type)));
  }
  if (manifest.config.size > max_config) {
    return malformed(fmt::format("the image's config is longer than {} bytes", max_config));
  }
  const auto* layers = document.find("layers");
  if (layers == nullptr || !layers->is_array())
    return malformed("the image manifest has no layers");
  if (layers->elements().empty()) return malformed("the image has no layers");
  if (layers->elements().size() > max_layers) {
    return malformed(fmt::format("the image has more than {} layers", max_layers));
  }
  for (const auto& layer : layers->elements()) {
    manifest.layers.push_back(TRY(parse_layer(layer, manifest.layers.size() + 1)));
  }
  return manifest;
}

Result<Index> parse_index(std::string_view bytes, std::string_view type) {
  const auto document = TRY(parse_object(bytes, max_manifest, "the image index"));
  TRY(check_kind(document, type, "the image index"));
  const auto* manifests = document.find("manifests");
  if (manifests == nullptr || !manifests->is_array()) {
    return malformed("the image index lists no manifests");
  }
  if (manifests->elements().size() > max_entries) {
    return malformed(fmt::format("the image index lists more than {} manifests", max_entries));
  }
  Index index;
  for (const auto& entry : manifests->elements()) {
    const auto what = fmt::format("entry {} of the image index", index.entries.size() + 1);
    auto platform = parse_entry_platform(entry.find("platform"));
    const bool attestation = is_attestation(entry, platform);
    index.entries.push_back(
        {TRY(parse_descriptor(&entry, what)), std::move(platform), attestation});
  }
  return index;
}

Result<ImageConfig> parse_config(std::string_view bytes) {
  const auto document = TRY(parse_object(bytes, max_config, "the image's config"));
  ImageConfig config;
  config.platform = parse_platform_of(document);
  const auto* rootfs = document.find("rootfs");
  const auto* diff_ids = rootfs == nullptr ? nullptr : rootfs->find("diff_ids");
  if (diff_ids == nullptr || !diff_ids->is_array()) {
    return malformed("the image's config has no rootfs.diff_ids");
  }
  if (rootfs->string_or("type") != "layers") {
    return malformed("the image's config has a rootfs.type other than 'layers'");
  }
  for (const auto& element : diff_ids->elements()) {
    const auto* text = element.as_string();
    auto digest = Digest::parse(text == nullptr ? "" : *text);
    if (!digest) {
      return std::move(digest.error())
          .context("the image's config has a bad diff ID")
          .with_code(Code::data_loss);
    }
    config.diff_ids.push_back(*std::move(digest));
  }
  return config;
}

Result<Descriptor> select(const Index& index, const Platform& want) {
  const Index::Entry* best = nullptr;
  int best_match = 0;
  std::vector<std::string> offered;
  for (const auto& entry : index.entries) {
    if (entry.attestation || !media_type::is_manifest(entry.descriptor.media_type)) continue;
    // Without a platform only the config can tell: better than nothing, worse than a match.
    const int matched = entry.platform ? match(want, *entry.platform) : 1;
    if (entry.platform) offered.push_back(entry.platform->text());
    if (matched > best_match) {
      best = &entry;
      best_match = matched;
    }
  }
  if (best == nullptr) {
    const auto list =
        offered.empty() ? std::string("nothing") : fmt::format("{}", fmt::join(offered, ", "));
    return Error(Code::not_found, fmt::format("the image is not made for {}", want.text()))
        .with_hint(fmt::format("it is made for {}", list));
  }
  return best->descriptor;
}

std::vector<Digest> chain_ids(const std::vector<Digest>& diff_ids) {
  std::vector<Digest> chain;
  chain.reserve(diff_ids.size());
  for (const Digest& diff_id : diff_ids) {
    chain.push_back(chain.empty() ? diff_id
                                  : Digest::of(chain.back().text() + " " + diff_id.text()));
  }
  return chain;
}

}  // namespace flintctl::oci
