// SPDX-License-Identifier: Apache-2.0
#include "doctor/checks.hpp"

#include "core/units.hpp"
#include "support/catch.hpp"

using namespace flintctl;
using doctor::Finding;
using doctor::Findings;
using doctor::Network;
using doctor::Severity;

namespace {

/// The only finding; what is amiss says what it breaks and what mends it.
Finding only(const Findings& findings) {
  REQUIRE(findings.size() == 1);
  const Finding& finding = findings.front();
  CHECK_FALSE(finding.check.empty());
  CHECK_FALSE(finding.message.empty());
  CHECK(finding.breaks.empty() == (finding.severity == Severity::ok));
  CHECK(finding.fix.empty() == (finding.severity == Severity::ok));
  return finding;
}

const Error broken(Code::host_not_ready, "it is broken");
const Error forbidden(Code::permission_denied, "reading it needs root");

thinpool::Pool healthy_pool() {
  thinpool::Pool pool;
  pool.device.name = "p";
  pool.status.mode = thinpool::Mode::read_write;
  pool.status.data = {10, 1000};
  pool.status.metadata = {10, 1000};
  return pool;
}

doctor::Hypervisor hypervisor(const char* name, bool installed, Result<vmm::Probe> probe) {
  return {name, installed, std::move(probe)};
}

}  // namespace

TEST_CASE("a missing part of the kernel says what it breaks and how to load it") {
  const std::vector<doctor::KernelPart> parts = {{"tun", Severity::warning, "networks"},
                                                 {"loop", Severity::error, "pools"}};
  const auto findings = doctor::check_kernel(parts, [](const std::string& module) {
    return module == "tun" ? Result<>() : Result<>(broken);
  });
  REQUIRE(findings.size() == 2);
  CHECK(findings[0].severity == Severity::ok);
  CHECK(findings[1].severity == Severity::error);
  CHECK(findings[1].check == "module/loop");
  CHECK(findings[1].breaks == "pools");
  CHECK(findings[1].fix == "modprobe loop");
  const Error absent = Error(broken).with_hint("use a kernel that has loop");
  CHECK(only(doctor::check_kernel({parts[1]}, [&](const std::string&) {
          return Result<>(absent);
        })).fix == "use a kernel that has loop");
  const auto unread = only(
      doctor::check_kernel({parts[1]}, [](const std::string&) { return Result<>(forbidden); }));
  CHECK(unread.severity == Severity::warning);
  CHECK(unread.fix == "sudo flintctl doctor");
}

TEST_CASE("P15: the kernel is asked for every module that provisioning and VMs use") {
  std::string asked;
  (void)doctor::check_kernel(doctor::kernel_parts(), [&](const std::string& module) {
    asked += module + " ";
    return Result<>();
  });
  CHECK(asked == "loop dm_thin_pool tun bridge vhost_vsock ");
}

TEST_CASE("P11: one hypervisor is enough, none is an error, a broken one a warning") {
  vmm::Probe works;
  works.version = "7.2";
  const auto qemu = hypervisor("qemu", true, works);
  auto findings = doctor::check_hypervisors({hypervisor("firecracker", false, broken), qemu});
  CHECK(doctor::worst(findings) == Severity::ok);
  findings = doctor::check_hypervisors({hypervisor("firecracker", true, broken), qemu});
  CHECK(doctor::worst(findings) == Severity::warning);
  findings = doctor::check_hypervisors({hypervisor("qemu", false, broken)});
  CHECK(only(findings).severity == Severity::error);
  CHECK(only(findings).fix == "flintctl provision vmm qemu");
}

TEST_CASE("without KVM it is an error unless a hypervisor does without it") {
  CHECK(only(doctor::check_kvm({}, {})).severity == Severity::ok);
  CHECK(only(doctor::check_kvm(broken, {})).severity == Severity::error);
  const auto emulating = hypervisor("qemu", true, vmm::Probe());
  CHECK(only(doctor::check_kvm(broken, {emulating})).severity == Severity::warning);
}

