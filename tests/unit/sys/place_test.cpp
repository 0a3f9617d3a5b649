// SPDX-License-Identifier: Apache-2.0
#include "sys/place.hpp"

#include <stdlib.h>
#include <unistd.h>

#include "core/rollback.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace flintctl;

TEST_CASE("folders that the whole host uses are known, however they are written") {
  for (const char* path : {"/", "//", "/var", "/var/", "/data", "/var/lib", "/var//lib/",
                           "/usr/bin", "/usr/local", "/usr/local/bin", "/srv/..", "/srv/../var/log",
                           "/dev/shm", "/dev/mapper/x", "/proc/1/fd", "/sys/fs/cgroup/x"}) {
    INFO(path);
    CHECK(sys::is_shared_folder(path));
  }
  for (const char* path :
       {"/var/lib/containerd-dev", "/srv/pool", "/run/flintctl", "/dev/shm/x",
        "/usr/local/lib/flintctl", "/tmp/x", "/procurement/x", "/home/me/pool"}) {
    INFO(path);
    CHECK_FALSE(sys::is_shared_folder(path));
  }
}

TEST_CASE("the system's own places are known with all below, and others are not") {
  for (const char* path : {"/etc", "/etc/containerd/x", "/usr/local/lib/flintctl", "/srv/../bin"}) {
    INFO(path);
    CHECK(sys::is_system_place(path));
  }
  for (const char* path : {"/etcetera", "/var/lib/x", "/home/etc", "/"}) {
    INFO(path);
    CHECK_FALSE(sys::is_system_place(path));
  }
  CHECK(sys::is_within("/a/b", "/a"));
  CHECK(sys::is_within("/a", "/a"));
  CHECK_FALSE(sys::is_within("/ab", "/a"));
}

TEST_CASE("a folder directly in / is refused for what it is, with one in it instead") {
  const auto refusal = [](const std::string& path) {
    return sys::refuse_shared_folder("the pool's directory", path).error();
  };
  CHECK(refusal("/big/").text().find("the whole host") == std::string::npos);
  CHECK(refusal("/big/").hint() == "name a folder in it, such as /big/flintctl");
  for (const char* path : {"/", "/var", "/home", "/usr", "/var/lib"}) {
    INFO(path);
    CHECK(refusal(path).text().find("the whole host uses that folder") != std::string::npos);
  }
}

TEST_CASE("what a reboot may not keep is known") {
  for (const char* path :
       {"/tmp/flintctl", "/var/tmp/x/flintctl", "/dev/shm/f", "/run/user/0/f", "/usr/../tmp/f"}) {
    INFO(path);
    CHECK(sys::is_volatile(path));
  }
  for (const char* path : {"/usr/local/bin/flintctl", "/tmpfiles/f", "/home/me/f", "f", ""}) {
    INFO(path);
    CHECK_FALSE(sys::is_volatile(path));
  }
}

TEST_CASE("a link to a shared folder is one") {
  std::string folder = "/tmp/flintctl-place-XXXXXX";
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const Rollback cleanup([&] { (void)sys::remove_tree(folder); });
  REQUIRE(::symlink("/var/lib", (folder + "/link").c_str()) == 0);
  CHECK(sys::is_shared_folder(folder + "/link"));
  CHECK_FALSE(sys::is_shared_folder(folder + "/link/mine"));
  const auto refused = sys::refuse_shared_folder("'state_directory'", folder + "/link");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::invalid_argument);
  CHECK(refused.error().text().find("state_directory") != std::string::npos);
  CHECK_FALSE(refused.error().hint().empty());
}

TEST_CASE("a mount point is told from a folder") {
  CHECK(sys::is_mount_point("/proc"));
  CHECK_FALSE(sys::is_mount_point("/proc/self"));
  CHECK_FALSE(sys::is_mount_point("/absent"));
}
