// SPDX-License-Identifier: Apache-2.0
#include "containerd/running_calls.hpp"

#include <grpcpp/client_context.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <array>
#include <cerrno>

namespace flintctl::containerd {
namespace {

enum class Woken { interrupted, stopped, timed_out };

Woken wait(int interrupt, int stopped, int milliseconds) {
  std::array<pollfd, 2> watched = {{{stopped, POLLIN, 0}, {interrupt, POLLIN, 0}}};
  while (true) {
    const int ready = ::poll(watched.data(), watched.size(), milliseconds);
    if (ready < 0 && errno == EINTR) continue;  // a signal's handler makes `interrupt` readable
    if (watched[0].revents != 0 || ready < 0) return Woken::stopped;
    return ready == 0 ? Woken::timed_out : Woken::interrupted;
  }
}

}  // namespace

RunningCalls::RunningCalls(int interrupt)
    : stopped_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      watcher_([this, interrupt] { watch(interrupt); }) {}

RunningCalls::~RunningCalls() {
  (void)::eventfd_write(stopped_.get(), 1);
  watcher_.join();
}

std::uint64_t RunningCalls::add(grpc::ClientContext& call) {
  const std::lock_guard lock(mutex_);
  calls_.emplace(next_, &call);
  return next_++;
}

void RunningCalls::remove(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  calls_.erase(number);
}

void RunningCalls::watch(int interrupt) {
  if (wait(interrupt, stopped_.get(), -1) != Woken::interrupted) return;
  std::uint64_t later = 0;
  {
    const std::lock_guard lock(mutex_);
    later = next_;
  }
  constexpr int none = -1;  // poll(2) passes over it
  if (wait(none, stopped_.get(), static_cast<int>(moment.count())) == Woken::stopped) return;
  cancel_before(later);
}

void RunningCalls::cancel_before(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  for (auto call = calls_.begin(); call != calls_.end() && call->first < number; ++call) {
    call->second->TryCancel();
  }
}

}  // namespace flintctl::containerd
