// SPDX-License-Identifier: Apache-2.0
// Any sequence of members applied to a folder must leave what is beside the folder alone. The input
// chooses members from a small alphabet of names, so that they meet.
#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cstdlib>
#include <string>
#include <thread>

#include "archive/applier.hpp"
#include "archive/sandbox.hpp"
#include "support/archive/folder.hpp"
#include "support/archive/tar_builder.hpp"

namespace {

using flintctl::UniqueFd;
using flintctl::testing::Folder;
using flintctl::testing::TarBuilder;

constexpr std::array names = {"a",
                              "b",
                              "a/b",
                              "b/a",
                              "a/b/c",
                              "..",
                              "../a",
                              "a/../b",
                              "/a",
                              "c",
                              "c/a",
                              "../secret",
                              ".wh.a",
                              "a/.wh.b",
                              ".wh..",
                              ".wh..wh..opq",
                              "a/.wh..wh..opq",
                              "b/../../c",
                              "./c/",
                              "a/b/.wh.c"};
constexpr std::array targets = {"a",    "b",     "..",         "../secret", "/",        "/a/b",
                                "c/..", "../..", "../outside", ".",         "missing/x"};
constexpr std::array types = {'0', '1', '2', '5', '6'};

class Whole final : public flintctl::archive::ByteSource {
 public:
  explicit Whole(std::string bytes) : bytes_(std::move(bytes)) {}
  flintctl::Result<std::string_view> next() override {
    const std::string_view piece = read_ ? std::string_view() : std::string_view(bytes_);
    read_ = true;
    return piece;
  }

 private:
  std::string bytes_;
  bool read_ = false;
};

std::string tar_of(const std::uint8_t* data, std::size_t size) {
  TarBuilder tar;
  for (std::size_t i = 0; i + 3 <= size && i < 3 * 64; i += 3) {
    tar.add({.name = names[data[i] % names.size()],
             .type = types[data[i + 1] % types.size()],
             .link = targets[data[i + 2] % targets.size()],
             .mode = 0755});
  }
  return tar.finish();
}

/// Not in the sandbox: the tree must hold without it.
void apply_layer(const std::string& root, const std::string& bytes) {
  auto tree = flintctl::archive::Tree::open(
      UniqueFd(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
  if (!tree) std::abort();
  Whole source(bytes);
  flintctl::archive::TarReader reader(source);
  flintctl::archive::Applier applier(*tree);
  (void)applier.apply(reader, 1000);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Folder outer;
  ::mkdir(outer.path("root").c_str(), 0755);
  ::mkdir(outer.path("outside").c_str(), 0755);
  outer.write("secret", "secret");
  apply_layer(outer.path("root"), tar_of(data, size));
  const bool untouched = outer.read("secret") == "secret" && outer.status("secret").st_nlink == 1 &&
                         std::filesystem::is_empty(outer.path("outside")) && !outer.has("a") &&
                         !outer.has("b") && !outer.has("c") && !outer.has("missing");
  if (!untouched) std::abort();
  return 0;
}
