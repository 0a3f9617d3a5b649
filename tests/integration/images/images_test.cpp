// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "core/rollback.hpp"
#include "data/value.hpp"
#include "integration/images/world.hpp"
#include "support/archive/compress.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"
#include "sys/process.hpp"

namespace flintctl {
namespace {

using testing::digest_of;
using testing::Folder;
using testing::root_tar;
using testing::TarBuilder;
using testing::World;

/// What `docker save` wrote before it knew the OCI layout: two images that share their lowest
/// layer, the second by a link.
std::string docker_archive(const std::string& base, const std::string& upper) {
  const auto config = [](const std::vector<std::string>& layers) {
    std::string ids;
    for (const auto& layer : layers) ids += (ids.empty() ? "\"" : ",\"") + digest_of(layer) + "\"";
    return R"({"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[)" + ids +
           "]}}";
  };
  TarBuilder tar;
  tar.file("one/layer.tar", base).file("one.json", config({base}));
  tar.symlink("two/layer.tar", "../one/layer.tar").file("three/layer.tar", upper);
  tar.file("two.json", config({base, upper}));
  tar.file("manifest.json",
           R"([{"Config":"one.json","RepoTags":["app:1"],"Layers":["one/layer.tar"]},)"
           R"({"Config":"two.json","RepoTags":["app:2","other/app:2"],)"
           R"("Layers":["two/layer.tar","three/layer.tar"]}])");
  return tar.finish();
}

TEST_CASE("a file system's tar becomes an image, whatever compresses it") {
  const World world;
  const std::string tar = root_tar();
  const auto snapshotter = GENERATE(std::string("native"), std::string("overlayfs"));
  world.files.write("plain", tar);
  world.files.write("gzip", testing::gzip_member(tar));
  world.files.write("zstd", testing::zstd_frame(tar));
  for (const char* const name : {"plain", "gzip", "zstd"}) {
    const auto import = std::vector<std::string>{
        "image", "import", "--rootfs", world.files.path(name), "--name", name};
    const auto image = fmt::format("image/docker.io/library/{}:latest", name);
    CHECK(world.prints(import, snapshotter) == image + " imported\n");
    CHECK(world.prints(import, snapshotter) == image + " unchanged\n");
  }
  // All three are the same file system.
  CHECK(world.client->snapshot_list(snapshotter, {})->size() == 1);
  if (snapshotter == "native") {
    CHECK(*sys::read_file(world.folder_of(digest_of(tar)) + "/etc/hello") == "hello\n");
    REQUIRE(world.client->lease_delete("look"));
  }
  CHECK(world.prints({"image", "prune"}).find("plain:latest removed\n") != std::string::npos);
  CHECK(world.empty());
}

TEST_CASE("an ext4 file becomes an image, and is neither mounted nor changed") {
  const World world;
  const Folder tree;
  tree.write("hello", "hello\n");
  const auto disk = world.files.path("disk.ext4");
  const auto made =
      sys::run({"/sbin/mke2fs", "-q", "-F", "-t", "ext4", "-d", tree.path(), disk, "4M"});
  REQUIRE(made);
  REQUIRE(made->status.code == 0);
  const std::string bytes = *sys::read_file(disk);
  const auto named = "image/docker.io/local/os:1";
  CHECK(world.prints({"image", "import", disk, "local/os:1"}, "native") ==
        fmt::format("{} imported\n", named));
  CHECK(world.prints({"image", "import", disk, "--name", "local/os:1"}, "native") ==
        fmt::format("{} unchanged\n", named));
  CHECK((*sys::read_file(disk) == bytes));
  const auto snapshots = *world.client->snapshot_list("native", {});
  REQUIRE(snapshots.size() == 1);
  CHECK(*sys::read_file(world.folder_of(snapshots[0].name) + "/hello") == "hello\n");

  // As they are carried around.
  world.files.write("disk.gz", testing::gzip_member(bytes));
  CHECK(world.prints({"image", "import", "--rootfs", world.files.path("disk.gz"), "local/os:gz"},
                     "native") == "image/docker.io/local/os:gz imported\n");
  CHECK(world.client->image_get("docker.io/local/os:gz")->target.digest ==
        world.client->image_get("docker.io/local/os:1")->target.digest);

  const auto nameless = world.run({"image", "import", disk}, "native");
  CHECK(nameless.status.code == 2);
  CHECK(nameless.err.find("does not say what it is called") != std::string::npos);
  CHECK(world.run({"image", "import", disk, "a", "--name", "b"}, "native").status.code == 2);
  REQUIRE(::truncate(disk.c_str(), 3 << 20) == 0);
  const auto cut = world.run({"image", "import", disk, "local/os:2"}, "native");
  CHECK(cut.status.code == 1);
  CHECK(cut.err.find("the file is cut short") != std::string::npos);
  CHECK(*sys::list_directory(world.files.path("state/partial")) == std::vector<std::string>());
}

TEST_CASE("what docker saved is imported, shared layers and several names included") {
  const World world;
  const std::string base = root_tar();
  const std::string upper = TarBuilder().file("etc/.wh.hello").file("etc/two", "2").finish();
  world.files.write("saved.tar", docker_archive(base, upper));
  CHECK(world.prints({"image", "import", "--layers", "each", world.files.path("saved.tar")},
                     "native") ==
        "image/docker.io/library/app:1 imported\n"
        "image/docker.io/library/app:2 imported\n"
        "image/docker.io/other/app:2 imported\n");
  CHECK(world.client->snapshot_list("native", {})->size() == 2);
  // app:1 is the lower snapshot, which all three share; the other two share the upper one as well.
  const auto list = data::parse_json(world.prints({"image", "list", "-o", "json"}, "native"));
  REQUIRE(list);
  REQUIRE(list->find("items")->elements().size() == 3);
  std::vector<std::int64_t> unpacked;
  for (const auto& image : list->find("items")->elements()) {
    unpacked.push_back(image.integer_or("unpackedSize"));
    CHECK(image.integer_or("sharedSize") == unpacked.back());
  }
  CHECK(unpacked[0] > 0);
  CHECK(unpacked[0] < unpacked[1]);
  CHECK(unpacked[1] == unpacked[2]);
  CHECK(world.prints({"image", "list"}) ==
        "docker.io/library/app:1\ndocker.io/library/app:2\ndocker.io/other/app:2\n");
  world.prints({"image", "remove", "other/app:2"});
  const auto fewer = data::parse_json(world.prints({"image", "list", "-o", "json"}, "native"));
  const auto& two = fewer->find("items")->elements().at(1);
  CHECK(two.integer_or("sharedSize") == unpacked[0]);
  CHECK(two.integer_or("unpackedSize") == unpacked[1]);
  const std::string top = digest_of(digest_of(base) + " " + digest_of(upper));
  CHECK(*sys::list_directory(world.folder_of(top) + "/etc") == std::vector<std::string>{"two"});
  const auto yaml = world.prints({"image", "inspect", "app:2"}, "native");
  CHECK(yaml.find("shared: true") != std::string::npos);
  CHECK(yaml.find("usedBy: []") != std::string::npos);
}

TEST_CASE("an export is an OCI layout that containerd's own client and we import again") {
  const World world;
  world.files.write("root", testing::gzip_member(root_tar()));
  const std::vector<std::string> import = {
      "image", "import", "--rootfs", world.files.path("root"), "--name", "local/os:1"};
  const auto out = world.files.path("out.tar");
  world.prints(import, "native");

  // Without its layers' blobs an image cannot be exported, and nothing is written.
  const auto refused = world.run({"image", "export", "local/os:1", "--file", out});
  CHECK(refused.status.code == 3);
  CHECK(refused.err.find("--keep-layers") != std::string::npos);
  CHECK_FALSE(sys::exists(out));
  CHECK_FALSE(sys::exists(out + ".unfinished"));

  auto keeping = import;
  keeping.push_back("--keep-layers");
  CHECK(world.prints(keeping, "native") == "image/docker.io/local/os:1 imported\n");
  CHECK(world.prints(keeping, "native") == "image/docker.io/local/os:1 unchanged\n");
  world.prints({"image", "export", "local/os:1", "--file", out});
  const auto theirs = world.ctr({"images", "import", "--snapshotter", "native", out});
  INFO(theirs.err);
  CHECK(theirs.status.ok());

  const auto digest = world.client->image_get("docker.io/local/os:1")->target.digest;
  world.prints({"image", "remove", "local/os:1"});
  CHECK(world.empty());
  CHECK(world.prints({"image", "import", out}, "overlayfs") ==
        "image/docker.io/local/os:1 imported\n");
  CHECK(world.client->image_get("docker.io/local/os:1")->target.digest == digest);

  REQUIRE(sys::make_directories(world.files.path("layout")));
  REQUIRE(sys::run({"/usr/bin/tar", "-C", world.files.path("layout"), "-xf", out})->status.ok());
  CHECK(world.prints({"image", "import", world.files.path("layout"), "--name", "by/folder:1"},
                     "overlayfs") == "image/docker.io/by/folder:1 imported\n");
}

TEST_CASE("an export replaces a file only, and writes through links and into pipes") {
  const World world;
  world.files.write("root", root_tar());
  world.prints({"image", "import", "--rootfs", world.files.path("root"), "os:1", "--keep-layers"},
               "native");
  world.files.write("file", "old");
  const auto file = world.files.path("file");
  REQUIRE(::chmod(file.c_str(), 0600) == 0);
  const auto link = world.files.path("link");
  REQUIRE(::symlink("file", link.c_str()) == 0);
  CHECK(world.prints({"image", "export", "os:1", "--file", link}) ==
        "image/docker.io/library/os:1 exported\n");
  CHECK(std::filesystem::is_symlink(link));
  const std::string whole = *sys::read_file(file);
  CHECK(whole.starts_with("oci-layout"));
  CHECK(std::filesystem::status(file).permissions() == std::filesystem::perms(0600));

  const auto dangling = world.files.path("dangling");
  REQUIRE(::symlink("later", dangling.c_str()) == 0);
  world.prints({"image", "export", "os:1", "--file", dangling});
  CHECK(std::filesystem::is_symlink(dangling));
  CHECK((*sys::read_file(world.files.path("later")) == whole));
  CHECK(world.run({"image", "export", "os:1", "--file", ""}).status.code == 2);

  const auto pipe = world.files.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const UniqueFd reader(::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  REQUIRE(whole.size() < 65536);  // what a pipe holds
  world.prints({"image", "export", "os:1", "--file", pipe});
  CHECK(std::filesystem::is_fifo(pipe));
  std::string read(65536, '\0');
  const auto length = ::read(reader.get(), read.data(), read.size());
  CHECK(length == static_cast<ssize_t>(whole.size()));

  // Nobody reads from this one: only a signal ends the wait for somebody.
  const auto unread = world.files.path("unread");
  REQUIRE(::mkfifo(unread.c_str(), 0600) == 0);
  sys::SpawnOptions waiting;
  waiting.argv = world.command({"image", "export", "os:1", "--file", unread});
  auto process = sys::Process::spawn(waiting);
  REQUIRE(process);
  auto ended = process->wait(std::chrono::milliseconds(20));
  for (int tries = 0; !ended && tries < 1000; ++tries) {
    CHECK(process->signal(SIGTERM));
    ended = process->wait(std::chrono::milliseconds(20));
  }
  REQUIRE(ended);
  CHECK(ended->code == 130);

  // A second export to the same file would mix its bytes with the first one's.
  const UniqueFd other = *sys::open(file + ".unfinished", O_WRONLY | O_CREAT, 0600);
  REQUIRE(::flock(other.get(), LOCK_EX) == 0);
  const auto refused = world.run({"image", "export", "os:1", "--file", file});
  CHECK(refused.status.code == 4);
  CHECK(refused.err.find("another export is writing") != std::string::npos);
  CHECK(sys::exists(file + ".unfinished"));
}

TEST_CASE("archives come from pipes, compressed or not, and go to them") {
  const World world;
  const std::string upper = TarBuilder().file("etc/two", "2").finish();
  const auto saved = testing::gzip_member(docker_archive(root_tar(), upper));
  const auto imported = world.run({"image", "import", "-"}, "native", saved);
  INFO(imported.err);
  CHECK(imported.out.find("image/docker.io/library/app:1 imported\n") == 0);
  const auto rootfs = world.run({"image", "import", "--rootfs", "-", "piped:1", "--keep-layers"},
                                "native", testing::gzip_member(root_tar()));
  INFO(rootfs.err);
  REQUIRE(rootfs.out == "image/docker.io/library/piped:1 imported\n");

  const auto out = world.files.path("out.tar");
  world.prints({"image", "export", "piped:1", "--file", out});
  const auto piped = world.run({"image", "export", "piped:1"});
  CHECK(piped.status.ok());
  CHECK((piped.out == *sys::read_file(out)));
  const auto again = world.run({"image", "import", "-"}, "native", piped.out);
  CHECK(again.out == "image/docker.io/library/piped:1 unchanged\n");
  CHECK(*sys::list_directory(world.files.path("state/partial")) == std::vector<std::string>());
}

TEST_CASE("a few compressed bytes do not fill the disk that an archive is read to") {
  const World world;
  const auto zeros = TarBuilder().file("manifest.json", std::string(4 << 20, '\0')).finish();
  const auto bomb = world.run({"image", "import", "-", "--max-layer-size", "1Mi"}, "native",
                              testing::gzip_member(zeros));
  CHECK(bomb.status.code == 1);
  CHECK(bomb.err.find("it holds more than 1 MiB") != std::string::npos);
  CHECK(bomb.err.find("--max-layer-size") != std::string::npos);

  const auto disk = world.files.path("disk");
  REQUIRE(sys::make_directories(disk));
  REQUIRE(::mount("none", disk.c_str(), "tmpfs", 0, "size=100m") == 0);
  const Rollback unmount([&] { ::umount2(disk.c_str(), MNT_DETACH); });
  world.files.write("config.toml", fmt::format("state_directory = \"{}/state\"\n", disk));
  const auto large = TarBuilder().file("manifest.json", std::string(120 << 20, 'x')).finish();
  const auto full = world.run({"image", "import", "-"}, "native", large);
  INFO(full.err);
  CHECK(full.status.code == 1);
  CHECK(full.err.find("a twentieth of that disk is left to others") != std::string::npos);
  const auto space = sys::filesystem_space(disk);
  REQUIRE(space);
  CHECK(space->available > 90U << 20U);  // nothing of it is left
}

TEST_CASE("a check names what went from an image, or was changed") {
  const World world;
  world.files.write("root", root_tar());
  world.prints({"image", "import", "--rootfs", world.files.path("root"), "os:1", "--keep-layers"},
               "native");
  const auto inspected =
      data::parse_json(world.prints({"image", "inspect", "os:1", "-o", "json"}, "native"));
  REQUIRE(inspected);
  const std::string config = *inspected->find("config")->as_string();
  const auto problem = [&] {
    const auto checked = world.run({"image", "check"}, "native");
    CHECK(checked.status.code == 1);
    CHECK(checked.out.find(config) != std::string::npos);
    return checked.out;
  };
  const auto blob = world.content_path(config);
  std::string bytes = *sys::read_file(blob);
  bytes.back() = ' ';
  REQUIRE(sys::write_file_atomic(blob, bytes, 0444));
  CHECK(problem().find("has another digest") != std::string::npos);
  REQUIRE(world.client->content_delete(config));
  CHECK(problem().find("not found") != std::string::npos);
}

TEST_CASE("a check reads the layers that are kept") {
  const World world;
  const std::string tar = root_tar();
  world.files.write("root", tar);
  world.prints({"image", "import", "--rootfs", world.files.path("root"), "os:1", "--keep-layers"},
               "native");
  world.prints({"image", "tag", "os:1", "os:2"});
  world.prints({"image", "check"}, "native");
  const auto blob = world.content_path(digest_of(tar));
  const auto problem = [&](std::string bytes) {
    REQUIRE(sys::write_file_atomic(blob, bytes, 0444));
    const auto checked = world.run({"image", "check", "os:1", "os:2"}, "native");
    CHECK(checked.status.code == 1);
    CHECK(checked.err.find("2 of 2 images are broken") != std::string::npos);
    return checked.out;
  };
  std::string flipped = tar;
  flipped[700] = static_cast<char>(flipped[700] ^ 1);
  const auto damaged = "a kept layer is damaged: content " + digest_of(tar);
  CHECK(problem(flipped).find(damaged + " has another digest") != std::string::npos);
  CHECK(problem(tar.substr(0, 1000)).find("a kept layer is damaged: ") != std::string::npos);
  REQUIRE(sys::remove_file(blob));
  CHECK(world.run({"image", "check"}, "native").out.find("a kept layer is damaged: ") !=
        std::string::npos);
  // What the hint says.
  world.prints({"image", "remove", "os:1"});
  world.prints({"image", "remove", "os:2"});
  world.prints({"image", "import", "--rootfs", world.files.path("root"), "os:1", "--keep-layers"},
               "native");
  world.prints({"image", "check"}, "native");
}

TEST_CASE("a snapshot ends where another image's layers do") {
  const World world;
  const auto import = [&](const std::string& name, const std::vector<std::string>& layers) {
    TarBuilder tar;
    std::string ids;
    std::string files;
    for (const auto& layer : layers) {
      const auto bytes = TarBuilder().file(layer, layer).finish();
      const std::string comma = ids.empty() ? "" : ",";
      ids += fmt::format("{}\"{}\"", comma, digest_of(bytes));
      files += fmt::format("{}\"{}\"", comma, layer);
      tar.file(layer, bytes);
    }
    tar.file("config", fmt::format(R"({{"architecture":"amd64","os":"linux","rootfs":{{)"
                                   R"("type":"layers","diff_ids":[{}]}}}})",
                                   ids));
    tar.file(
        "manifest.json",
        fmt::format(R"([{{"Config":"config","RepoTags":["{}"],"Layers":[{}]}}])", name, files));
    world.files.write(name, tar.finish());
    world.prints({"image", "import", world.files.path(name)}, "native");
    return world.client->snapshot_list("native", {})->size();
  };
  CHECK(import("a", {"base", "a"}) == 1);
  CHECK(import("b", {"base", "b"}) == 3);
  CHECK(import("c", {"base", "c"}) == 4);
}

/// `docker save` of one image of one layer.
std::string saved_as(const std::string& name, const std::string& layer, const std::string& author) {
  return TarBuilder()
      .file("config.json",
            fmt::format(R"({{"architecture":"amd64","os":"linux","author":"{}","rootfs":{{)"
                        R"("type":"layers","diff_ids":["{}"]}}}})",
                        author, digest_of(layer)))
      .file("layer.tar", layer)
      .file("manifest.json",
            fmt::format(R"([{{"Config":"config.json","RepoTags":["{}"],"Layers":["layer.tar"]}}])",
                        name))
      .finish();
}

TEST_CASE("images of the same layers do not need each other") {
  const World world;
  world.files.write("a", saved_as("a:1", root_tar(), "Ann"));
  world.files.write("b", saved_as("b:1", root_tar(), "Bob"));
  const auto import = [&](const std::string& name, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"image", "import", world.files.path(name)});
    return world.prints(more, "native");
  };
  // By another client, and without a snapshot.
  SECTION("a snapshot that only the other one holds") {
    const auto by_ctr =
        world.ctr({"images", "import", "--no-unpack", world.files.path("a")}, "flintlock");
    REQUIRE(by_ctr.status.ok());
    import("b");
    CHECK(import("a") == "image/docker.io/library/a:1 imported\n");
    world.prints({"image", "remove", "b:1"});
    world.prints({"image", "check"}, "native");
    return;
  }
  // Layers that only the other one keeps.
  import("a");
  import("b", {"--keep-layers"});
  CHECK(import("a", {"--keep-layers"}) == "image/docker.io/library/a:1 imported\n");
  CHECK(import("a", {"--keep-layers"}) == "image/docker.io/library/a:1 unchanged\n");
  world.prints({"image", "remove", "b:1"});
  world.prints({"image", "export", "a:1", "--file", world.files.path("out")});
}

TEST_CASE("a name with a digest is for what has it") {
  const World world;
  const std::string name = "a@sha256:" + std::string(64, 'a');
  world.files.write("a", saved_as("a:1", root_tar(), "Ann"));
  const auto refused = world.run({"image", "import", world.files.path("a"), name}, "native");
  CHECK(refused.status.code == 2);
  CHECK(refused.err.find("has the digest sha256:") != std::string::npos);
  CHECK(world.empty());
}

TEST_CASE("an archive that lacks a part of an image is refused, whatever else it has") {
  const World world;
  world.files.write("lacking",
                    TarBuilder()
                        .file("one/layer.tar", root_tar())
                        .file("one.json", "{}")
                        .file("manifest.json", R"([{"Config":"two.json","RepoTags":["b:1"],)"
                                               R"("Layers":["one/layer.tar"]},)"
                                               R"({"Config":"one.json","RepoTags":["a:1"],)"
                                               R"("Layers":["one/layer.tar"]}])")
                        .finish());
  const auto refused = world.run({"image", "import", world.files.path("lacking")}, "native");
  CHECK(refused.status.code == 1);
  CHECK(refused.err.find("there is no file 'two.json'") != std::string::npos);
  CHECK(world.empty());
}

TEST_CASE("images are named, checked and pruned") {
  const World world;
  world.files.write("root", root_tar());
  world.prints({"image", "import", "--rootfs", world.files.path("root"), "--name", "a:1"},
               "native");
  CHECK(world.prints({"image", "tag", "a:1", "b:2"}) == "image/docker.io/library/b:2 tagged\n");
  CHECK(world.prints({"image", "tag", "a:1", "b:2"}) == "image/docker.io/library/b:2 unchanged\n");
  CHECK(world.run({"image", "tag", "nothing", "c"}).status.code == 3);
  world.prints({"image", "remove", "a:1"});
  CHECK(world.prints({"image", "check"}, "native").find("complete") != std::string::npos);
  // To overlayfs it was never unpacked.
  const auto broken = world.run({"image", "check", "b:2"}, "overlayfs");
  CHECK(broken.status.code == 1);
  CHECK(broken.out.find("not unpacked to overlayfs") != std::string::npos);

  CHECK(world.run({"image", "inspect", "nothing:1"}).err.find("there is no image") !=
        std::string::npos);
  const auto other = world.run({"image", "inspect", "b:2", "--platform", "linux/riscv64"});
  CHECK(other.status.code == 3);
  CHECK(other.err.find("image check docker.io/library/b:2") != std::string::npos);

  CHECK(world.prints({"image", "prune", "--older-than", "1h"}).empty());
  CHECK(world.prints({"image", "prune", "--dry-run"}) ==
        "image/docker.io/library/b:2 would be removed\n");
  CHECK(world.client->image_list()->size() == 1);
  CHECK(world.prints({"image", "prune", "--older-than", "1ms"}) ==
        "image/docker.io/library/b:2 removed\n");
  CHECK(world.empty());
}

TEST_CASE("an image for another platform is listed, checked and pruned as any is") {
  const World world;
  world.files.write("root", root_tar());
  world.prints({"image", "import", "--rootfs", world.files.path("root"), "--platform", "arm64",
                "--name", "arm:1"},
               "native");
  CHECK(world.prints({"image", "check"}, "native").find("complete") != std::string::npos);
  const auto listed = data::parse_json(world.prints({"image", "list", "-o", "json"}, "native"));
  REQUIRE(listed);
  const auto& item = listed->find("items")->elements().front();
  CHECK(item.string_or("platform") == "linux/arm64");
  CHECK(item.integer_or("unpackedSize") > 0);
  // Whoever names a platform means that one.
  CHECK(world.run({"image", "check", "--platform", "amd64"}, "native").status.code == 1);
  CHECK(world.prints({"image", "prune", "--platform", "amd64"}).empty());
  CHECK(world.prints({"image", "prune", "-o", "name"}) == "image/docker.io/library/arm:1\n");
  CHECK(world.empty());
}

TEST_CASE("an installed kernel becomes an image with an initrd that cpio reads") {
  const World world;
  const auto names = sys::list_directory("/boot").value_or({});
  const auto found = std::find_if(names.begin(), names.end(),
                                  [](const auto& name) { return name.starts_with("vmlinuz-"); });
  REQUIRE(found != names.end());
  const std::vector<std::string> build = {"image", "build-kernel", "/boot/" + *found, "--name",
                                          "kernel:1"};
  CHECK(world.prints(build, "native") == "image/docker.io/library/kernel:1 built\n");
  CHECK(world.prints(build, "native") == "image/docker.io/library/kernel:1 unchanged\n");
  const auto snapshots = world.client->snapshot_list("native", {});
  REQUIRE(snapshots->size() == 1);
  const auto boot = world.folder_of(snapshots->front().name) + "/boot";
  CHECK(*sys::list_directory(boot) == std::vector<std::string>{"initrd", "vmlinuz"});
  const auto listed = sys::run({"/usr/bin/cpio", "-t", "--quiet", "-F", boot + "/initrd"});
  REQUIRE(listed);
  CHECK(listed->err.empty());
  for (const char* const name : {"init\n", "bin/busybox\n", "modules/virtio_blk.ko\n"}) {
    CHECK(listed->out.find(name) != std::string::npos);
  }
  const auto refused =
      world.run({"image", "build-kernel", "/etc/passwd", "--name", "no-kernel"}, "native");
  CHECK(refused.status.code == 1);
  const auto with = [&](const std::vector<std::string>& more) {
    auto command = build;
    command.insert(command.end(), more.begin(), more.end());
    return world.run(command, "native");
  };
  CHECK(with({"--busybox", "/bin/sh"}).err.find("needs a dynamic linker") != std::string::npos);
  CHECK(with({"--busybox", "/etc/passwd"}).status.code == 2);
  CHECK(with({"--platform", "arm64"}).err.find("a kernel for x86") != std::string::npos);
  world.files.write("cut", sys::read_file("/boot/" + *found)->substr(0, 1 << 20));
  const auto cut = world.run({"image", "build-kernel", world.files.path("cut"), "--name", "cut"});
  CHECK(cut.err.find("cut off") != std::string::npos);
}

TEST_CASE("files that are no image are refused, and nothing is left") {
  const World world;
  const auto refused = [&](const std::string& name, const std::string& bytes, int status) {
    world.files.write(name, bytes);
    const auto output = world.run({"image", "import", world.files.path(name)}, "native");
    INFO(name << ": " << output.err);
    CHECK(output.status.code == status);
    CHECK(world.empty());
  };
  const std::string base = root_tar();
  const std::string saved = docker_archive(base, base);
  refused("no tar", std::string(4096, 'x'), 1);
  refused("nothing", "", 2);
  refused("the tar of a file system", base, 2);
  refused("a truncated archive", saved.substr(0, saved.size() / 2), 1);
  refused("a truncated stream", testing::gzip_member(saved).substr(0, 3000), 1);
  // The configuration promises another layer than there is.
  std::string wrong = saved;
  wrong.replace(wrong.find("hello\n"), 5, "HELLO");
  refused("a changed layer", wrong, 1);
  const std::string rootfs = world.files.path("no tar");
  CHECK(world.run({"image", "import", "--rootfs", rootfs}, "native").status.code == 2);
  CHECK(world.run({"image", "import", "--rootfs", rootfs, "--name", "x"}, "native").status.code ==
        1);
  const auto file_system = [&](const std::string& name, const std::string& bytes) {
    world.files.write(name, bytes);
    const auto output =
        world.run({"image", "import", "--rootfs", world.files.path(name), "x:1"}, "native");
    CHECK(output.status.code != 0);
    return output.err;
  };
  CHECK(file_system("an empty tar", std::string(10240, '\0')).find("no files in it") !=
        std::string::npos);
  CHECK(file_system("an ISO image", testing::gzip_member(std::string(40000, '\0') + "CD001"))
            .find("no files in it") != std::string::npos);
  CHECK(file_system("xz", std::string("\xfd"
                                      "7zXZ\0\0",
                                      7) +
                              base)
            .find("xz -dc") != std::string::npos);
  CHECK(world.run({"image", "import", "--rootfs", world.files.path(), "x:1"}).err.find("tar -C") !=
        std::string::npos);
  CHECK(world.empty());
}

TEST_CASE("a layer that holds more files than it may is refused") {
  const World world;
  world.files.write("many", root_tar());
  const auto import = [&](const char* most) {
    return world.run({"image", "import", "--rootfs", world.files.path("many"), "many",
                      "--max-layer-files", most},
                     "native");
  };
  const auto refused = import("2");
  CHECK(refused.status.code == 1);
  CHECK(refused.err.find("the layer has more than 2 files") != std::string::npos);
  CHECK(refused.err.find("--max-layer-files N") != std::string::npos);
  CHECK(world.empty());
  CHECK(import("3").status.code == 0);
  const auto none = import("0");
  CHECK(none.status.code == 2);
  CHECK(none.err.find("--max-layer-files: 0 would refuse every layer") != std::string::npos);
}

TEST_CASE("a layer that unpacks to more than it may is refused") {
  const World world;
  world.files.write("root", TarBuilder().file("big", std::string(3'000'000, 'b')).finish());
  const auto output = world.run({"image", "import", "--rootfs", world.files.path("root"), "--name",
                                 "big", "--max-layer-size", "1Mi"},
                                "native");
  CHECK(output.status.code == 1);
  CHECK(output.err.find("it holds more than 1 MiB") != std::string::npos);
  CHECK(world.empty());
}

}  // namespace
}  // namespace flintctl
