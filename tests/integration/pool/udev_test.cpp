// SPDX-License-Identifier: Apache-2.0
// With udevd, and with what looks like udevd and never answers: hidden tests, each in a process of
// its own, because libdevmapper decides once whether udevd is there.
#include <sys/stat.h>

#include <chrono>

#include "bed.hpp"
#include "support/catch.hpp"

using namespace flintctl;
using namespace flintctl::testing;

namespace {

/// Makes a small pool, looks at its node, removes it.
void make_and_remove() {
  const std::string name = "udev-pool";
  const Ran made = run_flintctl({"provision", "devpool", "--name", name, "--directory",
                                 "/var/lib/containerd-dev/udev-pool", "--data-size", "64Mi",
                                 "--metadata-size", "8Mi"});
  INFO(made.err);
  REQUIRE(made.status == 0);
  struct stat status {};
  REQUIRE(::stat(("/dev/mapper/" + name).c_str(), &status) == 0);
  CHECK(S_ISBLK(status.st_mode));
  REQUIRE(devmapper_driver().remove(name, devmapper::Removal::retry));
  CHECK(::lstat(("/dev/mapper/" + name).c_str(), &status) != 0);
  // A cookie is a System V semaphore; one that is left over is never reused.
  CHECK(output_of({"/usr/sbin/dmsetup", "udevcookies"}).find("0x") == std::string::npos);
}

}  // namespace

TEST_CASE("with udevd the node is udevd's link", "[.udevd]") {
  const std::string name = "udev-node";
  REQUIRE(devmapper::activate(devmapper_driver(), name, "", {{0, 8, "error", ""}}));
  struct stat status {};
  REQUIRE(::lstat(("/dev/mapper/" + name).c_str(), &status) == 0);
  CHECK(S_ISLNK(status.st_mode));
  REQUIRE(devmapper_driver().remove(name, devmapper::Removal::retry));
  make_and_remove();
}

TEST_CASE("an udevd that never answers delays, and does not hang", "[.deaf-udevd]") {
  const auto begin = std::chrono::steady_clock::now();
  make_and_remove();
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(30));
}
