// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "support/archive/folder.hpp"
#include "support/archive/tar_builder.hpp"
#include "support/catch.hpp"
#include "support/containerd/private_containerd.hpp"
#include "sys/process.hpp"
#include "sys/sha256.hpp"

namespace flintctl::testing {

inline std::string digest_of(const std::string& bytes) {
  return "sha256:" + sys::sha256_hex(bytes);
}

/// A host with a containerd and nothing in it.
class World {
 public:
  /// `root`: where containerd keeps what it has; empty: with all else in a temporary folder.
  explicit World(const std::string& root = "") {
    auto started = containerd::PrivateContainerd::start(root);
    INFO((started ? std::string() : started.error().text()));
    REQUIRE(started);
    daemon_ = *std::move(started);
    files.write("config.toml", fmt::format("state_directory = \"{0}/state\"\n"
                                           "run_directory = \"{0}/run\"\n",
                                           files.path()));
    auto connected = daemon_->connect("flintlock");
    REQUIRE(connected);
    client = *std::move(connected);
  }

  /// flintctl with this host's settings.
  [[nodiscard]] std::vector<std::string> command(const std::vector<std::string>& arguments) const {
    std::vector<std::string> command = {FLINTCTL,   "--containerd-address",    daemon_->address(),
                                        "--config", files.path("config.toml"), "--quiet"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return command;
  }

  sys::Output run(const std::vector<std::string>& arguments, const std::string& snapshotter = "",
                  std::string_view input = {}) const {
    auto command = this->command(arguments);
    if (!snapshotter.empty()) command.insert(command.end(), {"--snapshotter", snapshotter});
    auto output = sys::run(command, input);
    REQUIRE(output);
    return *std::move(output);
  }
  /// What it prints; it must succeed.
  std::string prints(const std::vector<std::string>& arguments,
                     const std::string& snapshotter = "") const {
    const auto output = run(arguments, snapshotter);
    INFO(output.err);
    REQUIRE(output.status.code == 0);
    return output.out;
  }
  sys::Output ctr(std::vector<std::string> arguments, const std::string& name_space = "ctr") const {
    std::vector<std::string> command = {"/usr/bin/ctr", "-a", daemon_->address(), "-n", name_space};
    command.insert(command.end(), arguments.begin(), arguments.end());
    auto output = sys::run(command);
    REQUIRE(output);
    return *std::move(output);
  }
  /// The folder of a snapshot that has no parent, or is native.
  std::string folder_of(const std::string& chain_id,
                        const std::string& snapshotter = "native") const {
    const auto leased = client->with_lease("look");
    if (client->lease_list({"id==look"})->empty()) REQUIRE(client->lease_create("look", {}));
    const auto key = "look-" + std::to_string(views_++);
    const auto mounts = leased->snapshot_view(snapshotter, key, chain_id, {});
    INFO((mounts ? std::string() : mounts.error().text()));
    REQUIRE(mounts);
    return mounts->front().source;
  }
  /// Where containerd keeps a blob.
  [[nodiscard]] std::string content_path(const std::string& digest) const {
    return fmt::format("{}/io.containerd.content.v1.content/blobs/sha256/{}", daemon_->root(),
                       digest.substr(std::string("sha256:").size()));
  }
  [[nodiscard]] bool empty() const {
    return client->image_list()->empty() && client->content_list({})->empty() &&
           client->lease_list({})->empty() && client->snapshot_list("native", {})->empty() &&
           client->snapshot_list("overlayfs", {})->empty();
  }

  Folder files;
  std::unique_ptr<containerd::Client> client;

 private:
  std::unique_ptr<containerd::PrivateContainerd> daemon_;
  mutable int views_ = 0;
};

inline std::string root_tar() {
  return TarBuilder()
      .folder("etc")
      .file("etc/hello", "hello\n")
      .symlink("hi", "etc/hello")
      .finish();
}

}  // namespace flintctl::testing
