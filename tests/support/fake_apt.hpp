// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "apt/packages.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

namespace flintctl::testing {

/// Debian's packages in a folder of their own: support/apt/fake.
struct FakeApt {
  std::string root = "/tmp/flintctl-apt-XXXXXX";
  apt::Programs programs;

  FakeApt() {
    REQUIRE(::mkdtemp(root.data()) != nullptr);
    for (const char* folder : {"bin", "lists", "remote", "db", "programs", "dpkg/updates"}) {
      REQUIRE(sys::make_directories(root + "/" + folder));
    }
    const auto fake = std::filesystem::path(FLINTCTL_TEST_DATA "/../../../support/apt/fake");
    for (const char* name : {"apt-get", "dpkg", "dpkg-query"}) {
      std::filesystem::create_symlink(fake.lexically_normal(), root + "/bin/" + name);
    }
    programs = {root + "/bin/apt-get", root + "/bin/dpkg", root + "/bin/dpkg-query",
                root + "/dpkg"};
  }
  ~FakeApt() { static_cast<void>(sys::remove_tree(root)); }
  FakeApt(const FakeApt&) = delete;
  FakeApt& operator=(const FakeApt&) = delete;

  [[nodiscard]] apt::Packages packages() const { return apt::Packages(programs); }
  /// A package in `where`: "lists", which are known, or "remote". `depends` and `provides`: names
  /// with blanks between them.
  void offer(const std::string& name, const std::string& depends, const std::string& provides,
             const std::string& where = "lists") const {
    const std::string folder = root + "/" + where + "/" + name;
    REQUIRE(sys::make_directories(folder));
    std::ofstream(folder + "/depends") << depends;
    std::ofstream(folder + "/programs") << provides;
  }
  /// Sets one of the fake's switches.
  void touch(const std::string& name) const { std::ofstream(root + "/" + name) << ""; }
  [[nodiscard]] bool has(const std::string& name) const { return sys::exists(root + "/" + name); }
  /// Where a package's program is.
  [[nodiscard]] std::string program(const std::string& name) const {
    return root + "/programs/" + name;
  }
  [[nodiscard]] std::string state(const std::string& package) const {
    const std::string text = sys::read_file(root + "/db/" + package).value_or("none\n");
    return text.substr(0, text.find('\n'));
  }
  /// What was called, a line each.
  [[nodiscard]] std::string log() const { return sys::read_file(root + "/log").value_or({}); }
  [[nodiscard]] std::size_t called(const std::string& part) const {
    std::size_t count = 0;
    const std::string text = log();
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
    return count;
  }
};

}  // namespace flintctl::testing
