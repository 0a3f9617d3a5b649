// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "image/abandoned.hpp"
#include "integration/images/world.hpp"
#include "sys/file.hpp"

// What overlayfs and native snapshots hold is on the disk when an image refers to them, and what a
// pull left that did not come so far is good for its own boot only.
namespace flintctl {
namespace {

using testing::digest_of;
using testing::Folder;
using testing::root_tar;
using testing::TarBuilder;
using testing::World;

void must_run(const std::vector<std::string>& command) {
  const auto output = sys::run(command);
  REQUIRE(output);
  INFO(output->err);
  REQUIRE(output->status.ok());
}

/// A file with an ext4 file system, mounted at a folder.
class MountedFile {
 public:
  MountedFile(const std::string& file, const std::string& at) : at_(at) {
    REQUIRE(sys::make_directories(at));
    // Nothing is written before its time but by who asks for it.
    must_run({"/usr/bin/mount", "-o", "loop,commit=300", file, at});
  }
  MountedFile(const MountedFile&) = delete;
  MountedFile& operator=(const MountedFile&) = delete;
  ~MountedFile() { (void)sys::run({"/usr/bin/umount", at_}); }

 private:
  std::string at_;
};

TEST_CASE("an image on the host's own file system outlives a power cut right after its import") {
  const Folder files;
  const auto disk = files.path("disk");
  must_run({"/usr/bin/truncate", "-s", "64M", disk});
  must_run({"/sbin/mke2fs", "-q", "-t", "ext4", disk});
  const auto snapshotter = GENERATE(std::string("overlayfs"), std::string("native"));
  const std::string data(100'000, 'd');
  const MountedFile mounted(disk, files.path("mount"));
  const World world(files.path("mount/root"));
  const std::string tar = TarBuilder().file("data", data).finish();
  world.files.write("root", tar);
  world.prints({"image", "import", "--rootfs", world.files.path("root"), "os:1"}, snapshotter);

  // What the disk holds at this moment is what the next boot would find.
  const auto left = files.path("left");
  must_run({"/usr/bin/cp", "--sparse=always", disk, left});
  const MountedFile again(left, files.path("again"));
  std::string folder = world.folder_of(digest_of(tar), snapshotter);
  folder.replace(0, files.path("mount").size(), files.path("again"));
  CHECK((sys::read_file(folder + "/data").value_or("absent") == data));
}

TEST_CASE("what a pull of an earlier boot left is unpacked anew, of this boot it is taken") {
  const World world;
  const auto snapshotter = GENERATE(std::string("overlayfs"), std::string("native"));
  const bool this_boot = GENERATE(true, false);
  const std::string tar = root_tar();
  const std::string chain_id = digest_of(tar);
  // A killed pull's: committed, but as a power cut leaves files that were not flushed: empty.
  REQUIRE(world.client->lease_create(
      "flintctl-pull-killed",
      {{image::label_kind, "pull"},
       {image::label_target, digest_of("another image, which has this one's layers")},
       {image::label_snapshotter, snapshotter},
       {image::label_boot, this_boot ? *sys::boot_id() : "another"}}));
  const auto leased = world.client->with_lease("flintctl-pull-killed");
  REQUIRE(leased->snapshot_prepare(snapshotter, "active", "", {}));
  REQUIRE(leased->snapshot_commit(snapshotter, chain_id, "active", {}));

  world.files.write("root", tar);
  world.prints({"image", "import", "--rootfs", world.files.path("root"), "os:1"}, snapshotter);
  const std::string hello =
      sys::read_file(world.folder_of(chain_id, snapshotter) + "/etc/hello").value_or("absent");
  CHECK(hello == (this_boot ? "absent" : "hello\n"));
  CHECK(world.client->lease_list({"id==flintctl-pull-killed"})->empty() == !this_boot);
}

}  // namespace
}  // namespace flintctl
