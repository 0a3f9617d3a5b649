// SPDX-License-Identifier: Apache-2.0
#include "provision/network_step.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "network/world.hpp"
#include "provision/forwarding.hpp"
#include "provision/known_network.hpp"
#include "provision/plan.hpp"
#include "sys/file.hpp"
#include "sys/process.hpp"
#include "unit/provision/place.hpp"

using namespace flintctl;
using provision::NetworkSpec;
using provision::NetworkStep;
using provision::State;
using test::Namespace;

namespace {

struct Network : testing::Place {
  Namespace host;
  NetworkSpec spec;

  provision::Plan plan() {
    provision::Plan made(paths, services);
    made.add(std::make_unique<NetworkStep>(spec, paths, services));
    return made;
  }
  Result<> apply() {
    return plan().apply([](const provision::StepReport&) {});
  }
  std::string notes;  ///< of the last reset
  Result<> reset() {
    notes.clear();
    return plan().reset(provision::Data::keep, [this](const provision::UndoReport& report) {
      for (const std::string& note : report.notes) notes += note + ";";
    });
  }
  provision::StepReport look() { return plan().check().front(); }
  /// What check() finds amiss, by subject.
  std::string amiss() {
    const auto report = look();
    REQUIRE_FALSE(report.error);
    std::string all;
    for (const auto& item : report.finding.items) {
      if (item.state != State::in_place) all += item.subject + ";";
    }
    return all;
  }
};

void run(const char* command) {
  INFO(command);
  REQUIRE(std::system(command) == 0);
}

std::string forwarding() { return sys::read_file("/proc/sys/net/ipv4/ip_forward").value(); }

constexpr auto table = "nftables table ip flintctl-flintbr0;";

}  // namespace

TEST_CASE("P10: a network is made, is unchanged the second time, and is undone") {
  Network net;
  REQUIRE(net.apply());
  CHECK(net.amiss().empty());
  CHECK(forwarding() == "1\n");
  CHECK(net.services.active.count("flintctl-network-flintbr0.service") == 1);
  const auto calls = net.fault.calls.size();
  REQUIRE(net.apply());
  CHECK(net.fault.calls.size() == calls);

  REQUIRE(net.reset());
  CHECK_FALSE(network::find_interface("flintbr0").value().has_value());
  CHECK(forwarding() == "0\n");
  CHECK(network::Nftables::open().value().bridges().value().empty());
  CHECK(net.services.active.empty());
  CHECK(net.recorded() == 0);
  CHECK(sys::list_directory(net.paths.etc).value().empty());
}

TEST_CASE("P10: what is broken behind its back is seen and mended") {
  Network net;
  REQUIRE(net.apply());
  struct Break {
    const char* command;
    std::string amiss;
  };
  const std::string sysctl = net.paths.etc + "/sysctl.d/60-flintctl.conf";
  const std::string unit = net.paths.units() + "/flintctl-network-flintbr0.service";
  const std::string remove_sysctl = "rm " + sysctl;
  const std::string edit_unit = "echo x >>" + unit;
  for (const Break& one :
       {Break{"ip link set flintbr0 down", "bridge flintbr0;"},
        Break{"ip address flush dev flintbr0", "bridge flintbr0;"},
        Break{"ip link delete flintbr0", "bridge flintbr0;"},
        Break{"sysctl -qw net.ipv4.ip_forward=0", "sysctl net.ipv4.ip_forward;"},
        Break{"sysctl -qw net.ipv4.conf.flintbr0.forwarding=0",
              "sysctl net.ipv4.conf.flintbr0.forwarding;"},
        Break{"nft flush ruleset", table},
        Break{"nft add rule ip flintctl-flintbr0 forward accept", table},
        Break{"nft delete chain ip flintctl-flintbr0 forward", table},
        Break{remove_sysctl.c_str(), sysctl + ";"}, Break{edit_unit.c_str(), unit + ";"}}) {
    run(one.command);
    CHECK(net.amiss() == one.amiss);
    REQUIRE(net.apply());
    CHECK(net.amiss().empty());
  }
  REQUIRE(net.reset());
}

