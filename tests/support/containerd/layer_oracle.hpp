// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "support/containerd/private_containerd.hpp"

namespace flintctl::containerd {

/// What containerd's own Diff.Apply makes of layers: the measure of what we make of them.
class LayerOracle {
 public:
  static Result<std::unique_ptr<LayerOracle>> start();

  /// Applies a layer of `media_type` to a folder, over what is in it.
  Result<> apply(std::string_view layer, const std::string& media_type,
                 const std::string& folder) const;

 private:
  LayerOracle(std::unique_ptr<PrivateContainerd> daemon, std::unique_ptr<Client> client)
      : daemon_(std::move(daemon)), client_(std::move(client)) {}

  std::unique_ptr<PrivateContainerd> daemon_;
  std::unique_ptr<Client> client_;
};

}  // namespace flintctl::containerd
