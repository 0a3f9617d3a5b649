// SPDX-License-Identifier: Apache-2.0
// The same layers applied by containerd and by us must give the same tree.
#include <fmt/format.h>

#include <list>

#include "layers.hpp"
#include "support/catch.hpp"
#include "support/containerd/private_containerd.hpp"
#include "sys/file.hpp"
#include "sys/process.hpp"
#include "tree_listing.hpp"

namespace flintctl::archive {
namespace {

using testing::Folder;
using testing::TarBuilder;

const std::string capability("\1\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);

std::string digest_of(const std::string& bytes) { return "sha256:" + sys::sha256_hex(bytes); }

/// What a base image has, and every kind of member.
std::string base_layer() {
  TarBuilder tar;
  tar.add({.name = "./", .type = '5', .mode = 0700, .mtime = 5});
  tar.folder("./etc/").file("./etc/passwd", "root:x:0:0\n").file("etc/removed", "x");
  tar.folder("usr/bin").symlink("bin", "usr/bin").file("bin/tool", std::string(300'000, 't'));
  tar.hard_link("bin/same", "usr/bin/tool").hard_link("bin/abs", "/usr/bin/tool");
  tar.add({.name = "usr/bin/su", .data = "s", .mode = 04755, .uid = 0, .gid = 42});
  tar.add({.name = "usr/bin/ping",
           .data = "p",
           .mode = 0755,
           .uid = 1000,
           .gid = 1000,
           .pax = {{"SCHILY.xattr.security.capability", capability},
                   {"SCHILY.xattr.user.a", "1"},
                   {"SCHILY.xattr.trusted.b", "2"}}});
  tar.add({.name = "tmp", .type = '5', .mode = 01777, .mtime = 77});
  tar.add({.name = "dev/null", .type = '3', .mode = 0666, .major = 1, .minor = 3});
  tar.add({.name = "dev/sda", .type = '4', .mode = 0660, .gid = 6, .major = 8, .minor = 0});
  tar.add({.name = "run/fifo", .type = '6', .mode = 0644});
  tar.add({.name = "big/owner", .uid = 3'000'000'000, .gid = 70'000});
  tar.add({.name = "x", .pax = {{"path", "pax/e\xcc\x81"}, {"mtime", "1234567890.987654321"}}});
  tar.file("gnu/" + std::string(150, 'n')).symlink("gnu/link", std::string(150, 't'));
  tar.add({.name = "sticky/dir", .type = '5', .mode = 02775, .gid = 50}).file("sticky/dir/file");
  tar.add({.name = "sticky/dir/sub", .type = '5', .mode = 0755}).file("implicit/a/b/c");
  tar.add({.name = "old-time", .mtime = -100}).add({.name = "late", .mtime = 0x7fffffffffLL});
  tar.add({.name = "sparse",
           .data = "ABCD",
           .pax = {{"GNU.sparse.size", "100000"},
                   {"GNU.sparse.major", "0"},
                   {"GNU.sparse.minor", "1"},
                   {"GNU.sparse.name", "sparse"},
                   {"GNU.sparse.numblocks", "3"},
                   {"GNU.sparse.map", "0,2,50000,2,100000,0"}}});
  tar.file("opaque/old").file("opaque/sub/old").file("replaced/by/file").file("becomes/x");
  tar.symlink("loop-target", "opaque").symlink("dangling", "/made/by/need");
  tar.file("\xff\xfe-no-utf8", "bytes");
  return tar.finish();
}

/// What a later layer does to it.
std::string upper_layer() {
  TarBuilder tar;
  tar.file("etc/.wh.removed").file("etc/.wh.never").file("bin/.wh.same");
  tar.file("opaque/new").file("opaque/.wh..wh..opq").file("opaque/late");
  tar.file("replaced", "a file now").folder("becomes", 0711);
  tar.add({.name = "etc", .type = '5', .mode = 0750, .uid = 9, .mtime = 99});
  tar.add({.name = "usr/bin/su", .data = "new", .mode = 02711, .uid = 8, .gid = 8});
  tar.hard_link("usr/bin/linked", "usr/bin/ping").hard_link("sym-again", "loop-target");
  tar.file("loop-target/through", "x").file("dangling/file", "y");
  tar.file("twice", "1").file("twice", "2").symlink("thrice", "a").file("thrice", "3");
  tar.folder("climb/../climbed").file("./climb/../climbed/x", "up").file("/abs/y", "abs");
  tar.symlink("tmp", "elsewhere").file("tmp/file", "z");
  tar.add({.name = "dir-time", .type = '5', .mode = 0755, .mtime = 1000}).file("dir-time/f");
  tar.file(".wh..wh.aufs").file(".wh..wh.orph/x");
  return tar.finish();
}

/// An image as `ctr images import` reads it.
std::string oci_archive(const std::vector<std::string>& layers) {
  std::string diff_ids;
  std::string descriptors;
  TarBuilder tar;
  const auto blob = [&](const std::string& bytes) {
    tar.file("blobs/sha256/" + sys::sha256_hex(bytes), bytes);
    return fmt::format(R"("digest":"{}","size":{})", digest_of(bytes), bytes.size());
  };
  for (const auto& layer : layers) {
    const char* const comma = diff_ids.empty() ? "" : ",";
    diff_ids += fmt::format(R"({}"{}")", comma, digest_of(layer));
    descriptors += fmt::format(R"({}{{"mediaType":"application/vnd.oci.image.layer.v1.tar",{}}})",
                               comma, blob(layer));
  }
  const std::string config = blob(fmt::format(
      R"({{"architecture":"amd64","os":"linux","rootfs":{{"type":"layers","diff_ids":[{}]}}}})",
      diff_ids));
  const std::string manifest = blob(fmt::format(
      R"({{"schemaVersion":2,"config":{{"mediaType":"application/vnd.oci.image.config.v1+json",{}}},"layers":[{}]}})",
      config, descriptors));
  tar.file("index.json",
           fmt::format(R"({{"schemaVersion":2,"manifests":[{{"mediaType":)"
                       R"("application/vnd.oci.image.manifest.v1+json",{},"annotations":)"
                       R"({{"io.containerd.image.name":"example.test/image:1"}}}}]}})",
                       manifest));
  tar.file("oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
  return tar.finish();
}

/// The folder in which containerd's native snapshotter has what it made of the layers.
std::string unpacked_by(const containerd::PrivateContainerd& daemon,
                        const std::vector<std::string>& layers) {
  const Folder folder;
  folder.write("image.tar", oci_archive(layers));
  const auto imported = sys::run({"/usr/bin/ctr", "-a", daemon.address(), "-n", "differ", "images",
                                  "import", "--snapshotter", "native", folder.path("image.tar")});
  REQUIRE(imported);
  INFO(imported->err);
  REQUIRE(imported->status.ok());
  std::string chain = digest_of(layers.front());
  for (std::size_t i = 1; i < layers.size(); ++i) {
    chain = digest_of(chain + " " + digest_of(layers[i]));
  }
  auto client = daemon.connect("differ");
  REQUIRE(client);
  const auto mounts = (*client)->snapshot_view("native", "look", chain, {});
  INFO((mounts ? std::string() : mounts.error().text()));
  REQUIRE(mounts);
  return mounts->front().source;
}

void compare(const std::vector<std::string>& tars, FolderTimes times) {
  const auto daemon = containerd::PrivateContainerd::start();
  INFO((daemon ? std::string() : daemon.error().text()));
  REQUIRE(daemon);
  const auto theirs = list_tree(unpacked_by(**daemon, tars), times);

  const Folder folder;
  std::list<LayerFile> files;
  std::vector<Layer> layers;
  for (const auto& tar : tars) layers.push_back(files.emplace_back(tar).layer());
  const auto applied = extract(bind_of(folder.path()), layers);
  INFO((applied ? std::string() : applied.error().text()));
  REQUIRE(applied);
  const auto ours = list_tree(folder.path(), times);

  CHECK(theirs.size() > 40);
  for (const auto& [name, description] : theirs) {
    INFO(name);
    const auto found = ours.find(name);
    CHECK((found == ours.end() ? "<missing>" : found->second) == description);
  }
  for (const auto& [name, description] : ours) {
    INFO(name << " " << description);
    CHECK(theirs.contains(name));
  }
}

TEST_CASE("a layer applied by containerd and by us gives the same tree") {
  compare({base_layer()}, FolderTimes::compared);
}

TEST_CASE("a layer over another gives the same tree") {
  // The native snapshotter copies the lower layer, and loses the times of its folders by that.
  compare({base_layer(), upper_layer()}, FolderTimes::ignored);
}

}  // namespace
}  // namespace flintctl::archive
