// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "containerd/client.hpp"
#include "core/unique_fd.hpp"
#include "image/pull_image.hpp"
#include "support/containerd/private_containerd.hpp"
#include "sys/process.hpp"

namespace flintctl::image {

/// Debian's docker-registry over a folder, on a free port of the loopback; ends with this object.
class DebianRegistry {
 public:
  static Result<std::unique_ptr<DebianRegistry>> start(const std::string& folder);
  ~DebianRegistry();
  DebianRegistry(const DebianRegistry&) = delete;
  DebianRegistry& operator=(const DebianRegistry&) = delete;

  [[nodiscard]] std::string host() const { return "127.0.0.1:" + port_; }
  /// The requests so far, as the access log has them.
  [[nodiscard]] std::vector<std::string> log() const;

 private:
  DebianRegistry(sys::Process process, UniqueFd log, std::string folder)
      : process_(std::move(process)), log_(std::move(log)), folder_(std::move(folder)) {}
  Result<> await_port();

  sys::Process process_;
  UniqueFd log_;
  std::string folder_;
  std::string port_;
  std::thread drain_;
};

/// A containerd, a registry with the images of images.py, and a folder for flintctl's state: one
/// for all tests, each of which takes a namespace of its own.
class Bed {
 public:
  static Bed& get();

  [[nodiscard]] std::unique_ptr<containerd::Client> client(const std::string& name_space) const;
  [[nodiscard]] oci::Reference image(const std::string& name) const;
  /// For the snapshotter "native", with state and run folders of the namespace's own.
  [[nodiscard]] PullOptions options(const std::string& name_space) const;
  [[nodiscard]] const containerd::PrivateContainerd& containerd() const { return *containerd_; }
  [[nodiscard]] const DebianRegistry& registry() const { return *registry_; }
  [[nodiscard]] const std::string& folder() const { return folder_; }
  /// How many requests of this method and with this text in the path were made since `since`.
  [[nodiscard]] std::size_t asked(const std::string& method, const std::string& part,
                                  std::size_t since = 0) const;

  ~Bed();

 private:
  Bed();
  std::string folder_;
  std::unique_ptr<containerd::PrivateContainerd> containerd_;
  std::unique_ptr<DebianRegistry> registry_;
};

}  // namespace flintctl::image
