// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "core/result.hpp"

namespace flintctl::image {

/// Who wants to know that layers arrive. May be called from any thread.
struct ArrivalListener {
  std::function<void(std::size_t layer, std::uint64_t bytes)> available;
  std::function<void()> failed;  ///< some layer will never come; see LayerSource::error()
};

/// Where an image's layers come from: a registry, or files of this host.
class LayerSource {
 public:
  virtual ~LayerSource() = default;

  /// The file that layer `layer` is in, from offset 0 on: valid as long as this.
  [[nodiscard]] virtual int file(std::size_t layer) const = 0;

  /// From now on `listener` hears of arrivals; at once of what is there already. One at a time.
  virtual void listen(ArrivalListener listener) = 0;
  virtual void stop_listening() = 0;

  /// Why the first layer that will not come does not.
  [[nodiscard]] virtual std::optional<Error> error() const = 0;

  /// The bytes of this layer were wrong: nobody is to find them again.
  virtual void discard(std::size_t layer) = 0;
};

}  // namespace flintctl::image
