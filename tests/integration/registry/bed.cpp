// SPDX-License-Identifier: Apache-2.0
#include "bed.hpp"

#include <unistd.h>

#include <algorithm>

#include "support/catch.hpp"
#include "support/must.hpp"
#include "sys/file.hpp"

namespace flintctl::image {

using testing::must;
Bed& Bed::get() {
  static Bed bed;
  return bed;
}

Bed::Bed() : folder_("/tmp/flintctl-pull-XXXXXX") {
  REQUIRE(::mkdtemp(folder_.data()) != nullptr);
  const auto built = must(sys::run({"/usr/bin/python3", FLINTCTL_TEST_IMAGES, folder_ + "/store"}));
  INFO(built.err);
  REQUIRE(built.status.ok());
  containerd_ = must(containerd::PrivateContainerd::start());
  registry_ = must(DebianRegistry::start({folder_, "", "", ""}));
}

Bed::~Bed() {
  registry_.reset();
  containerd_.reset();
  (void)sys::remove_tree(folder_);
}

std::unique_ptr<containerd::Client> Bed::client(const std::string& name_space) const {
  return must(containerd_->connect(name_space));
}

oci::Reference Bed::image(const std::string& name) const {
  return must(oci::Reference::parse(registry_->host() + "/test/" + name + ":1"));
}

PullOptions Bed::options(const std::string& name_space) const {
  PullOptions options;
  options.platform = {"linux", "amd64", ""};
  options.snapshotter = "native";
  options.state_directory = folder_ + "/state-" + name_space;
  options.run_directory = folder_ + "/run-" + name_space;
  options.registry.attempts = 2;
  options.registry.first_wait = std::chrono::milliseconds(1);
  return options;
}

std::size_t Bed::asked(const std::string& method, const std::string& part,
                       std::size_t since) const {
  const auto lines = registry_->log();
  return static_cast<std::size_t>(
      std::count_if(lines.begin() + static_cast<std::ptrdiff_t>(std::min(since, lines.size())),
                    lines.end(), [&](const std::string& line) {
                      return line.find("\"" + method + " ") != std::string::npos &&
                             line.find(part) != std::string::npos;
                    }));
}

}  // namespace flintctl::image
