// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <fstream>
#include <string>

#include "provision/step.hpp"
#include "support/catch.hpp"
#include "support/fake_services.hpp"
#include "sys/file.hpp"

namespace flintctl::testing {

/// A host in a folder of its own, with a systemd that is not there.
struct Place {
  std::string root = "/tmp/flintctl-place-XXXXXX";
  provision::HostPaths paths;
  Fault fault;
  FakeServices services{fault};

  Place() {
    REQUIRE(::mkdtemp(root.data()) != nullptr);
    paths.etc = root + "/etc";
    paths.run = root + "/run";
    paths.state = root + "/var/lib/flintctl";
    paths.run_directory = root + "/run/flintctl";
  }
  ~Place() { static_cast<void>(sys::remove_tree(root)); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  void write(const std::string& path, const std::string& text) const {
    REQUIRE(sys::make_directories(path.substr(0, path.rfind('/'))));
    std::ofstream(path) << text;
  }
  static std::string read(const std::string& path) { return sys::read_file(path).value_or("-"); }
  /// How many changes are recorded.
  [[nodiscard]] std::size_t recorded() const {
    const auto record = provision::Record::open(paths.record());
    REQUIRE(record);
    return record->changes().size();
  }
};

}  // namespace flintctl::testing
