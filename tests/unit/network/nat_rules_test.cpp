// SPDX-License-Identifier: Apache-2.0
#include "network/nat_rules.hpp"

#include "support/catch.hpp"

using namespace flintctl;

namespace {

const network::Nat nat{"flintbr0", network::parse_cidr("192.168.100.1/24").value(), ""};

std::string text(const network::Nat& wanted) {
  return data::to_json(network::nat_commands(wanted));
}

}  // namespace

TEST_CASE("the table is replaced as a whole, in one transaction") {
  const auto commands = network::nat_commands(nat);
  const auto& steps = commands.find("nftables")->elements();
  REQUIRE(steps.size() == 9);
  CHECK(steps[0].find("add")->find("table") != nullptr);
  CHECK(steps[1].find("delete")->find("table") != nullptr);
  CHECK(steps[2].find("add")->find("table") != nullptr);
  for (const auto& step : steps) {
    const auto& object = step.members().front().second.members().front().second;
    CHECK(object.string_or(object.find("table") != nullptr ? "table" : "name") ==
          "flintctl-flintbr0");
    CHECK(object.string_or("family") == "ip");
  }
}

TEST_CASE("guests are hidden everywhere but on their bridge, or on the uplink only") {
  CHECK(text(nat).find(R"({"op":"!=","left":{"meta":{"key":"oifname"}},"right":"flintbr0"}},)"
                       R"({"masquerade":null})") != std::string::npos);
  CHECK(text(nat).find(R"("prefix":{"addr":"192.168.100.0","len":24})") != std::string::npos);
  auto through = nat;
  through.uplink = "eth7";
  CHECK(text(through).find(R"({"op":"==","left":{"meta":{"key":"oifname"}},"right":"eth7"})") !=
        std::string::npos);
  CHECK(text(nat).find("eth7") == std::string::npos);
}

TEST_CASE("a listing is compared without what the kernel adds") {
  auto listing = data::Value::object();
  data::Array entries = {data::parse_json(R"({"metainfo": {"version": "1.0.6"}})").value(),
                         data::parse_json(R"({"table": {"family": "ip", "handle": 3}})").value()};
  for (auto object : network::nat_objects(nat)) {
    for (const char* kind : {"chain", "rule"}) {
      if (auto* inner = object.find(kind)) inner->set("handle", 17);
    }
    entries.push_back(std::move(object));
  }
  listing.set("nftables", entries);
  CHECK(network::listed_objects(listing) == network::nat_objects(nat));
  entries.pop_back();
  listing.set("nftables", entries);
  CHECK_FALSE(network::listed_objects(listing) == network::nat_objects(nat));
  CHECK(network::listed_objects(data::Value()).empty());
}
