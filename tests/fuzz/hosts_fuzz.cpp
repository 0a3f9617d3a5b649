// SPDX-License-Identifier: Apache-2.0
#include "oci/hosts.hpp"

#include <cstdint>
#include <cstdlib>

// Any bytes as a hosts.toml; what is accepted is asked over http or https, the server last.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace flintctl::oci;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto endpoints = parse_hosts(text, "/certs", "r.io", Transport::automatic);
  if (!endpoints) return 0;
  if (endpoints->empty()) std::abort();
  for (const auto& endpoint : *endpoints) {
    if (!endpoint.base.starts_with("http://") && !endpoint.base.starts_with("https://")) {
      std::abort();
    }
    for (const auto& [name, value] : endpoint.headers.fields()) {
      if ((name + value).find_first_of("\r\n") != std::string::npos) std::abort();
    }
  }
  return 0;
}
