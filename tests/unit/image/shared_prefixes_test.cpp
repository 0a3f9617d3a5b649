// SPDX-License-Identifier: Apache-2.0
#include "image/shared_prefixes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "image/records.hpp"
#include "support/catch.hpp"
#include "support/containerd/fake_client.hpp"

namespace flintctl::image {
namespace {

/// An image of layers of these diff IDs; in an index of its own, if that is wanted.
Documents documents_of(const std::vector<std::string>& layers, bool indexed = false) {
  std::vector<std::string> ids;
  std::vector<std::string> descriptors;
  for (const auto& layer : layers) {
    const auto digest = oci::Digest::of(layer).text();
    ids.push_back(fmt::format("\"{}\"", digest));
    descriptors.push_back(fmt::format(
        R"({{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{}","size":5}})",
        digest));
  }
  const auto type = [](const std::string& word) {
    return "application/vnd.oci.image." + word + ".v1+json";
  };
  const auto described = [&](const std::string& word, const std::string& bytes) {
    return fmt::format(R"({{"mediaType":"{}","digest":"{}","size":{}}})", type(word),
                       oci::Digest::of(bytes).text(), bytes.size());
  };
  const auto config = fmt::format(
      R"({{"architecture":"amd64","os":"linux","rootfs":{{"type":"layers","diff_ids":[{}]}}}})",
      fmt::join(ids, ","));
  const auto manifest =
      fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","config":{},"layers":[{}]}})",
                  type("manifest"), described("config", config), fmt::join(descriptors, ","));
  const auto index = fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","manifests":[{}]}})",
                                 type("index"), described("manifest", manifest));
  const auto& top = indexed ? index : manifest;
  auto read =
      read_documents({type(indexed ? "index" : "manifest"), oci::Digest::of(top), top.size()},
                     oci::Platform{"linux", "amd64", ""},
                     [&](const oci::Descriptor& wanted, DocumentKind) -> Result<std::string> {
                       for (const auto& text : {index, manifest, config}) {
                         if (oci::Digest::of(text) == wanted.digest) return text;
                       }
                       return Error(Code::internal, "asked for something else");
                     });
  INFO((read ? std::string() : read.error().text()));
  REQUIRE(read);
  return *std::move(read);
}

enum class By { us, another };

void add(containerd::FakeClient& client, const std::string& name, const Documents& documents,
         By by) {
  // One for all: each lease that goes has everything looked through.
  if (client.lease_list({})->empty()) REQUIRE(client.lease_create("pull", {}));
  const auto leased = client.with_lease("pull");
  const auto reference = oci::Reference::parse("registry.example/" + name);
  REQUIRE(reference);
  REQUIRE(write_records(*leased, *reference, documents, std::nullopt, Origin::local));
  if (by == By::another) {
    REQUIRE(client.content_update_labels(documents.target().digest.text(),
                                         {{chain_label(documents.parsed_config), ""}}));
  }
}

TEST_CASE("what an image shares with hundreds of others is asked for twice") {
  containerd::FakeClient client;
  for (int i = 0; i < 120; ++i) {
    const auto own = std::to_string(i);
    add(client, fmt::format("a{:03}:1", i), documents_of({"base " + own, own}, i % 2 == 0), By::us);
  }
  // Found whatever their place in the list.
  add(client, "z1:1", documents_of({"one", "two", "z1"}, true), By::us);
  add(client, "z2:1", documents_of({"one", "z2"}), By::us);
  client.clear_calls();
  const auto shared = shared_prefixes(client, documents_of({"one", "two", "three", "four"}),
                                      {"linux", "amd64", ""});
  REQUIRE(shared);
  CHECK(*shared == std::set<std::size_t>{1, 2});
  CHECK(client.calls().size() == 2);
}

TEST_CASE("images that others recorded are read, but not all of many") {
  containerd::FakeClient client;
  add(client, "a:1", documents_of({"one", "a"}), By::another);
  for (int i = 0; i < 100; ++i) {
    add(client, fmt::format("b{:03}:1", i), documents_of({std::to_string(i)}), By::another);
  }
  add(client, "z:1", documents_of({"one", "two", "z"}), By::us);
  client.clear_calls();
  const auto shared =
      shared_prefixes(client, documents_of({"one", "two", "three"}), {"linux", "amd64", ""});
  REQUIRE(shared);
  CHECK(*shared == std::set<std::size_t>{1, 2});
  CHECK(client.count("content_read") == 2 * 64);
  // Pulled again it is found at once.
  add(client, "b099:1", documents_of({"one", "two", "three", "b"}), By::us);
  CHECK(shared_prefixes(client, documents_of({"one", "two", "three"}), {"linux", "amd64", ""})
            ->contains(3));
}

TEST_CASE("an architecture that is none names no label") {
  oci::ImageConfig config;
  CHECK(chain_label(config).empty());
  config.platform.architecture = "arm64";
  CHECK(chain_label(config) == "flintctl.dev/chain.arm64");
  for (const std::string name : {"a\"b", "a,b", "x==y"}) {
    config.platform.architecture = name;
    CHECK(chain_label(config).empty());
  }
  config.platform.architecture = std::string(100, 'a');
  CHECK(chain_label(config).empty());
}

}  // namespace
}  // namespace flintctl::image
