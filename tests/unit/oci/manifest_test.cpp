// SPDX-License-Identifier: Apache-2.0
#include "oci/manifest.hpp"

#include <fmt/format.h>

#include "support/catch.hpp"

using namespace flintctl;
using namespace flintctl::oci;

namespace {

const std::string hex_a(64, 'a');
const std::string hex_b(64, 'b');
constexpr const char* layer_type = "application/vnd.oci.image.layer.v1.tar+gzip";
constexpr const char* config_type = "application/vnd.oci.image.config.v1+json";

std::string descriptor(const std::string& type, const std::string& hex = hex_a,
                       const std::string& size = "7") {
  return fmt::format(R"({{"mediaType": "{}", "digest": "sha256:{}", "size": {}}})", type, hex,
                     size);
}

std::string manifest(const std::string& layers, const std::string& more = "") {
  return fmt::format(R"({{"schemaVersion": 2, "config": {}, "layers": [{}]{}}})",
                     descriptor(config_type), layers, more);
}

Result<Manifest> parse(const std::string& text) {
  return parse_manifest(text, media_type::oci_manifest);
}

}  // namespace

TEST_CASE("a digest is sha256 in lower case and nothing else") {
  CHECK(Digest::parse("sha256:" + hex_a)->hex() == hex_a);
  for (const auto& bad :
       {hex_a, "sha256:" + std::string(64, 'A'), "sha256:" + std::string(63, 'a'),
        "sha512:" + hex_a + hex_a, "sha256:" + std::string(64, 'g'), std::string("sha256:")}) {
    INFO(bad);
    CHECK_FALSE(Digest::parse(bad));
  }
  CHECK(Digest::of("").text() ==
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("a manifest gives its config and layers") {
  const auto parsed = parse(manifest(descriptor(layer_type, hex_b, "12345678901")));
  REQUIRE(parsed);
  CHECK(parsed->config.digest.hex() == hex_a);
  REQUIRE(parsed->layers.size() == 1);
  CHECK(parsed->layers[0].digest.hex() == hex_b);
  CHECK(parsed->layers[0].size == 12345678901);
  CHECK(parse(manifest(descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip"))));
  CHECK(parse(manifest(descriptor("application/vnd.oci.image.layer.v1.tar+zstd"))));
}

TEST_CASE("what no honest registry sends is data_loss") {
  const std::string layer = descriptor(layer_type);
  const auto text = GENERATE_COPY(values<std::string>({
      "",
      "{",
      "[]",
      "{}",
      "null",
      manifest(""),
      manifest("{}"),
      manifest("null"),
      manifest(layer, R"(, "manifests": [])"),
      manifest(layer, R"(, "mediaType": "application/vnd.oci.image.index.v1+json")"),
      manifest(descriptor(layer_type, hex_a, "-1")),
      manifest(descriptor(layer_type, hex_a, "1.5")),
      manifest(descriptor(layer_type, hex_a, R"("7")")),
      manifest(descriptor(layer_type, hex_a, "99999999999999999999")),
      manifest(descriptor(layer_type, hex_a, "9000000000000000000")),
      manifest(descriptor(layer_type, std::string(63, 'a'))),
      manifest(descriptor("")),
      R"({"schemaVersion": 3, "layers": []})",
      manifest(layer) + "x",
      manifest(layer, R"(, "layers": [])"),
  }));
  INFO(text);
  const auto parsed = parse(text);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code() == Code::data_loss);
}

TEST_CASE("what flintctl does not handle is named") {
  const auto foreign =
      parse(manifest(descriptor("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")));
  REQUIRE_FALSE(foreign);
  CHECK(foreign.error().code() == Code::unimplemented);
  CHECK(foreign.error().text().find("non-distributable") != std::string::npos);
  const auto helm =
      parse(manifest(descriptor("application/vnd.cncf.helm.chart.content.v1.tar+gzip")));
  REQUIRE_FALSE(helm);
  CHECK(helm.error().text().find("helm.chart") != std::string::npos);
  const auto encrypted = parse(manifest(descriptor(std::string(layer_type) + "+encrypted")));
  CHECK_FALSE(encrypted);
  const auto schema1 = parse(R"({"schemaVersion": 1, "fsLayers": []})");
  REQUIRE_FALSE(schema1);
  CHECK(schema1.error().text().find("schema 1") != std::string::npos);
  const auto artifact = parse(fmt::format(R"({{"schemaVersion": 2, "config": {}, "layers": []}})",
                                          descriptor("application/vnd.oci.empty.v1+json")));
  REQUIRE_FALSE(artifact);
  CHECK(artifact.error().code() == Code::unimplemented);
}

TEST_CASE("a manifest of more than 4 MiB is refused unread") {
  const auto parsed = parse(std::string(max_manifest + 1, ' '));
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code() == Code::data_loss);
}

TEST_CASE("an index entry is chosen by platform, attestations never") {
  const auto entry = [](const std::string& hex, const std::string& more) {
    return fmt::format(R"({{"mediaType": "{}", "digest": "sha256:{}", "size": 7{}}})",
                       media_type::oci_manifest, hex, more);
  };
  const auto platform = [](const std::string& os, const std::string& arch,
                           const std::string& variant) {
    return fmt::format(R"(, "platform": {{"os": "{}", "architecture": "{}", "variant": "{}"}})", os,
                       arch, variant);
  };
  const std::string text = fmt::format(
      R"({{"schemaVersion": 2, "manifests": [{}, {}, {}, {}]}})",
      entry(std::string(64, '1'), platform("unknown", "unknown", "")),
      entry(std::string(64, '2'), platform("linux", "arm", "v6")),
      entry(std::string(64, '3'), platform("linux", "arm", "v7")),
      entry(std::string(64, '4'),
            platform("linux", "amd64", "") +
                R"(, "annotations": {"vnd.docker.reference.type": "attestation-manifest"})"));
  const auto index = parse_index(text, media_type::oci_index);
  REQUIRE(index);
  CHECK(select(*index, {"linux", "arm", "v7"})->digest.hex() == std::string(64, '3'));
  CHECK(select(*index, {"linux", "arm", "v6"})->digest.hex() == std::string(64, '2'));
  const auto none = select(*index, {"linux", "amd64", ""});
  REQUIRE_FALSE(none);
  CHECK(none.error().code() == Code::not_found);
  CHECK(none.error().hint().find("linux/arm/v7") != std::string_view::npos);
}

TEST_CASE("an entry without a platform is better than nothing") {
  const auto index = parse_index(fmt::format(R"({{"schemaVersion": 2, "manifests": [{}]}})",
                                             descriptor(std::string(media_type::docker_manifest))),
                                 media_type::oci_index);
  REQUIRE(index);
  CHECK(select(*index, {"linux", "amd64", ""}));
}

TEST_CASE("an architecture without a system is for this one, as containerd takes it") {
  const std::string entry = descriptor(std::string(media_type::docker_manifest));
  const auto index = parse_index(
      fmt::format(
          R"({{"schemaVersion": 2, "manifests": [{}, "platform": {{"architecture":"arm64"}}}}]}})",
          entry.substr(0, entry.rfind('}'))),
      media_type::oci_index);
  REQUIRE(index);
  CHECK(select(*index, {"linux", "arm64", ""}));
  CHECK_FALSE(select(*index, {"linux", "amd64", ""}));
  const auto platform_of = [](const std::string& fields) {
    const auto config =
        parse_config("{" + fields + R"("rootfs": {"type": "layers", "diff_ids": []}})");
    REQUIRE(config);
    return config->platform;
  };
  CHECK(platform_of(R"("os": "", "architecture": "amd64",)").text() == "linux/amd64");
  CHECK(platform_of("").os.empty());  // nothing was said
}

TEST_CASE("a config gives platform and diff IDs") {
  const auto config = parse_config(fmt::format(
      R"({{"os": "linux", "architecture": "amd64", "rootfs": {{"type": "layers", "diff_ids": ["sha256:{}"]}}}})",
      hex_a));
  REQUIRE(config);
  CHECK(config->platform.text() == "linux/amd64");
  CHECK(config->diff_ids.size() == 1);
  for (const char* bad : {"{}", R"({"rootfs": {"type": "layers"}})",
                          R"({"rootfs": {"type": "base", "diff_ids": []}})",
                          R"({"rootfs": {"type": "layers", "diff_ids": [1]}})",
                          R"({"rootfs": {"type": "layers", "diff_ids": ["x"]}})"}) {
    INFO(bad);
    REQUIRE_FALSE(parse_config(bad));
    CHECK(parse_config(bad).error().code() == Code::data_loss);
  }
}

TEST_CASE("chain IDs follow the image specification") {
  const auto a = *Digest::parse("sha256:" + hex_a);
  const auto b = *Digest::parse("sha256:" + hex_b);
  const auto chain = chain_ids({a, b});
  REQUIRE(chain.size() == 2);
  CHECK(chain[0] == a);
  // printf 'sha256:aa… sha256:bb…' | sha256sum
  CHECK(chain[1] == Digest::of("sha256:" + hex_a + " sha256:" + hex_b));
  CHECK(chain_ids({}).empty());
}
