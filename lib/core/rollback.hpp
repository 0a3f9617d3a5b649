// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <utility>

namespace flintctl {

/// Runs an undo step at scope exit unless commit() was called: for a step that must vanish when a
/// later one fails. It does not survive SIGKILL; what must, is recorded before it is done.
class [[nodiscard]] Rollback {
 public:
  explicit Rollback(std::function<void()> undo) : undo_(std::move(undo)) {}
  Rollback(Rollback&& other) noexcept : undo_(std::exchange(other.undo_, nullptr)) {}
  Rollback& operator=(Rollback&&) = delete;
  Rollback(const Rollback&) = delete;
  Rollback& operator=(const Rollback&) = delete;
  ~Rollback() {
    if (undo_) undo_();
  }

  void commit() { undo_ = nullptr; }

 private:
  std::function<void()> undo_;
};

}  // namespace flintctl
