// SPDX-License-Identifier: Apache-2.0
#include "image/documents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "support/catch.hpp"

using namespace flintctl;
using namespace flintctl::image;

namespace {

const oci::Platform amd64{"linux", "amd64", ""};
constexpr const char* index_type = "application/vnd.oci.image.index.v1+json";

/// Documents by digest, as a registry has them.
class Store {
 public:
  oci::Descriptor add(const std::string& type, const std::string& bytes) {
    const oci::Descriptor descriptor{type, oci::Digest::of(bytes), bytes.size()};
    bytes_[descriptor.digest.text()] = bytes;
    return descriptor;
  }

  /// An image of `layers` layers.
  oci::Descriptor image(std::size_t layers = 1, const std::string& architecture = "amd64") {
    std::string diff_ids;
    std::string entries;
    for (std::size_t number = 0; number < layers; ++number) {
      const auto digest = oci::Digest::of(fmt::format("layer {}", number)).text();
      diff_ids += fmt::format("{}\"{}\"", number == 0 ? "" : ",", digest);
      entries += fmt::format(
          R"({}{{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{}","size":0}})",
          number == 0 ? "" : ",", digest);
    }
    const auto config = add(
        "application/vnd.oci.image.config.v1+json",
        fmt::format(
            R"({{"architecture":"{}","os":"linux","rootfs":{{"type":"layers","diff_ids":[{}]}}}})",
            architecture, diff_ids));
    return add("application/vnd.oci.image.manifest.v1+json",
               fmt::format(R"({{"schemaVersion":2,"config":{},"layers":[{}]}})", text(config, ""),
                           entries));
  }

  oci::Descriptor index(const std::vector<std::pair<oci::Descriptor, std::string>>& entries) {
    std::string list;
    for (const auto& [descriptor, platform] : entries) {
      list += (list.empty() ? "" : ",") + text(descriptor, platform);
    }
    return add(index_type, fmt::format(R"({{"schemaVersion":2,"manifests":[{}]}})", list));
  }

  Result<Documents> read(const oci::Descriptor& target, const PlatformChoice& platform = amd64) {
    reads = 0;
    return read_documents(target, platform,
                          [&](const oci::Descriptor& one, DocumentKind) -> Result<std::string> {
                            ++reads;
                            const auto found = bytes_.find(one.digest.text());
                            if (found == bytes_.end()) return Error(Code::not_found, "missing");
                            return found->second;
                          });
  }
  std::size_t reads = 0;

 private:
  /// `name`: "amd64" or "arm/v7".
  static std::string text(const oci::Descriptor& descriptor, const std::string& name) {
    const auto slash = std::min(name.find('/'), name.size());
    const auto platform =
        name.empty()
            ? std::string()
            : fmt::format(R"(,"platform":{{"os":"linux","architecture":"{}","variant":"{}"}})",
                          name.substr(0, slash), name.substr(std::min(slash + 1, name.size())));
    return fmt::format(R"({{"mediaType":"{}","digest":"{}","size":{}{}}})", descriptor.media_type,
                       descriptor.digest.text(), descriptor.size, platform);
  }
  std::map<std::string, std::string> bytes_;
};

}  // namespace

TEST_CASE("images of one layer and of 127 are read, those of none are not") {
  Store store;
  for (const std::size_t layers : {1U, 127U}) {
    const auto documents = store.read(store.image(layers));
    REQUIRE(documents);
    CHECK(documents->chain.size() == layers);
    CHECK(documents->indexes.empty());
  }
  CHECK(store.read(store.image(0)).error().code() == Code::data_loss);
  CHECK(store.read(store.image(513)).error().code() == Code::data_loss);
}

TEST_CASE("an index in an index is followed, and both are kept with what leads on") {
  Store store;
  const auto image = store.image();
  const auto inner = store.index({{store.image(2, "arm64"), "arm64"}, {image, "amd64"}});
  const auto other = store.index({{store.image(3, "arm64"), "arm64"}});
  const auto outer = store.index({{other, ""}, {inner, ""}});
  const auto documents = store.read(outer);
  REQUIRE(documents);
  CHECK(documents->manifest.descriptor.digest == image.digest);
  CHECK(documents->target().digest == outer.digest);
  REQUIRE(documents->indexes.size() == 2);
  CHECK(documents->indexes[0].position == 1);
  CHECK(documents->indexes[0].child == inner.digest);
  CHECK(documents->indexes[1].position == 1);
  CHECK(documents->indexes[1].child == image.digest);
}

TEST_CASE("indexes are nested so deep, and so many are read, not more") {
  Store store;
  auto deep = store.image();
  for (int level = 0; level < 40; ++level) deep = store.index({{deep, ""}});
  CHECK(store.read(deep).error().code() == Code::data_loss);
  CHECK(store.reads < 10);

  std::vector<std::pair<oci::Descriptor, std::string>> many;
  for (std::size_t number = 1; number < 100; ++number) {
    many.emplace_back(store.index({{store.image(number, "arm64"), "arm64"}}), "");
  }
  CHECK(store.read(store.index(many)).error().code() == Code::data_loss);
  CHECK(store.reads < 20);
}

TEST_CASE("an index that has nothing for the platform lists what it has") {
  Store store;
  const auto documents = store.read(store.index({{store.image(1, "arm64"), "arm64"}}));
  REQUIRE_FALSE(documents);
  CHECK(documents.error().code() == Code::not_found);
  CHECK(documents.error().hint().find("linux/arm64") != std::string_view::npos);
}

TEST_CASE("where another platform will do it is the first that is all here") {
  const PlatformChoice any(amd64, true);
  Store store;
  const auto arm = store.image(1, "arm64");
  const oci::Descriptor gone{"application/vnd.oci.image.manifest.v1+json", oci::Digest::of("gone"),
                             4};
  const auto others = store.index({{gone, "s390x"}, {arm, "arm64"}});
  CHECK_FALSE(store.read(others));
  CHECK(store.read(others, any)->manifest.descriptor.digest == arm.digest);
  CHECK(store.read(arm, any)->config.descriptor.size > 0);
  // But what is made for the wanted one and lacks a part is not looked at as another's.
  CHECK_FALSE(store.read(store.index({{gone, "amd64"}, {arm, "arm64"}}), any));
  CHECK(store.read(store.index({{arm, "arm64"}, {store.image(2), "amd64"}}), any)
            ->content.layers.size() == 2);
}

TEST_CASE("the variant that a config leaves out is the index's word, the architecture is not") {
  const oci::Platform v6{"linux", "arm", "v6"};
  Store store;
  const auto older = store.image(1, "arm");
  const auto newer = store.image(2, "arm");
  const auto both = store.read(store.index({{newer, "arm/v7"}, {older, "arm/v6"}}), v6);
  REQUIRE(both);
  CHECK(both->manifest.descriptor.digest == older.digest);
  CHECK(store.read(store.index({{older, "arm/v7"}, {older, "arm/v6"}}), v6));  // one for both
  CHECK(store.read(older, v6).error().code() == Code::not_found);              // v7, as ever
  CHECK(store.read(store.index({{older, ""}}), v6).error().code() == Code::not_found);
  const auto lie = store.index({{store.image(1, "arm64"), "arm/v6"}});
  CHECK(store.read(lie, v6).error().code() == Code::not_found);
}
