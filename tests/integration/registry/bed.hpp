// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "containerd/client.hpp"
#include "debian_registry.hpp"
#include "image/pull_image.hpp"
#include "support/containerd/private_containerd.hpp"

namespace flintctl::image {

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
