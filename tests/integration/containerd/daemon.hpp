// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "support/catch.hpp"
#include "support/containerd/private_containerd.hpp"
#include "sys/sha256.hpp"

namespace flintctl::containerd {

inline const std::string snapshotter = "native";

/// The one containerd of this executable, started by the first test that needs it.
inline const PrivateContainerd& daemon() {
  static const auto instance = PrivateContainerd::start();
  if (!instance) FAIL(instance.error().text());
  return **instance;
}

/// A client of a namespace; each test case uses one of its own, so that they do not meet.
inline std::unique_ptr<Client> client_of(const std::string& name_space) {
  auto client = daemon().connect(name_space);
  if (!client) FAIL(client.error().text());
  return std::move(*client);
}

inline std::string digest_of(std::string_view bytes) { return "sha256:" + sys::sha256_hex(bytes); }

/// Runs a garbage collection and waits for it, as each synchronous lease delete does.
inline void collect(Client& client) {
  REQUIRE(client.lease_create("collect", {}));
  REQUIRE(client.lease_delete("collect"));
}

/// REQUIRE for a Result, with its error in the report.
template <typename T>
void require_ok(const Result<T>& result) {
  INFO((result ? std::string() : result.error().text()));
  REQUIRE(result);
}

template <typename T>
Code code_of(const Result<T>& result) {
  REQUIRE_FALSE(result);
  return result.error().code();
}

}  // namespace flintctl::containerd