TEST_CASE("after a boot the unit's command brings the network back without records") {
  Network net;
  REQUIRE(net.apply());
  const auto recorded = net.recorded();
  run("ip link delete flintbr0 && nft flush ruleset && sysctl -qw net.ipv4.ip_forward=0");
  net.spec.boot = NetworkSpec::Boot::none;
  NetworkStep step(net.spec, net.paths, net.services);
  REQUIRE(step.restore());
  REQUIRE(step.restore());
  net.spec.boot = NetworkSpec::Boot::unit;
  CHECK(net.amiss().empty());
  CHECK(net.recorded() == recorded);
}

TEST_CASE("looking asks for no table where the kernel would load what answers") {
  Network net;
  REQUIRE(net.apply());
  REQUIRE(net.amiss().empty());
  provision::Modules kernel;
  std::vector<std::string> files;
  kernel.loaded = [](const std::string&) { return false; };
  kernel.available = [&files](const std::string& name) {
    return std::find(files.begin(), files.end(), name) != files.end();
  };
  const auto missing = [&] {
    const auto finding = NetworkStep(net.spec, net.paths, net.services, kernel).check();
    REQUIRE(finding);
    std::string all;
    for (const auto& item : finding->items) {
      if (item.state == State::missing) all += item.subject + ";";
    }
    return all;
  };
  // The table is there, and is not seen: nobody asked.
  files = {"nf_tables"};
  CHECK(missing() == table);
  // No file, so nothing that could be loaded: the kernel answers by itself.
  files.clear();
  CHECK(missing().empty());
  // With tables, but not yet all that the rules need, what is there is seen, and nothing is tried.
  files = {"nf_conntrack", "nf_nat", "nft_ct", "nft_masq", "nft_chain_nat"};
  CHECK(missing().empty());
  REQUIRE(network::Nftables::open()->remove("flintbr0"));
  CHECK(missing() == table);
  // A kernel that has no translation for IPv4, by its own list.
  files.pop_back();
  provision::Plan plan(net.paths, net.services);
  plan.add(std::make_unique<NetworkStep>(net.spec, net.paths, net.services, kernel));
  const auto planned = provision::allow_apply(plan.check());
  REQUIRE_FALSE(planned);
  CHECK(planned.error().code() == Code::host_not_ready);
  CHECK(planned.error().text().find("nft_chain_nat") != std::string::npos);
  CHECK(planned.error().hint().find("nat = false") != std::string::npos);
}

TEST_CASE("another address replaces the one that an earlier run gave") {
  Network net;
  REQUIRE(net.apply());
  net.spec.address = network::parse_cidr("10.9.0.1/16").value();
  REQUIRE(net.apply());
  const auto bridge = network::find_interface("flintbr0").value().value();
  CHECK(bridge.addresses == std::vector<network::Cidr>{net.spec.address});
  CHECK(net.amiss().empty());
}

TEST_CASE("translation that is not asked for any more goes") {
  Network net;
  REQUIRE(net.apply());
  net.spec.translation = NetworkSpec::Translation::none;
  CHECK(net.amiss().find(table) == 0);
  REQUIRE(net.apply());
  CHECK(network::Nftables::open().value().bridges().value().empty());
  CHECK(net.amiss().empty());
  net.spec.translation = NetworkSpec::Translation::nat;
  REQUIRE(net.apply());
  CHECK(network::Nftables::open().value().bridges().value().size() == 1);
  REQUIRE(net.reset());
  CHECK(net.recorded() == 0);
}

