// SPDX-License-Identifier: Apache-2.0
#include "image/saved_image.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "support/archive/folder.hpp"
#include "support/archive/tar_builder.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

namespace flintctl::image {
namespace {

using testing::Folder;
using testing::TarBuilder;

Result<std::vector<SavedImage>> read(const Folder& folder, const std::string& tar) {
  folder.write("tar", tar);
  const UniqueFd fd = TRY(sys::open(folder.path("tar"), O_RDONLY));
  const archive::Limits limits;
  const auto files = TRY(LocalFiles::in_tar(fd.get(), folder.path("spool"), limits.bytes));
  return read_saved_images(files, {"linux", "amd64", ""}, limits);
}

/// As docker saved images before version 25: a folder with three files for each layer.
std::string saved(int images, int layers) {
  TarBuilder tar;
  std::vector<std::string> entries;
  for (int image = 0; image < images; ++image) {
    std::vector<std::string> names;
    std::vector<std::string> ids;
    for (int layer = 0; layer < layers; ++layer) {
      const auto folder = fmt::format("{:060}{:02}{:02}", 0, image, layer);
      // Some are small, some are not.
      const std::string content(layer % 2 == 0 ? 20'000 : 20, 'x');
      const auto bytes = TarBuilder().file(folder, content).finish();
      tar.folder(folder).file(folder + "/VERSION", "1.0").file(folder + "/json", "{}");
      tar.file(folder + "/layer.tar", bytes);
      names.push_back(fmt::format("\"{}/layer.tar\"", folder));
      ids.push_back(fmt::format("\"{}\"", oci::Digest::of(bytes).text()));
    }
    tar.file(fmt::format("{}.json", image),
             fmt::format(R"({{"architecture":"amd64","os":"linux","rootfs":{{"type":"layers",)"
                         R"("diff_ids":[{}]}}}})",
                         fmt::join(ids, ",")));
    entries.push_back(
        fmt::format(R"({{"Config":"{0}.json","RepoTags":["app:{0}"],"Layers":[{1}]}})", image,
                    fmt::join(names, ",")));
  }
  return tar.file("manifest.json", fmt::format("[{}]", fmt::join(entries, ","))).finish();
}

TEST_CASE("an archive holds several images of as many layers as an image may have") {
  const Folder folder;
  const auto images = read(folder, saved(8, 127));
  INFO((images ? std::string() : images.error().text()));
  REQUIRE(images);
  REQUIRE(images->size() == 8);
  std::size_t layers = 0;
  for (const auto& image : *images) layers += image.layers.size();
  CHECK(layers == 8 * 127);  // more than a process may have files open by default
  CHECK(images->back().names == std::vector<std::string>{"app:7"});
}

TEST_CASE("the tar of a file system is told from an archive of images before memory is full") {
  const Folder folder;
  TarBuilder tar;
  for (int i = 0; i < 9000; ++i) {
    tar.file(fmt::format("usr/share/doc/{}", i), std::string(4096, 'x'));
  }
  const auto images = read(folder, tar.finish());
  REQUIRE_FALSE(images);
  CHECK(images.error().code() == Code::invalid_argument);
  CHECK(images.error().text().find("more files than an archive of images") != std::string::npos);
  CHECK(images.error().hint().find("--rootfs") != std::string::npos);
}

}  // namespace
}  // namespace flintctl::image
