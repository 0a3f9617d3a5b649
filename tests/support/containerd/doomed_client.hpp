// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>
#include <utility>

#include "support/containerd/watched_client.hpp"

namespace flintctl::containerd {

/// A client that sends this process a signal at the `nth` change of a kind: "before
/// snapshot_commit", "after lease_delete". The end comes at a point that does not depend on how
/// fast anything is.
inline std::unique_ptr<Client> doomed_client(std::unique_ptr<Client> client, std::string change,
                                             std::size_t nth, int signal) {
  const auto watch = [change = std::move(change), left = std::make_shared<std::size_t>(nth),
                      signal](std::string_view name, WatchedClient::Moment moment) {
    const std::string when = moment == WatchedClient::Moment::before ? "before " : "after ";
    if (when + std::string(name) == change && --*left == 0) ::kill(::getpid(), signal);
  };
  return std::make_unique<WatchedClient>(std::move(client), watch);
}

}  // namespace flintctl::containerd
