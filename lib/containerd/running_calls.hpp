// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>

#include "core/unique_fd.hpp"

namespace grpc {
class ClientContext;
}

namespace flintctl::containerd {

/// The calls of one connection that are on their way. When the user interrupts, they get a moment
/// to end by themselves, for an operation that loses its caller halfway leaves more to clean up
/// than one that ends; then they are cancelled. Calls that begin later, to undo what was begun, are
/// left alone.
class RunningCalls {
 public:
  static constexpr std::chrono::milliseconds moment = std::chrono::seconds(1);

  /// Waits, on a thread of its own, for `interrupt` (sys::interrupt_fd()) to become readable.
  explicit RunningCalls(int interrupt);
  RunningCalls(const RunningCalls&) = delete;
  RunningCalls& operator=(const RunningCalls&) = delete;
  ~RunningCalls();

  /// `call` must live until it is removed by the number that this returns.
  std::uint64_t add(grpc::ClientContext& call);
  void remove(std::uint64_t number);

 private:
  void watch(int interrupt);
  void cancel_before(std::uint64_t number);

  std::mutex mutex_;
  std::uint64_t next_ = 0;
  std::map<std::uint64_t, grpc::ClientContext*> calls_;
  UniqueFd stopped_;
  std::thread watcher_;
};

}  // namespace flintctl::containerd
