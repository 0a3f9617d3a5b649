// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "image/progress.hpp"
#include "oci/manifest.hpp"
#include "oci/registry.hpp"

namespace flintctl::image {

/// Who wants to know that layers arrive. Called from the fetcher's threads.
struct ArrivalListener {
  std::function<void(std::size_t layer, std::uint64_t bytes)> available;
  std::function<void()> failed;  ///< some layer will never come; see LayerFetcher::error()
};

/// Downloads layers in parallel, in order, into partial files, on threads of its own that end with
/// it. A file that an earlier pull left is verified as a whole before any of its bytes count as
/// arrived, and fetched anew when it is wrong; the digest of a fresh one is for the reader to
/// check.
class LayerFetcher {
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
  ~LayerFetcher();
  LayerFetcher(const LayerFetcher&) = delete;
  LayerFetcher& operator=(const LayerFetcher&) = delete;

  /// The file that layer `layer` grows in: valid as long as this.
  [[nodiscard]] int file(std::size_t layer) const;

  /// From now on `listener` hears of arrivals; at once of what is there already. One at a time.
  void listen(ArrivalListener listener);
  void stop_listening();

  /// Why the first failed download failed.
  [[nodiscard]] std::optional<Error> error() const;

  /// Ends the downloads and removes the file of a layer: its bytes were wrong.
  void discard(std::size_t layer);

 private:
  struct Impl;
  explicit LayerFetcher(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace flintctl::image
