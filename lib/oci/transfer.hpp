// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "http/message.hpp"
#include "oci/manifest.hpp"

namespace flintctl::oci {

/// One blob on its way: takes the bytes of each answer, whichever endpoint it is of, and passes
/// each byte of the blob on once.
class Transfer {
 public:
  using Sink = std::function<Result<>(std::string_view bytes)>;

  /// Begins at byte `position`; `what` is its name for people.
  Transfer(const Descriptor& descriptor, std::uint64_t position, const Sink& sink,
           std::string what);

  [[nodiscard]] std::uint64_t position() const { return position_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool complete() const { return position_ == size_; }
  [[nodiscard]] const std::string& what() const { return what_; }
  /// The sink does not want more: nobody else need be asked.
  [[nodiscard]] bool refused() const { return refused_; }

  /// Before each request: its answer is to begin at position().
  void begin();
  /// data_loss when the answer is of another range or longer than the blob.
  Result<> take(const http::ResponseHead& head, std::string_view bytes);

 private:
  std::uint64_t size_;
  std::uint64_t position_;
  const Sink& sink_;
  std::string what_;
  bool first_ = true;
  bool refused_ = false;
  std::uint64_t to_skip_ = 0;
};

}  // namespace flintctl::oci
