// SPDX-License-Identifier: Apache-2.0
// The same layers applied by containerd and by us must give the same tree.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "comparison.hpp"
#include "support/archive/folder.hpp"
#include "support/archive/tar_builder.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"
#include "sys/process.hpp"

namespace flintctl::archive {
namespace {

using testing::Folder;
using testing::TarBuilder;

const std::string capability("\1\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);

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

/// What `tar` makes of a folder with `arguments`.
std::string made_by_tar(const std::string& folder, const std::vector<std::string>& arguments) {
  const Folder out;
  std::vector<std::string> command = {"/usr/bin/tar", "-C", folder, "-cf", out.path("tar")};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const auto done = sys::run(command);
  REQUIRE(done);
  INFO(done->err);
  REQUIRE(done->status.ok());
  return out.read("tar");
}

/// A folder with what formats of tar store differently.
void fill(const Folder& folder) {
  const std::string deep = std::string(90, 'd') + "/" + std::string(90, 'e');
  REQUIRE(sys::make_directories(folder.path(deep)));
  folder.write(deep + "/" + std::string(90, 'f'), "deep");
  folder.write("plain", std::string(100'000, 'p'));
  folder.write("caf\xc3\xa9", "accent");
  folder.write("holes", "begin");
  REQUIRE(::truncate(folder.path("holes").c_str(), 5'000'000) == 0);
  std::ofstream(folder.path("holes"), std::ios::app) << "end";
  REQUIRE(::link(folder.path("plain").c_str(), folder.path("same").c_str()) == 0);
  REQUIRE(::symlink(std::string(150, 't').c_str(), folder.path("link").c_str()) == 0);
  REQUIRE(::mkfifo(folder.path("fifo").c_str(), 0600) == 0);
  REQUIRE(::lchown(folder.path("link").c_str(), 70'000, 80'000) == 0);
  REQUIRE(::setxattr(folder.path("plain").c_str(), "user.note", "n", 1, 0) == 0);
  const timespec times[2] = {{.tv_sec = 5, .tv_nsec = 6}, {.tv_sec = 1'500'000'000, .tv_nsec = 7}};
  REQUIRE(::utimensat(AT_FDCWD, folder.path("plain").c_str(), times, 0) == 0);
}

TEST_CASE("a layer applied by containerd and by us gives the same tree") {
  CHECK(same_tree({base_layer()}) > 40);
}

TEST_CASE("a layer over another gives the same tree") {
  CHECK(same_tree({base_layer(), upper_layer()}) > 40);
}

TEST_CASE("attributes of security modules are set, on every kind of file") {
  const std::vector<std::pair<std::string, std::string>> attributes = {
      {"SCHILY.xattr.security.ima", "measured"}, {"SCHILY.xattr.security.note", "n"}};
  TarBuilder tar;
  tar.add({.name = "file", .data = "f", .mode = 0755, .uid = 5, .pax = attributes});
  tar.add({.name = "folder", .type = '5', .mode = 0755, .pax = attributes});
  tar.add({.name = "link", .type = '2', .link = "file", .mode = 0777, .pax = attributes});
  tar.add({.name = "null", .type = '3', .mode = 0666, .major = 1, .minor = 3, .pax = attributes});
  CHECK(same_tree({tar.finish()}) == 4);
}

TEST_CASE("access lists change modes as for containerd, and hand down") {
  // system.posix_acl_*, version 2: owner rwx, user 1000 rwx, group r-x, mask rwx, others none.
  const std::string list(
      "\2\0\0\0\1\0\7\0\xff\xff\xff\xff\2\0\7\0\xe8\3\0\0"
      "\4\0\5\0\xff\xff\xff\xff\x10\0\7\0\xff\xff\xff\xff"
      "\x20\0\0\0\xff\xff\xff\xff",
      44);
  TarBuilder tar;
  tar.add({.name = "listed",
           .data = "x",
           .mode = 0640,
           .pax = {{"SCHILY.xattr.system.posix_acl_access", list}}});
  tar.add({.name = "d",
           .type = '5',
           .mode = 0755,
           .pax = {{"SCHILY.xattr.system.posix_acl_default", list}}});
  tar.file("d/inside").folder("d/sub", 0700).file("d/implied/x").symlink("d/link", "inside");
  CHECK(same_tree({tar.finish(), TarBuilder().file("d/later").folder("d/sub", 0711).finish()}) > 6);
}

// But for "--format=gnu --sparse", which containerd refuses and we extract.
TEST_CASE("what GNU tar writes, in all its formats") {
  const Folder folder;
  fill(folder);
  const auto arguments = GENERATE(values<std::vector<std::string>>({
      {"--format=gnu", "."},
      {"--format=oldgnu", "."},
      {"--format=pax", "--xattrs", "--acls", "."},
      {"--format=pax", "--sparse", "--sparse-version=0.0", "."},
      {"--format=pax", "--sparse", "--sparse-version=0.1", "."},
      {"--format=pax", "--sparse", "--sparse-version=1.0", "."},
      {"--format=ustar", "plain", "same", "fifo", "holes"},
      {"--format=v7", "plain", "same", "holes"},
  }));
  INFO(arguments.front());
  CHECK(same_tree({made_by_tar(folder.path(), arguments)}) > 2);
}

TEST_CASE("folders of this very machine, one over the other") {
  const std::string etc = made_by_tar("/", {"--format=pax", "--xattrs", "--exclude=etc/.pwd.lock",
                                            "--warning=no-file-changed", "etc"});
  const std::string share = made_by_tar("/usr", {"--format=gnu", "share/perl5", "sbin"});
  CHECK(same_tree({etc, share, etc}) > 200);
}

}  // namespace
}  // namespace flintctl::archive
