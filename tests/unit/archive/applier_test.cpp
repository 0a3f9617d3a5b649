// SPDX-License-Identifier: Apache-2.0
#include "archive/applier.hpp"

#include <malloc.h>

#include <utility>

#include "unpacking.hpp"

namespace flintctl::archive {
namespace {

using testing::Folder;
using testing::TarBuilder;

TEST_CASE("files, folders and links are made as the layer says") {
  const Folder root;
  TarBuilder tar;
  tar.folder("./").folder("./etc/", 0750).file("./etc/passwd", "root").symlink("etc/link", "/abs");
  tar.add({.name = "bin/tool", .data = "x", .mode = 04755})
      .file("bin/one")
      .hard_link("bin/two", "bin/one");
  tar.add({.name = "fifo", .type = '6', .mode = 0620});
  tar.add({.name = "tmp", .type = '5', .mode = 01777});
  require_applied(root, tar);
  CHECK(root.read("etc/passwd") == "root");
  CHECK(root.mode("etc") == 0750);
  CHECK(root.link("etc/link") == "/abs");
  CHECK(root.mode("bin/tool") == 04755);
  CHECK(root.mode("bin") == 0755);  // nobody named it
  CHECK(root.status("bin/one").st_ino == root.status("bin/two").st_ino);
  CHECK(S_ISFIFO(root.status("fifo").st_mode));
  CHECK(root.mode("fifo") == 0620);
  CHECK(root.mode("tmp") == 01777);
}

TEST_CASE("times are the layer's, those of folders too") {
  const Folder root;
  TarBuilder tar;
  tar.add({.name = "d", .type = '5', .mode = 0755, .mtime = 100});
  tar.add({.name = "d/file", .mtime = 200, .pax = {{"mtime", "200.25"}, {"atime", "300"}}});
  tar.add({.name = "link", .type = '2', .link = "d", .mtime = 400});
  tar.add({.name = "early", .mtime = -1});
  require_applied(root, tar);
  CHECK(root.status("d").st_mtim.tv_sec == 100);
  CHECK(root.status("d/file").st_mtim.tv_sec == 200);
  CHECK(root.status("d/file").st_mtim.tv_nsec == 250'000'000);
  CHECK(root.status("d/file").st_atim.tv_sec == 300);
  CHECK(root.status("link").st_mtim.tv_sec == 400);
  CHECK(root.status("early").st_mtim.tv_sec == 0);
}

TEST_CASE("a member replaces what is there, but folders merge") {
  const Folder root;
  TarBuilder lower;
  lower.file("file", "old").folder("dir").file("dir/kept", "kept").symlink("link", "dir");
  lower.folder("gone/deep/er").file("gone/deep/er/file").file("becomes-dir");
  require_applied(root, lower);
  TarBuilder upper;
  upper.file("file", "new").folder("dir", 0700).file("gone", "a file now");
  upper.folder("becomes-dir").file("becomes-dir/x", "x").folder("link").file("link/y", "y");
  require_applied(root, upper);
  CHECK(root.read("file") == "new");
  CHECK(root.mode("dir") == 0700);
  CHECK(root.read("dir/kept") == "kept");
  CHECK(root.read("gone") == "a file now");
  CHECK(root.read("becomes-dir/x") == "x");
  CHECK(S_ISDIR(root.status("link").st_mode));  // not its target
  CHECK_FALSE(root.has("dir/y"));
}

TEST_CASE("writing over one name of a file leaves its other names alone") {
  const Folder root;
  TarBuilder lower;
  lower.file("a", "old").hard_link("b", "a");
  require_applied(root, lower);
  require_applied(root, TarBuilder().file("a", "new"));
  CHECK(root.read("a") == "new");
  CHECK(root.read("b") == "old");
}

TEST_CASE("the last of several members of one name counts") {
  const Folder root;
  TarBuilder tar;
  tar.file("x", "1").file("x", "2").symlink("y", "x").file("y", "3").folder("z").file("z", "4");
  require_applied(root, tar);
  CHECK(root.read("x") == "2");
  CHECK(root.read("y") == "3");
  CHECK(root.read("z") == "4");
}

TEST_CASE("whiteouts remove") {
  const Folder root;
  TarBuilder lower;
  lower.file("a/file").file("a/other").file("b/c/d").symlink("link", "a");
  require_applied(root, lower);
  TarBuilder upper;
  upper.file("a/.wh.file").file(".wh.b").file(".wh.link").file(".wh.never-there");
  require_applied(root, upper);
  CHECK_FALSE(root.has("a/file"));
  CHECK(root.has("a/other"));
  CHECK_FALSE(root.has("b"));
  CHECK_FALSE(root.has("link"));
  CHECK_FALSE(root.has("a/.wh.file"));
}

TEST_CASE("a whiteout through a link in its parent removes inside the root") {
  const Folder root;
  TarBuilder tar;
  tar.file("real/file").symlink("link", "/real").file("link/.wh.file");
  require_applied(root, tar);
  CHECK_FALSE(root.has("real/file"));
  CHECK(root.has("link"));
}

TEST_CASE("opaque markers spare what their own layer has, wherever they stand") {
  const Folder root;
  TarBuilder lower;
  lower.file("d/old").file("d/sub/old").file("d/both/old");
  require_applied(root, lower);
  TarBuilder upper;
  upper.file("d/new", "n")
      .folder("d/both")
      .file("d/both/new")
      .file("d/.wh..wh..opq")
      .file("d/late");
  require_applied(root, upper);
  CHECK_FALSE(root.has("d/old"));
  CHECK_FALSE(root.has("d/sub"));
  CHECK(root.read("d/new") == "n");
  CHECK(root.has("d/both/new"));
  CHECK_FALSE(root.has("d/both/old"));
  CHECK(root.has("d/late"));
}

TEST_CASE("an opaque marker makes its folder, and clears the root") {
  const Folder root;
  require_applied(root, TarBuilder().file("old"));
  require_applied(root, TarBuilder().file("new").file(".wh..wh..opq").file("n/.wh..wh..opq"));
  CHECK_FALSE(root.has("old"));
  CHECK(root.has("new"));
  CHECK(root.has("n"));
}

TEST_CASE("other names of aufs are whiteouts of names that are not there") {
  const Folder root;
  require_applied(root, TarBuilder().file(".wh..wh.aufs").folder(".wh..wh.plnk").file("x"));
  CHECK(root.has("x"));
  CHECK_FALSE(root.has(".wh..wh.aufs"));
}

TEST_CASE("a link where a folder was is followed at once") {
  const Folder root;
  TarBuilder tar;
  tar.file("a/one").folder("b").symlink("a", "b").file("a/two");
  require_applied(root, tar);
  CHECK(root.link("a") == "b");
  CHECK_FALSE(root.has("b/one"));
  CHECK(root.has("b/two"));
}

TEST_CASE("a file that was removed in the middle is not where it was") {
  const Folder root;
  TarBuilder tar;
  tar.file("d/one").file(".wh.d").file("d/two");
  require_applied(root, tar);
  CHECK_FALSE(root.has("d/one"));
  CHECK(root.has("d/two"));
}

TEST_CASE("holes stay holes") {
  const Folder root;
  TarBuilder tar;
  tar.add({.name = "sparse",
           .data = "ABCD",
           .pax = {{"GNU.sparse.size", "8388608"}, {"GNU.sparse.map", "0,2,4194304,2"}}});
  require_applied(root, tar);
  const std::string bytes = root.read("sparse");
  CHECK(bytes.size() == 8'388'608);
  CHECK(bytes.substr(0, 3) == std::string("AB\0", 3));
  CHECK(bytes.substr(4'194'304, 3) == std::string("CD\0", 3));
  CHECK(root.status("sparse").st_blocks < 1024);
}

TEST_CASE("hard links reach files of lower layers, and links themselves") {
  const Folder root;
  require_applied(root, TarBuilder().file("low", "l").symlink("sym", "low"));
  require_applied(root, TarBuilder().hard_link("d/same", "low").hard_link("d/sym", "./sym"));
  CHECK(root.status("d/same").st_ino == root.status("low").st_ino);
  CHECK(root.link("d/sym") == "low");
  CHECK(root.status("d/sym").st_nlink == 2);
}

TEST_CASE("many folders at once") {
  const Folder root;
  TarBuilder tar;
  for (int i = 0; i < 600; ++i) tar.file("d" + std::to_string(i) + "/f", std::to_string(i));
  for (int i = 0; i < 600; ++i) tar.file("d" + std::to_string(i) + "/g", std::to_string(i));
  require_applied(root, tar);
  for (const int i : {0, 299, 599}) {
    CHECK(root.read("d" + std::to_string(i) + "/f") == std::to_string(i));
    CHECK(root.read("d" + std::to_string(i) + "/g") == std::to_string(i));
  }
}

TEST_CASE("folders that hand down their group do not change what the layer says") {
  const Folder root;
  TarBuilder tar;
  tar.add({.name = "d", .type = '5', .mode = 02775}).folder("d/sub", 0755).file("d/file");
  require_applied(root, tar);
  CHECK(root.mode("d") == 02775);
  CHECK(root.mode("d/sub") == 0755);
  CHECK(root.mode("d/file") == 0644);
}

/// A tar's bytes at once.
class Whole final : public ByteSource {
 public:
  explicit Whole(std::string bytes) : bytes_(std::move(bytes)) {}
  Result<std::string_view> next() override {
    return std::exchange(given_, true) ? std::string_view() : std::string_view(bytes_);
  }

 private:
  std::string bytes_;
  bool given_ = false;
};

TEST_CASE("a layer's files cost hardly any memory, however long their names are") {
  const Folder root;
  constexpr std::size_t count = 3000;
  TarBuilder tar;
  for (std::size_t i = 0; i < count; ++i) tar.file(std::string(230, 'n') + std::to_string(i));
  Whole bytes(tar.finish());
  TarReader reader(bytes);
  auto tree = Tree::open(root.open());
  REQUIRE(tree);
  Applier applier(*tree);
  const auto taken = [] {
    const auto now = ::mallinfo2();
    return now.uordblks + now.hblkhd;
  };
  const std::size_t before = taken();
  REQUIRE(applier.apply(reader, count));
  CHECK(applier.entries() == count);
  // With the most files that a layer may have, a third of the extractor's 512 MiB.
  CHECK(taken() < before + count * 64);
}

}  // namespace
}  // namespace flintctl::archive
