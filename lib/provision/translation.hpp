// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "network/nat.hpp"
#include "provision/modules_step.hpp"
#include "provision/network_spec.hpp"
#include "provision/step.hpp"

namespace flintctl::provision {

/// The network's address translation: its nftables table as this host has it, and as it is to be.
/// What only looks has the kernel load nothing: where the parts that answer are not loaded there is
/// no table. `own_bridge`: the bridge is there and ours, and so is a table of its name.
class Translation {
 public:
  Translation(NetworkSpec spec, Modules kernel)
      : spec_(std::move(spec)), kernel_(std::move(kernel)) {}

  [[nodiscard]] bool wanted() const { return spec_.translation == NetworkSpec::Translation::nat; }

  /// Whether the table is as it should be, or is there and should not be. With an obstacle
  /// (host_not_ready) where the kernel's list of modules lacks what it takes; an error where it was
  /// tried and the kernel does not take it, or the table is another's.
  Result<> add_item(bool own_bridge, Finding& finding) const;
  /// Chains of others that drop guests' packets; none where nothing is translated.
  [[nodiscard]] Result<std::vector<std::string>> dropping_chains() const;
  /// Chains of others that translate, as far as anybody can look.
  [[nodiscard]] std::vector<std::string> chains_of_others() const;

  /// A kernel that cannot do it (host_not_ready), and a table that must not be replaced
  /// (already_exists), are told before anything is made. The kernel loads what it takes.
  [[nodiscard]] Result<> try_out(bool own_bridge) const;
  /// The latter alone.
  [[nodiscard]] Result<> refuse_foreign(bool own_bridge) const;
  [[nodiscard]] Result<> apply() const;
  /// The table of an earlier run goes where nothing is to be translated.
  [[nodiscard]] Result<> remove_unwanted() const;

 private:
  [[nodiscard]] network::Nat nat() const { return {spec_.bridge, spec_.address, spec_.uplink}; }
  [[nodiscard]] std::string subject() const;
  [[nodiscard]] bool would_load(const std::vector<std::string>& modules) const;
  [[nodiscard]] bool has_tables() const;
  [[nodiscard]] std::string missing_module() const;
  [[nodiscard]] Result<network::NatState> state() const;
  [[nodiscard]] Result<> refuse_foreign(network::NatState state, bool own_bridge) const;
  [[nodiscard]] Result<bool> has_unwanted_table() const;

  NetworkSpec spec_;
  Modules kernel_;
};

}  // namespace flintctl::provision
