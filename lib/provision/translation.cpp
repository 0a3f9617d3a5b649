// SPDX-License-Identifier: Apache-2.0
#include "provision/translation.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace flintctl::provision {
namespace {

using network::NatState;

/// The parts of the kernel that the table's rules take.
const std::vector<std::string>& needed_modules() {
  static const std::vector<std::string> names = {"nf_conntrack", "nf_nat", "nft_ct", "nft_masq",
                                                 "nft_chain_nat"};
  return names;
}

Error foreign_table(const NetworkSpec& spec) {
  const std::string table = network::nat_table(spec.bridge);
  return Error(Code::already_exists,
               fmt::format("there is an nftables table ip {} that flintctl did not make", table))
      .with_hint(fmt::format("if nothing needs it: nft delete table ip {}; {}", table,
                             "or choose another bridge: --bridge, or bridge in [network] of "
                             "host.toml"));
}

}  // namespace

std::string Translation::subject() const {
  return "nftables table ip " + network::nat_table(spec_.bridge);
}

/// The kernel would load one of these, which it has as files.
bool Translation::would_load(const std::vector<std::string>& modules) const {
  return std::any_of(modules.begin(), modules.end(), [this](const std::string& name) {
    return !kernel_.loaded(name) && kernel_.available(name);
  });
}

/// A question for tables has the kernel load what answers it; without that there are none.
bool Translation::has_tables() const { return !would_load({"nfnetlink", "nf_tables"}); }

/// One that is neither loaded nor to be loaded, of a kernel that has others as files, and so a list
/// of all; else empty. Where nothing is translated for IPv4 that is nft_chain_nat.
std::string Translation::missing_module() const {
  const auto& names = needed_modules();
  if (!would_load(names)) return {};
  const auto missing = std::find_if(names.begin(), names.end(), [this](const std::string& name) {
    return !kernel_.loaded(name) && !kernel_.available(name);
  });
  return missing == names.end() ? std::string() : *missing;
}

Result<NatState> Translation::state() const {
  auto tables = TRY(network::Nftables::open());
  return tables.state(nat());
}

/// A table that has none of our chains, beside a bridge that is not ours either, is another's.
Result<> Translation::refuse_foreign(NatState state, bool own_bridge) const {
  return state != NatState::foreign || own_bridge ? Result<>() : foreign_table(spec_);
}

Result<> Translation::refuse_foreign(bool own_bridge) const {
  if (!wanted()) return {};
  const auto found = state();
  return found ? refuse_foreign(*found, own_bridge) : Result<>();
}

Result<> Translation::try_out(bool own_bridge) const {
  if (!wanted()) return {};
  auto tables = TRY(network::Nftables::open());
  const NatState found = TRY(tables.state(nat()));
  TRY(refuse_foreign(found, own_bridge));
  return found == NatState::absent ? tables.try_out(nat()) : Result<>();
}

/// Where nobody can look, there is nothing that could be said.
Result<bool> Translation::has_unwanted_table() const {
  if (wanted() || !has_tables()) return false;
  auto tables = network::Nftables::open();
  if (!tables) return false;
  const auto bridges = tables->bridges();
  if (!bridges) return false;
  return std::find(bridges->begin(), bridges->end(), spec_.bridge) != bridges->end();
}

Result<> Translation::add_item(bool own_bridge, Finding& finding) const {
  if (!wanted()) {
    if (!TRY(has_unwanted_table())) return {};
    finding.items.push_back(
        {State::differs, subject(), "is there, and nothing is to be translated"});
    return {};
  }
  if (const std::string module = missing_module(); !module.empty()) {
    Item item{State::missing, subject(), {}};
    item.obstacle = network::no_nftables("translating addresses",
                                         fmt::format("this kernel has no module \"{}\"", module));
    finding.items.push_back(std::move(item));
    return {};
  }
  if (!has_tables()) {
    finding.items.push_back({State::missing, subject(), {}});
    return {};
  }
  const auto found = state();
  if (!found && found.error().code() == Code::permission_denied) {
    finding.items.push_back({State::missing, subject(), "or there: only root can see"});
    return {};
  }
  if (!found) return found.error();
  const bool untried = *found == NatState::absent && !would_load(needed_modules());
  if (untried) TRY(try_out(own_bridge));
  TRY(refuse_foreign(*found, own_bridge));
  if (*found == NatState::different || *found == NatState::foreign) {
    finding.items.push_back({State::differs, subject(), "has other rules"});
  } else {
    finding.items.push_back(
        {*found == NatState::present ? State::in_place : State::missing, subject(), {}});
  }
  return {};
}

Result<std::vector<std::string>> Translation::dropping_chains() const {
  if (!wanted() || !has_tables()) return std::vector<std::string>();
  auto tables = TRY(network::Nftables::open());
  auto chains = tables.dropping_chains();
  if (chains || chains.error().code() != Code::permission_denied) return chains;
  return std::vector<std::string>();
}

std::vector<std::string> Translation::chains_of_others() const {
  if (!has_tables()) return {};
  auto tables = network::Nftables::open();
  return tables ? tables->translating_chains().value_or({}) : std::vector<std::string>();
}

Result<> Translation::apply() const {
  if (!wanted()) return {};
  auto tables = TRY(network::Nftables::open());
  return TRY(tables.state(nat())) == NatState::present ? Result<>() : tables.apply(nat());
}

Result<> Translation::remove_unwanted() const {
  if (!TRY(has_unwanted_table())) return {};
  return TRY(network::Nftables::open()).remove(spec_.bridge);
}

}  // namespace flintctl::provision