TEST_CASE("a host without cgroup v2 is not ready") {
  CHECK(only(doctor::check_cgroup(std::string("/sys/fs/cgroup"))).severity == Severity::ok);
  CHECK(only(doctor::check_cgroup(broken)).severity == Severity::error);
}

TEST_CASE("a pool is judged by mode, needs_check and fill") {
  CHECK(only(doctor::check_pool("p", healthy_pool())).severity == Severity::ok);
  auto missing = only(doctor::check_pool("p", broken));
  CHECK(missing.severity == Severity::error);
  CHECK(missing.fix == "flintctl provision devpool --name p");
  CHECK(only(doctor::check_pool("p", forbidden)).severity == Severity::warning);

  auto pool = healthy_pool();
  pool.status.data = {800, 1000};
  const auto filling = only(doctor::check_pool("p", pool));
  CHECK(filling.severity == Severity::warning);
  CHECK(filling.fix == "flintctl pool grow p --data-size SIZE");
  pool.status.data = {950, 1000};
  CHECK(only(doctor::check_pool("p", pool)).severity == Severity::error);
  pool = healthy_pool();
  pool.status.metadata = {990, 1000};
  CHECK(only(doctor::check_pool("p", pool)).check == "pool/metadata");

  pool = healthy_pool();
  pool.status.needs_check = true;
  const auto damaged = only(doctor::check_pool("p", pool));
  CHECK(damaged.severity == Severity::error);
  CHECK(damaged.fix == "flintctl pool repair p");
  pool = healthy_pool();
  pool.status.mode = thinpool::Mode::failed;
  CHECK(only(doctor::check_pool("p", pool)).severity == Severity::error);

  pool = healthy_pool();
  pool.device.suspended = true;
  CHECK(only(doctor::check_pool("p", pool)).fix == "dmsetup resume p");
  pool = healthy_pool();
  pool.data.loop.emplace();
  pool.data.loop->number = 3;
  pool.data.loop->backing_file = "/pool/data (deleted)";
  CHECK(only(doctor::check_pool("p", pool)).fix ==
        "stop all VMs, then: cp --sparse=always /dev/loop3 /pool/data; "
        "flintctl provision reset -y; flintctl provision all");
}

TEST_CASE("containerd must answer with its snapshotter ok") {
  provision::ContainerdStatus status;
  status.version = "1.7.24";
  CHECK(only(doctor::check_containerd(status, "begin")).severity == Severity::ok);
  status.problem = "no containerd runs";
  CHECK(only(doctor::check_containerd(status, "begin")).severity == Severity::error);
  CHECK(only(doctor::check_containerd(status, "begin")).fix == "begin");
  status.owner = provision::ContainerdOwner::other;
  status.hint = "configure its snapshotter and restart it";
  CHECK(only(doctor::check_containerd(status, "begin")).fix == status.hint);
  CHECK(only(doctor::check_containerd(forbidden, "begin")).severity == Severity::warning);
}

TEST_CASE("each part of the network that is amiss is a warning") {
  provision::Finding network;
  network.items = {{provision::State::in_place, "bridge flintbr0", ""}};
  const auto check = [](const Result<provision::Finding>& found, Network asked) {
    return doctor::check_network(found, asked, "make it");
  };
  CHECK(only(check(network, Network::asked_for)).severity == Severity::ok);
  network.items.push_back({provision::State::missing, "sysctl net.ipv4.ip_forward", "is 0"});
  network.warnings.emplace_back("a chain drops");
  const auto findings = check(network, Network::asked_for);
  REQUIRE(findings.size() == 2);
  CHECK(findings[0].message == "sysctl net.ipv4.ip_forward: is 0");
  CHECK(findings[0].fix == "make it");
  CHECK(findings[1].severity == Severity::warning);
  CHECK(findings[1].fix.find("flintctl") == std::string::npos);
  CHECK(only(check(broken, Network::asked_for)).severity == Severity::warning);
  network.items.front().state = provision::State::missing;
  CHECK(only(check(network, Network::asked_for)).message == "there is no bridge flintbr0");
  CHECK(only(check(network, Network::asked_for)).fix == "make it");
  CHECK(only(check(network, Network::not_asked_for)).severity == Severity::ok);
  CHECK(only(check(broken, Network::not_asked_for)).severity == Severity::ok);
}

