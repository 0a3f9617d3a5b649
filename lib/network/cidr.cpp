// SPDX-License-Identifier: Apache-2.0
#include "network/cidr.hpp"

#include <fmt/format.h>

#include <charconv>

namespace flintctl::network {
namespace {

/// A decimal number at the start of `text`, at most `most` and without leading zeros; taken off.
bool take_number(std::string_view& text, unsigned most, unsigned& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number > most) return false;
  const auto length = static_cast<std::size_t>(end - text.data());
  if (length > 1 && text.front() == '0') return false;
  text.remove_prefix(length);
  return true;
}

/// Four numbers with dots between; taken off.
bool take_address(std::string_view& text, std::uint32_t& address) {
  address = 0;
  for (int i = 0; i < 4; ++i) {
    if (i > 0) {
      if (!text.starts_with('.')) return false;
      text.remove_prefix(1);
    }
    unsigned octet = 0;
    if (!take_number(text, 255, octet)) return false;
    address = address << 8U | octet;
  }
  return true;
}

}  // namespace

bool Cidr::overlaps(const Cidr& other) const {
  return contains(other.address & other.mask()) || other.contains(address & mask());
}

std::string Cidr::text() const { return fmt::format("{}/{}", address_text(address), prefix); }

std::string address_text(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24U, address >> 16U & 255U, address >> 8U & 255U,
                     address & 255U);
}

Result<std::uint32_t> parse_address(std::string_view text) {
  std::string_view rest = text;
  std::uint32_t address = 0;
  if (take_address(rest, address) && rest.empty()) return address;
  return Error(Code::invalid_argument, fmt::format("'{}' is not an IPv4 address", text))
      .with_hint("write it like 192.168.100.1");
}

Result<Cidr> parse_cidr(std::string_view text) {
  std::string_view rest = text;
  Cidr cidr;
  bool good = take_address(rest, cidr.address) && rest.starts_with('/');
  if (good) rest.remove_prefix(1);
  good = good && take_number(rest, 32, cidr.prefix) && rest.empty();
  if (good) return cidr;
  return Error(Code::invalid_argument,
               fmt::format("'{}' is not an IPv4 address with its prefix length", text))
      .with_hint("write it like 192.168.100.1/24");
}

Result<> check_host_address(const Cidr& cidr) {
  const auto refuse = [&](std::string_view why) {
    return Error(Code::invalid_argument, fmt::format("{} {}", cidr.text(), why))
        .with_hint("use a private network, like 192.168.100.1/24 or 10.20.0.1/16");
  };
  if (cidr.prefix < 8 || cidr.prefix > 30) return refuse("needs a prefix length of 8 to 30");
  const std::uint32_t first = cidr.address >> 24U;
  if (first == 0 || first == 127 || first >= 224) return refuse("is in no network for hosts");
  if (cidr.address == cidr.net().address) return refuse("is the address of the network itself");
  if (cidr.address == cidr.broadcast()) return refuse("is the broadcast address of its network");
  return {};
}

}  // namespace flintctl::network
