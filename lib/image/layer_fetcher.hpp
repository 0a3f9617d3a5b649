// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "image/layer_source.hpp"
#include "image/progress.hpp"
#include "oci/manifest.hpp"
#include "oci/registry.hpp"

namespace flintctl::image {

/// Downloads layers in parallel, in order, into partial files, on threads of its own that end with
/// it. A file that an earlier pull left is verified as a whole before any of its bytes count as
/// arrived, and fetched anew when it is wrong; the digest of a fresh one is for the reader to
/// check.
class LayerFetcher final : public LayerSource {
 public:
  struct Options {
    std::string directory;  ///< of the partial files
    unsigned parallel = 4;
    std::size_t first = 0;  ///< the lowest layer to fetch
  };

  /// Opens all files; the threads start at once. `progress` must outlive this and bear calls from
  /// threads.
  static Result<std::unique_ptr<LayerFetcher>> start(const oci::Registry& registry,
                                                     const std::vector<oci::Descriptor>& layers,
                                                     const Options& options, Progress& progress);
  ~LayerFetcher() override;
  LayerFetcher(const LayerFetcher&) = delete;
  LayerFetcher& operator=(const LayerFetcher&) = delete;

  [[nodiscard]] int file(std::size_t layer) const override;
  void listen(ArrivalListener listener) override;
  void stop_listening() override;
  [[nodiscard]] std::optional<Error> error() const override;
  /// Ends the downloads, removes the layer's file, and lets the registry's mirrors answer for it:
  /// Registry::distrust().
  void discard(std::size_t layer) override;

 private:
  struct Impl;
  explicit LayerFetcher(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace flintctl::image
