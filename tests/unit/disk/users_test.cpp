// SPDX-License-Identifier: Apache-2.0
// Users and candidates, from a sysfs and a proc in folders.
#include "disk/users.hpp"

#include <cstdlib>
#include <fstream>

#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace flintctl;
using namespace flintctl::disk;

namespace {

struct Folder {
  std::string root = "/tmp/flintctl-disk-XXXXXX";
  std::string disk;

  Folder() {
    REQUIRE(::mkdtemp(root.data()) != nullptr);
    disk = root + "/block/sdb";
    write("proc/self/mountinfo", "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
    write("proc/swaps", "Filename Type Size Used Priority\n");
    write("block/sdb/dev", "8:16\n");
    write("block/sdb/removable", "0\n");
    write("block/sdb/ro", "0\n");
    write("block/sdb/size", "2048\n");
    write("block/sdb/device/model", "X\n");
    REQUIRE(sys::make_directories(disk + "/holders"));
  }
  ~Folder() { static_cast<void>(sys::remove_tree(root)); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  void write(const std::string& path, const std::string& text) const {
    const std::string whole = root + "/" + path;
    REQUIRE(sys::make_directories(whole.substr(0, whole.rfind('/'))));
    std::ofstream(whole) << text;
  }
  void add_partition() const {
    write("block/sdb/sdb1/partition", "1\n");
    write("block/sdb/sdb1/dev", "8:17\n");
  }
  [[nodiscard]] std::vector<std::string> users() const {
    const auto found = users_of(disk, root + "/proc");
    REQUIRE(found);
    return *found;
  }
};

}  // namespace

TEST_CASE("P7: a disk is in use by a mount, or by what holds it, itself or by a partition") {
  const Folder host;
  CHECK(host.users().empty());
  host.write("block/sdb/holders/md127/x", "");
  CHECK(host.users() == std::vector<std::string>{"is held by md127"});
  host.write("block/sdb/holders/md127/dm/name", "vg-root\n");
  CHECK(host.users() == std::vector<std::string>{"is held by md127 (vg-root)"});
  host.add_partition();
  host.write("proc/self/mountinfo", "22 1 8:17 / /srv rw - ext4 /dev/sdb1 rw\n");
  CHECK(host.users().back() == "has sdb1, which is mounted at /srv");
  // Not by a number that only begins like it.
  host.write("proc/self/mountinfo", "22 1 8:170 / /srv rw - ext4 /dev/sdk10 rw\n");
  CHECK(host.users().size() == 1);
}

TEST_CASE("P7: only a disk that stays, can be written to and has no partitions is proposed") {
  const Folder host;
  CHECK(may_be_proposed(host.disk));
  const auto without = [&](const char* name, const char* value, const char* usual) {
    host.write(std::string("block/sdb/") + name, value);
    const bool proposed = may_be_proposed(host.disk);
    host.write(std::string("block/sdb/") + name, usual);
    return proposed;
  };
  CHECK_FALSE(without("removable", "1\n", "0\n"));
  CHECK_FALSE(without("ro", "1\n", "0\n"));
  CHECK_FALSE(without("size", "0\n", "2048\n"));
  CHECK(may_be_proposed(host.disk));
  host.add_partition();
  CHECK_FALSE(may_be_proposed(host.disk));
  // Loop, ram, zram, dm and md devices have no hardware behind them.
  const Folder other;
  REQUIRE(sys::remove_tree(other.disk + "/device"));
  CHECK_FALSE(may_be_proposed(other.disk));
}