TEST_CASE("leftovers are named with what removes them") {
  CHECK(only(doctor::check_leftovers(std::vector<lifecycle::Leftover>(), {})).severity ==
        Severity::ok);
  const std::vector<lifecycle::Leftover> found = {{"tap", "fltap01234567", "no VM has it"},
                                                  {"device", "/dev/mapper/p-snap-3", "unknown"}};
  const auto findings = doctor::check_leftovers(found, {});
  REQUIRE(findings.size() == 2);
  CHECK(findings[0].check == "leftover/tap");
  CHECK(findings[0].fix == "flintctl gc");
  CHECK(findings[1].fix == "flintctl gc; if containerd keeps it: dmsetup remove p-snap-3");
  CHECK(only(doctor::check_leftovers(broken, {})).severity == Severity::warning);
  const Findings down = {{"containerd", Severity::error, "it is down", "all", "start it"}};
  CHECK(only(doctor::check_leftovers(broken, down)).fix == "start it");
}

TEST_CASE("loop devices over our files that no pool stands on are leftovers") {
  auto pool = healthy_pool();
  loop::Device used;
  used.number = 1;
  used.backing_file = "/var/lib/x/data";
  pool.data.loop = used;
  auto orphan = used;
  orphan.number = 2;
  auto foreign = used;
  foreign.number = 3;
  foreign.backing_file = "/home/me/disk";
  const auto finding = only(doctor::check_loops({used, orphan, foreign}, {"/var/lib/x"}, pool));
  CHECK(finding.severity == Severity::warning);
  CHECK(finding.fix == "losetup -d /dev/loop2");
  CHECK(doctor::check_loops({used, orphan}, {"/var/lib/x"}, broken).size() == 2);
}

TEST_CASE("little space is a warning, next to none an error") {
  const auto with = [](std::uint64_t available) {
    return only(doctor::check_space({{"/x", sys::FilesystemSpace{100 * gib, available}}})).severity;
  };
  CHECK(with(10 * gib) == Severity::ok);
  CHECK(with(500 * mib) == Severity::warning);
  CHECK(with(50 * mib) == Severity::error);
  CHECK(only(doctor::check_space({{"/x", broken}})).severity == Severity::warning);
}

TEST_CASE("the gravest finding decides") {
  CHECK(doctor::worst({}) == Severity::ok);
  CHECK(doctor::worst({{"a", Severity::warning, "", "", ""}, {"b", Severity::ok, "", "", ""}}) ==
        Severity::warning);
  CHECK(doctor::to_string(Severity::error) == "error");
}

TEST_CASE("a pool of LVM's is to be watched, and to have room to grow") {
  lvm::Report report;
  report.groups.push_back({"flintlock", 1000 * mib, 300 * mib, 4 * mib, {}, {}});
  lvm::LogicalVolume pool;
  pool.name = "thinpool";
  pool.size_bytes = 600 * mib;
  pool.profile = "flintctl-x";
  pool.monitored = true;
  const auto judge = [&] {
    report.groups.front().logical = {pool};
    return only(doctor::check_autoextend("flintlock-thinpool", report));
  };
  CHECK(judge().severity == Severity::ok);
  pool.monitored = false;
  CHECK(judge().fix == "flintctl provision lvm --vg flintlock --lv thinpool");
  pool.monitored = true;
  pool.profile.clear();
  CHECK(judge().severity == Severity::warning);
  pool.profile = "flintctl-x";
  report.groups.front().free_bytes = 100 * mib;
  CHECK(judge().fix == "vgextend flintlock DISK");
  CHECK(only(doctor::check_autoextend("flintlock-thinpool", broken)).severity == Severity::warning);
}
