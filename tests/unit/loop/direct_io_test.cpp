// SPDX-License-Identifier: Apache-2.0
#include "loop/direct_io.hpp"

#include <sys/stat.h>

#include <cstdlib>

#include "loop/driver.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace flintctl;

namespace {

/// A folder that goes with the test.
struct Folder {
  std::string path = "/tmp/flintctl-loop-XXXXXX";
  Folder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  ~Folder() { static_cast<void>(sys::remove_tree(path)); }
};

}  // namespace

TEST_CASE("a scratch file lies beside the file and leaves no name") {
  const Folder folder;
  const std::string file = folder.path + "/data";
  REQUIRE(sys::write_file_atomic(file, "x", 0600));
  const auto scratch = loop::open_scratch_file(file);
  REQUIRE(scratch);
  struct stat a {};
  struct stat b {};
  REQUIRE(::fstat(scratch->get(), &a) == 0);
  REQUIRE(::stat(file.c_str(), &b) == 0);
  CHECK(a.st_dev == b.st_dev);
  CHECK(a.st_size > 0);
  CHECK(sys::list_directory(folder.path).value_or({}) == std::vector<std::string>{"data"});
}

TEST_CASE("a link's target decides where the scratch file lies") {
  const Folder folder;
  REQUIRE(sys::make_directories(folder.path + "/target"));
  REQUIRE(sys::write_file_atomic(folder.path + "/target/data", "x", 0600));
  REQUIRE(::symlink("/proc/self/status", (folder.path + "/link").c_str()) == 0);
  CHECK_FALSE(loop::open_scratch_file(folder.path + "/link"));
}

TEST_CASE("a round trip that does not reach the backing file is no proof") {
  const Folder folder;
  const auto other = loop::open_scratch_file(folder.path + "/x");
  REQUIRE(other);
  const std::string device = folder.path + "/device";
  REQUIRE(sys::write_file_atomic(device, std::string(1 << 20, 'z'), 0600));
  CHECK_FALSE(loop::direct_io_round_trip(device, other->get()));
  CHECK_FALSE(loop::direct_io_round_trip(folder.path + "/absent", other->get()));
}

TEST_CASE("a device that shows part of a file, or is read-only, is not plain") {
  loop::Device device;
  device.number = 12;
  CHECK(device.path() == "/dev/loop12");
  CHECK(device.is_plain());
  device.offset_bytes = 512;
  CHECK_FALSE(device.is_plain());
  device = {};
  device.limit_bytes = 1;
  CHECK_FALSE(device.is_plain());
  device = {};
  device.read_only = true;
  CHECK_FALSE(device.is_plain());
}