TEST_CASE("DHCP that is not asked for any more goes, and its leases stay") {
  Network net;
  net.spec.dhcp = NetworkSpec::Dhcp::dnsmasq;
  REQUIRE(net.apply());
  const std::string unit = "flintctl-dnsmasq-flintbr0.service";
  REQUIRE(net.services.active.count(unit) == 1);
  net.spec.dhcp = NetworkSpec::Dhcp::none;
  CHECK(net.amiss() == net.paths.etc + "/flintctl/dnsmasq-flintbr0.conf;");
  REQUIRE(net.apply());
  CHECK(net.services.active.count(unit) == 0);
  CHECK_FALSE(sys::exists(net.paths.units() + "/" + unit));
  CHECK_FALSE(sys::exists(net.paths.units() + "/multi-user.target.wants/" + unit));
  CHECK(sys::exists(net.paths.state + "/dnsmasq"));
  CHECK(net.amiss().empty());
  net.spec.dhcp = NetworkSpec::Dhcp::dnsmasq;
  REQUIRE(net.apply());
  CHECK(net.services.active.count(unit) == 1);
}

TEST_CASE("another address is given to dnsmasq, too") {
  Network net;
  net.spec.dhcp = NetworkSpec::Dhcp::dnsmasq;
  REQUIRE(net.apply());
  net.fault.calls.clear();
  net.spec.address = network::parse_cidr("10.9.0.1/16").value();
  REQUIRE(net.apply());
  const auto& calls = net.fault.calls;
  const auto at = [&](const char* call) { return std::find(calls.begin(), calls.end(), call); };
  const auto stopped = at("stop flintctl-dnsmasq-flintbr0.service");
  const auto started = at("start flintctl-dnsmasq-flintbr0.service");
  REQUIRE(stopped != calls.end());
  CHECK(stopped < started);
  CHECK(started != calls.end());
  CHECK(net.amiss().empty());
}

TEST_CASE("an uplink that is not there is a warning") {
  Network net;
  net.spec.uplink = "nosuch0";
  REQUIRE(net.look().finding.warnings.size() == 1);
  CHECK(net.look().finding.warnings.front().find("nosuch0") != std::string::npos);
}

TEST_CASE("where no network of that size is free, a smaller one is asked for") {
  Network net;
  run("ip link add other type bridge && ip address add 10.1.1.1/24 dev other");
  net.spec.address = network::parse_cidr("10.0.0.1/8").value();
  const auto refused = net.apply();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().hint().find("smaller") != std::string::npos);
}

TEST_CASE("networks of the host are refused before anything is made, and a free one is named") {
  Network net;
  run("ip link add other type bridge && ip address add 192.168.100.9/25 dev other");
  const auto refused = net.apply();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::already_exists);
  CHECK(refused.error().hint() ==
        "choose another one: --address 192.168.101.1/24, or address = \"192.168.101.1/24\" in "
        "[network] of host.toml");
  CHECK(net.recorded() == 0);
  CHECK(forwarding() == "0\n");
  CHECK_FALSE(network::find_interface("flintbr0").value().has_value());
}

TEST_CASE("a bridge of another is used when it fits, refused when not, and never deleted") {
  Network net;
  run("ip link add flintbr0 type bridge");
  const auto refused = net.apply();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::already_exists);
  CHECK(net.recorded() == 0);
  run("ip address add 192.168.100.1/24 dev flintbr0 && ip link set flintbr0 up");
  REQUIRE(net.apply());
  REQUIRE(net.reset());
  CHECK(network::find_interface("flintbr0").value().has_value());

  run("ip link delete flintbr0");
  run("ip link add flintbr0 type veth peer name far");
  CHECK_FALSE(net.apply());
  CHECK(network::find_interface("flintbr0")->value().kind == "veth");
}

TEST_CASE("a bridge with ports is not undone, and nothing else is") {
  Network net;
  REQUIRE(net.apply());
  run("ip link add port7 type veth peer name far && ip link set port7 master flintbr0");
  const auto refused = net.reset();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::aborted);
  CHECK(refused.error().text().find("port7") != std::string::npos);
  CHECK(net.amiss().empty());
  run("ip link delete port7");
  REQUIRE(net.reset());
}

