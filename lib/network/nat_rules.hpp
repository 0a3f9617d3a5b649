// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "data/value.hpp"
#include "network/nat.hpp"

namespace flintctl::network {

/// The chains and rules that `nat` asks for, each as libnftables-json(5) writes it: {"chain": …} or
/// {"rule": …}.
data::Array nat_objects(const Nat& nat);

/// Commands that replace the table by one with `nat_objects`, in one transaction.
data::Value nat_commands(const Nat& nat);

/// Commands that make the table and delete it again, in one transaction.
data::Value nat_trial(const Nat& nat);

/// Chains and rules of a listing of our table, without what the kernel adds (handles).
data::Array listed_objects(const data::Value& listing);

/// One of `listed` is a chain by the name and the hook of one that `nat` asks for.
bool has_our_chain(const data::Array& listed, const Nat& nat);

}  // namespace flintctl::network
