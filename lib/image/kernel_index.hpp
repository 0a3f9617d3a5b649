// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/result.hpp"
#include "image/kernel_inspection.hpp"

namespace flintctl::image {

/// What was found in which layers: one small file for each question, named by the SHA-256 of it.
/// What a chain ID stands for never changes, so an answer holds as long as its files are in the
/// cache.
class KernelIndex {
 public:
  explicit KernelIndex(std::string folder) : folder_(std::move(folder)) {}

  [[nodiscard]] std::optional<StoredBootFiles> find(const std::string& chain_id,
                                                    const BootRequest& request) const;
  Result<> put(const std::string& chain_id, const BootRequest& request,
               const StoredBootFiles& files) const;
  /// Names of all files, by the chain ID of the layers they were found in.
  [[nodiscard]] Result<std::map<std::string, std::set<std::string>>> files() const;
  /// Removes the answers that name `file`, and what killed writers left. Nobody may put()
  /// meanwhile: what he has half written looks no different.
  Result<> forget(const std::string& file) const;

 private:
  [[nodiscard]] std::string entry(const std::string& chain_id, const BootRequest& request) const;
  std::string folder_;
};

}  // namespace flintctl::image