TEST_CASE("guests keep the gateway that they know") {
  Network net;
  REQUIRE(net.apply());
  run("ip link add port7 type veth peer name far && ip link set port7 master flintbr0");
  net.spec.address = network::parse_cidr("10.9.0.1/16").value();
  const auto refused = net.apply();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::aborted);
  CHECK(refused.error().text().find("192.168.100.1/24 and is in use by port7") !=
        std::string::npos);
  CHECK(net.look().error.has_value());
  // An address that is merely lost comes back under them.
  net.spec.address = NetworkSpec().address;
  run("ip address flush dev flintbr0");
  REQUIRE(net.apply());
  CHECK(net.amiss().empty());
}

TEST_CASE("a bridge that was made another's is left, and said to be") {
  Network net;
  REQUIRE(net.apply());
  SECTION("another name") {
    run("ip link set flintbr0 down && ip link set flintbr0 name mine && ip link set mine up");
    REQUIRE(net.reset());
    CHECK(network::find_interface("mine").value().has_value());
    CHECK(net.notes.find("the bridge flintbr0 is called mine by now") != std::string::npos);
    run("ip link delete mine");
  }
  SECTION("another hardware address") {
    run("ip link set flintbr0 address 02:00:00:00:00:07");
    REQUIRE(net.reset());
    CHECK(network::find_interface("flintbr0").value().has_value());
    CHECK(net.notes.find("ip link delete flintbr0") != std::string::npos);
    run("ip link delete flintbr0");
  }
  CHECK(net.recorded() == 1);
  REQUIRE(net.reset());
  CHECK(net.recorded() == 0);
}

TEST_CASE("forwarding that was on before stays on") {
  Network net;
  run("sysctl -qw net.ipv4.ip_forward=1");
  REQUIRE(net.apply());
  REQUIRE(net.reset());
  CHECK(forwarding() == "1\n");
}

TEST_CASE("forwarding that another needs by now stays on, with a word") {
  Network net;
  REQUIRE(net.apply());
  std::string named;
  SECTION("a file") {
    named = net.paths.etc + "/sysctl.d/50-docker.conf";
    net.write(named, "net.ipv4.ip_forward=1\n");
  }
  SECTION("a bridge") {
    named = "the bridge docker0";
    run("ip link add docker0 type bridge && ip address add 172.17.0.1/16 dev docker0");
  }
  SECTION("translation") {
    named = "the nftables chain 'ip theirs/out'";
    run("nft 'table ip theirs { chain out { type nat hook postrouting priority 100; }; }'");
  }
  REQUIRE(net.reset());
  CHECK(forwarding() == "1\n");
  CHECK(net.notes.find("net.ipv4.ip_forward stays as it is, for " + named + ";") == 0);
  const auto record = provision::Record::open(net.paths.record());
  CHECK(record->find("network", "forwarding", "net.ipv4.ip_forward") == nullptr);
}

TEST_CASE("a bridge of another that does not forward gets that back") {
  Network net;
  run("sysctl -qw net.ipv4.ip_forward=1 && ip link add flintbr0 type bridge && "
      "ip address add 192.168.100.1/24 dev flintbr0 && ip link set flintbr0 up && "
      "sysctl -qw net.ipv4.conf.flintbr0.forwarding=0");
  CHECK(net.amiss().find("sysctl net.ipv4.conf.flintbr0.forwarding;") == 0);
  REQUIRE(net.apply());
  CHECK(provision::forwards_from("flintbr0").value());
  REQUIRE(net.reset());
  CHECK_FALSE(provision::forwards_from("flintbr0").value());
}

TEST_CASE("a table of our name that is another's is not replaced") {
  Network net;
  run("nft 'table ip flintctl-flintbr0 { chain mine { counter; }; }'");
  const auto refused = net.apply();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::already_exists);
  CHECK(refused.error().hint().find("nft delete table ip flintctl-flintbr0;") != std::string::npos);
  CHECK(net.look().error.has_value());
  CHECK_FALSE(NetworkStep(net.spec, net.paths, net.services).restore());
  CHECK(net.recorded() == 0);
  CHECK_FALSE(network::find_interface("flintbr0").value().has_value());
  run("nft list chain ip flintctl-flintbr0 mine >/dev/null");
  // Beside our own bridge it is what somebody made of ours.
  run("nft delete table ip flintctl-flintbr0");
  REQUIRE(net.apply());
  run("nft 'delete table ip flintctl-flintbr0; table ip flintctl-flintbr0 { chain mine { }; }'");
  CHECK(net.amiss() == table);
  REQUIRE(net.apply());
  CHECK(net.amiss().empty());
}

