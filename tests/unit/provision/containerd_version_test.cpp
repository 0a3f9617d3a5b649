// SPDX-License-Identifier: Apache-2.0
#include "provision/containerd_version.hpp"

#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace flintctl;
using provision::parse_containerd_version;

TEST_CASE("containerd's version is read with any distribution's suffix") {
  const auto check = [](const std::string& output, const std::string& text, int major, int minor) {
    INFO(output);
    const auto version = parse_containerd_version(output);
    REQUIRE(version);
    CHECK(version->text == text);
    CHECK(version->major == major);
    CHECK(version->minor == minor);
  };
  check("containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3\n",
        "1.6.20~ds1", 1, 6);
  check(
      "containerd github.com/containerd/containerd v1.7.24 "
      "88bf19b2105c8b17560993bee28a01ddc2f97182",
      "1.7.24", 1, 7);
  check("containerd github.com/containerd/containerd/v2 v2.1.9 deadbeef", "2.1.9", 2, 1);
  check("containerd containerd.io 1.6.33 d2d58213f83a351ca8f528a95fbd145f5654e957", "1.6.33", 1, 6);
  check("containerd github.com/containerd/containerd 1.7.2-0ubuntu1~22.04.1 ",
        "1.7.2-0ubuntu1~22.04.1", 1, 7);
  check("containerd github.com/containerd/containerd/v2 2.0.0-rc.2 x", "2.0.0-rc.2", 2, 0);
}

TEST_CASE("what prints no version is no containerd") {
  for (const char* output : {"", "containerd", "containerd x <unknown>", "runc 1.1.5",
                             "containerd github.com/containerd/containerd 16"}) {
    INFO(output);
    const auto version = parse_containerd_version(output);
    REQUIRE_FALSE(version);
    CHECK(version.error().code() == Code::host_not_ready);
  }
  const auto other = parse_containerd_version("true (GNU coreutils) 9.1\nCopyright (C) 2022\n");
  REQUIRE_FALSE(other);
  CHECK(other.error().message().ends_with("'true (GNU coreutils) 9.1'"));
}

TEST_CASE("versions compare by number") {
  const auto at_least = [](const char* text, int major, int minor) {
    return parse_containerd_version(std::string("containerd x ") + text)->at_least(major, minor);
  };
  CHECK(at_least("1.6.0", 1, 6));
  CHECK(at_least("1.10.0", 1, 6));
  CHECK(at_least("2.0.0", 1, 6));
  CHECK_FALSE(at_least("1.5.18", 1, 6));
  CHECK_FALSE(at_least("0.9.9", 1, 6));
}

TEST_CASE("mke2fs's version is read") {
  const auto version = provision::parse_mke2fs_version(
      "mke2fs 1.47.0 (5-Feb-2023)\n\tUsing EXT2FS Library version 1.47.0\n");
  REQUIRE(version);
  CHECK(version->at_least(1, 47));
  CHECK_FALSE(provision::parse_mke2fs_version("mke2fs 1.46.2 (28-Feb-2021)")->at_least(1, 47));
}

namespace {

/// A program that prints one line, in a folder of its own.
class Script {
 public:
  explicit Script(const std::string& body) {
    std::string pattern = "/tmp/flintctl-version-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    path_ = directory_ + "/containerd";
    std::ofstream(path_) << "#!/bin/sh\n" << body << '\n';
    ::chmod(path_.c_str(), 0755);
  }
  ~Script() { (void)sys::remove_tree(directory_); }
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string directory_;
  std::string path_;
};

}  // namespace

TEST_CASE("a containerd that cannot be used is refused with what to do") {
  const auto refuse = [](const std::string& program) {
    const auto found = provision::find_containerd(program);
    REQUIRE_FALSE(found);
    CHECK(found.error().code() == Code::host_not_ready);
    return found.error().text() + " hint: " + std::string(found.error().hint());
  };
  CHECK(refuse("flintctl-no-such-program").find("apt-get install containerd") != std::string::npos);
  CHECK(refuse("/nonexistent/containerd").find("not installed") != std::string::npos);
  const Script old("echo containerd github.com/containerd/containerd 1.5.9~ds1 x");
  const std::string said = refuse(old.path());
  CHECK(said.find("1.5.9~ds1") != std::string::npos);
  CHECK(said.find("1.6 or newer") != std::string::npos);
  const Script broken("exit 3");
  CHECK(refuse(broken.path()).find("exit status 3") != std::string::npos);
  const Script other("echo runc 1.1.5");
  CHECK(refuse(other.path()).find("no version") != std::string::npos);
  const Script good("echo containerd x v1.7.1 y");
  CHECK(provision::find_containerd(good.path())->version.text == "1.7.1");
}
