// SPDX-License-Identifier: Apache-2.0
#include "network/nat_rules.hpp"

namespace flintctl::network {
namespace {

using data::Array;
using data::Value;

Value table_of(const std::string& bridge) {
  return Value::object({{"table", Value::object({{"family", "ip"}, {"name", nat_table(bridge)}})}});
}

Value chain(const Nat& nat, const char* name, const char* type, int priority) {
  return Value::object({{"chain", Value::object({{"family", "ip"},
                                                 {"table", nat_table(nat.bridge)},
                                                 {"name", name},
                                                 {"type", type},
                                                 {"hook", name},
                                                 {"prio", priority},
                                                 {"policy", "accept"}})}});
}

Value rule(const Nat& nat, const char* chain_name, Array expressions) {
  return Value::object({{"rule", Value::object({{"family", "ip"},
                                                {"table", nat_table(nat.bridge)},
                                                {"chain", chain_name},
                                                {"expr", std::move(expressions)}})}});
}

Value match(const char* operation, Value left, Value right) {
  return Value::object({{"match", Value::object({{"op", operation},
                                                 {"left", std::move(left)},
                                                 {"right", std::move(right)}})}});
}

Value meta(const char* key) { return Value::object({{"meta", Value::object({{"key", key}})}}); }

Value connection(const char* key) { return Value::object({{"ct", Value::object({{"key", key}})}}); }

Value verdict(const char* word) { return Value::object({{word, nullptr}}); }

Value from_net(const Cidr& net) {
  const auto source = Value::object({{"protocol", "ip"}, {"field", "saddr"}});
  const auto prefix =
      Value::object({{"addr", address_text(net.net().address)}, {"len", net.prefix}});
  return match("==", Value::object({{"payload", source}}), Value::object({{"prefix", prefix}}));
}

Value command(const char* verb, Value object) { return Value::object({{verb, std::move(object)}}); }

}  // namespace

data::Array nat_objects(const Nat& nat) {
  const auto out = nat.uplink.empty() ? match("!=", meta("oifname"), nat.bridge)
                                      : match("==", meta("oifname"), nat.uplink);
  const auto from_outside = match("!=", meta("iifname"), nat.bridge);
  const auto to_guests = match("==", meta("oifname"), nat.bridge);
  const auto answers = match("in", connection("state"), Array{"established", "related"});
  // A port that somebody forwards to a guest on purpose stays open.
  const auto forwarded = match("in", connection("status"), "dnat");
  return {chain(nat, "postrouting", "nat", 100),
          chain(nat, "forward", "filter", 0),
          rule(nat, "postrouting", {from_net(nat.net), out, verdict("masquerade")}),
          rule(nat, "forward", {from_outside, to_guests, answers, verdict("accept")}),
          rule(nat, "forward", {from_outside, to_guests, forwarded, verdict("accept")}),
          rule(nat, "forward", {from_outside, to_guests, verdict("drop")})};
}

data::Value nat_commands(const Nat& nat) {
  const Value table = table_of(nat.bridge);
  // Deleting what may be absent fails; adding what may be there does not.
  Array commands = {command("add", table), command("delete", table), command("add", table)};
  for (Value& object : nat_objects(nat)) commands.push_back(command("add", std::move(object)));
  return Value::object({{"nftables", std::move(commands)}});
}

data::Value nat_trial(const Nat& nat) {
  const Value table = table_of(nat.bridge);
  Array commands = {command("add", table)};
  for (Value& object : nat_objects(nat)) commands.push_back(command("add", std::move(object)));
  commands.push_back(command("delete", table));
  return Value::object({{"nftables", std::move(commands)}});
}

data::Array listed_objects(const data::Value& listing) {
  Array objects;
  const Value* entries = listing.find("nftables");
  if (entries == nullptr) return objects;
  // Chains first, as a listing may have them between the rules.
  for (const std::string_view kind : {"chain", "rule"}) {
    for (const Value& entry : entries->elements()) {
      const Value* object = entry.find(kind);
      if (object == nullptr) continue;
      Value kept = Value::object();
      for (const auto& [key, value] : object->members()) {
        if (key != "handle" && key != "index") kept.set(key, value);
      }
      objects.push_back(Value::object({{std::string(kind), std::move(kept)}}));
    }
  }
  return objects;
}

bool has_our_chain(const data::Array& listed, const Nat& nat) {
  for (const Value& wanted : nat_objects(nat)) {
    const Value* chain = wanted.find("chain");
    if (chain == nullptr) continue;
    for (const Value& object : listed) {
      const Value* found = object.find("chain");
      if (found != nullptr && found->string_or("name") == chain->string_or("name") &&
          found->string_or("hook") == chain->string_or("hook")) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace flintctl::network
