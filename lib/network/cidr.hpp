// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace flintctl::network {

/// An IPv4 address with the length of its network's prefix, as in "192.168.100.1/24". RFC 4632.
struct Cidr {
  std::uint32_t address = 0;  ///< in host byte order
  unsigned prefix = 32;

  [[nodiscard]] std::uint32_t mask() const {
    return prefix == 0 ? 0 : ~std::uint32_t{0} << (32 - prefix);
  }
  /// The network alone: "192.168.100.0/24".
  [[nodiscard]] Cidr net() const { return {address & mask(), prefix}; }
  [[nodiscard]] std::uint32_t broadcast() const { return address | ~mask(); }
  [[nodiscard]] bool contains(std::uint32_t other) const {
    return (other & mask()) == (address & mask());
  }
  /// Some address is in both networks: one contains the other.
  [[nodiscard]] bool overlaps(const Cidr& other) const;
  [[nodiscard]] std::string text() const;
  bool operator==(const Cidr& other) const = default;
};

/// "192.168.100.1"; invalid_argument otherwise. Leading zeros are refused: some read them as octal.
Result<std::uint32_t> parse_address(std::string_view text);
std::string address_text(std::uint32_t address);

/// "192.168.100.1/24"; invalid_argument otherwise.
Result<Cidr> parse_cidr(std::string_view text);

/// A host's own address in its network: a prefix of 8 to 30, and neither the network's nor the
/// broadcast address, nor one of loopback, multicast or the reserved ranges.
Result<> check_host_address(const Cidr& cidr);

}  // namespace flintctl::network