TEST_CASE("what a bridge was made with is recorded") {
  Network net;
  net.spec.bridge = "br7";
  net.spec.address = network::parse_cidr("10.7.0.1/24").value();
  net.spec.uplink = "eth7";
  REQUIRE(net.apply());
  auto made = provision::recorded_networks(net.paths);
  REQUIRE(made.size() == 1);
  CHECK(provision::network_command(made.front()) ==
        "flintctl provision network --bridge br7 --address 10.7.0.1/24 --uplink eth7");
  net.spec.uplink.clear();
  net.spec.translation = NetworkSpec::Translation::none;
  REQUIRE(net.apply());
  made = provision::recorded_networks(net.paths);
  CHECK(provision::network_command(made.front()) ==
        "flintctl provision network --bridge br7 --address 10.7.0.1/24 --no-nat");
}

TEST_CASE("without systemd there is no unit, and a word about it; DHCP is refused") {
  Network net;
  net.services.runs = false;
  net.spec.translation = NetworkSpec::Translation::none;
  REQUIRE(net.apply());
  REQUIRE(net.look().finding.warnings.size() == 1);
  CHECK(net.look().finding.warnings.front().find(
            "after a reboot run flintctl provision network --bridge flintbr0 --address "
            "192.168.100.1/24 --no-nat") != std::string::npos);
  CHECK_FALSE(sys::exists(net.paths.units()));
  net.spec.dhcp = NetworkSpec::Dhcp::dnsmasq;
  const auto refused = net.apply();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::host_not_ready);
}

TEST_CASE("another's forwarding chain that drops is a warning") {
  Network net;
  REQUIRE(net.apply());
  CHECK(net.look().finding.warnings.empty());
  run("nft 'table inet fw { chain f { type filter hook forward priority 0; policy drop; }; }'");
  REQUIRE(net.look().finding.warnings.size() == 1);
  CHECK(net.look().finding.warnings.front().find("inet fw/f") != std::string::npos);
}

TEST_CASE("a guest gets an address from dnsmasq as it is configured") {
  const Namespace guest;
  Network net;
  net.spec.dhcp = NetworkSpec::Dhcp::dnsmasq;
  REQUIRE(net.apply());
  CHECK(net.amiss().empty());
  CHECK(net.services.active.count("flintctl-dnsmasq-flintbr0.service") == 1);
  test::connect_namespaces("port0", guest, "eth0");
  test::join_bridge("port0", "flintbr0");

  sys::SpawnOptions dnsmasq;
  dnsmasq.argv = {sys::find_program("dnsmasq").value(), "--keep-in-foreground",
                  "--conf-file=" + net.paths.etc + "/flintctl/dnsmasq-flintbr0.conf"};
  dnsmasq.die_with_parent = true;
  auto server = sys::Process::spawn(dnsmasq);
  REQUIRE(server);
  guest.enter();
  Namespace::up("eth0");
  const std::string script = net.root + "/lease";
  net.write(script,
            "#!/bin/sh\n[ \"$1\" = bound ] && echo \"$ip $router $subnet\" >$0.got; true\n");
  run(("chmod 755 " + script).c_str());
  run(("busybox udhcpc -f -n -q -t 20 -T 1 -i eth0 -s " + script + " >/dev/null 2>&1").c_str());
  REQUIRE(server->signal(SIGTERM));
  REQUIRE(server->wait());
  const auto got = testing::Place::read(script + ".got");
  CHECK(got.starts_with("192.168.100."));
  CHECK(got.find(" 192.168.100.1 255.255.255.0") != std::string::npos);
  net.host.enter();
  run("ip link delete port0");
  REQUIRE(net.reset());
  // Leases are data: who had which address is worth keeping.
  CHECK(sys::exists(net.paths.state + "/dnsmasq"));
}
