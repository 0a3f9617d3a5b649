// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "network/cidr.hpp"

namespace flintctl::network {

/// Address translation for the guests of one bridge.
struct Nat {
  std::string bridge;
  Cidr net;            ///< whose addresses are hidden behind the host's
  std::string uplink;  ///< only through this interface; empty: through all but the bridge
};

/// `foreign`: a table of the name has neither of our chains.
enum class NatState { absent, foreign, different, present };

/// Translation in nftables tables of flintctl's own, one for each bridge ("ip flintctl-<bridge>"),
/// so that several bridges do not share state and no other table is ever written to. A table is
/// replaced as a whole, in one transaction. Besides hiding the guests, it lets nobody open a
/// connection to them from outside: without it the forwarding that they need would make them
/// reachable for every neighbour of the host. Needs CAP_NET_ADMIN. nft(8), libnftables-json(5).
class Nftables {
 public:
  /// Loads libnftables; host_not_ready when it is not installed.
  static Result<Nftables> open();

  Nftables(Nftables&&) noexcept;
  Nftables& operator=(Nftables&&) noexcept;
  ~Nftables();

  /// Compares chains and rules in the kernel with those that `nat` asks for. host_not_ready when
  /// the kernel has no nftables for IPv4.
  Result<NatState> state(const Nat& nat);
  /// Success when the kernel takes the table, which must be absent: it is made and deleted in one
  /// transaction, and nobody sees it. host_not_ready otherwise.
  Result<> try_out(const Nat& nat);
  /// Makes the table so.
  Result<> apply(const Nat& nat);
  /// Fine when there is none.
  Result<> remove(const std::string& bridge);
  /// Bridges that have a table of ours.
  Result<std::vector<std::string>> bridges();
  /// Chains of others that translate what leaves this host, "ip nat/POSTROUTING".
  Result<std::vector<std::string>> translating_chains();
  /// Chains of others that drop what no rule of theirs accepts, "inet filter/forward": guests'
  /// packets must be accepted there, too.
  Result<std::vector<std::string>> dropping_chains();

 private:
  struct Impl;
  explicit Nftables(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// host_not_ready: the kernel cannot do `what`, and a hint at what to do without it.
Error no_nftables(const std::string& what, std::string_view why);

/// The table of a bridge: "flintctl-flintbr0".
std::string nat_table(const std::string& bridge);

}  // namespace flintctl::network
