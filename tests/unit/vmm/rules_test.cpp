// SPDX-License-Identifier: Apache-2.0
#include "vmm/rules.hpp"

#include <algorithm>

#include "machine.hpp"

using namespace flintctl;

namespace {

constexpr vmm::Limits limits = {
    .vcpus = 32, .devices = 16, .cmdline = 2047, .bzimage = false, .id_length = 20};

/// A machine that breaks no rule: its files lie in `folder`, its only interface is the loopback.
vmm::Machine good_machine(const test::Folder& folder) {
  auto machine = test::fixed_machine();
  machine.kernel = folder.make("vmlinux",
                               "\x7f"
                               "ELF and more");
  machine.initrd = folder.make("initrd", "x");
  machine.disks = {{"root", folder.make("root.img", "x"), false}};
  machine.nics = {{"net0", "lo", "02:00:00:00:00:01"}};
  return machine;
}

std::vector<std::string> fields_of(const vmm::Machine& machine, const vmm::Limits& with = limits) {
  std::vector<std::string> fields;
  for (const auto& one : vmm::common_violations(machine, with)) fields.push_back(one.field);
  return fields;
}

using Fields = std::vector<std::string>;

}  // namespace

TEST_CASE("a good machine breaks no rule") {
  const test::Folder folder;
  CHECK(fields_of(good_machine(folder)).empty());
}

TEST_CASE("all violations are found at once and told in one error") {
  const test::Folder folder;
  auto machine = good_machine(folder);
  machine.vcpus = 33;
  machine.memory_bytes = 100;
  machine.cmdline = std::string(2048, 'x');
  machine.kernel = "/no/such/kernel";
  machine.initrd = "relative";
  machine.disks.push_back({"bad-id", "/no/such/disk", false});
  machine.nics.push_back({"net0", "nosuchtap", ""});
  machine.instance.run_directory = "/run/" + std::string(100, 'r');
  const auto violations = vmm::common_violations(machine, limits);
  CHECK(fields_of(machine) == Fields{"spec.vcpus", "spec.memory", "spec.kernel.cmdline",
                                     "spec.kernel", "spec.initrd", "spec.volumes[0]",
                                     "spec.volumes[0]", "spec.interfaces[1]", "spec.interfaces[1]",
                                     "metadata"});
  const auto refused = vmm::refuse(violations, "firecracker");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::invalid_argument);
  for (const auto& one : violations) {
    CHECK(refused.error().message().find(one.rule) != std::string::npos);
  }
  CHECK(refused.error().hint() == "use --vcpus 1 to 32");
  CHECK(violations[2].hint == "shorten --cmdline; long data belongs on a cloud-init disk");
  CHECK(vmm::refuse({}, "firecracker"));
}

TEST_CASE("kernels are known by their bytes") {
  const test::Folder folder;
  auto machine = good_machine(folder);
  std::string bzimage(0x300, '\0');
  bzimage.replace(0x202, 4, "HdrS");
  machine.kernel = folder.make("bzImage", bzimage);
  auto with_bzimage = limits;
  with_bzimage.bzimage = true;
  CHECK(fields_of(machine, with_bzimage).empty());
  CHECK(vmm::common_violations(machine, limits).at(0).rule.find("an ELF vmlinux is needed") !=
        std::string::npos);
  machine.kernel = folder.make("text", "not a kernel\n");
  CHECK(vmm::common_violations(machine, with_bzimage).at(0).rule.find("is not a Linux kernel") !=
        std::string::npos);
  machine.kernel.clear();
  CHECK(fields_of(machine) == Fields{"spec.kernel"});
}

TEST_CASE("devices have limits, and ids that every hypervisor takes") {
  const test::Folder folder;
  auto machine = good_machine(folder);
  for (int i = 0; i < 15; ++i) {
    machine.disks.push_back({"d" + std::to_string(i), machine.disks[0].path, true});
  }
  CHECK(fields_of(machine) == Fields{"spec"});
  machine = good_machine(folder);
  machine.disks.clear();
  CHECK(fields_of(machine) == Fields{"spec.rootVolume"});
  machine = good_machine(folder);
  machine.disks[0].id = std::string(21, 'a');
  CHECK(fields_of(machine) == Fields{"spec.rootVolume"});
  machine.disks[0].id = "net0";
  CHECK(fields_of(machine) == Fields{"spec.interfaces[0]"});
}

TEST_CASE("a uid that is none and paths that cannot be are refused") {
  const test::Folder folder;
  auto machine = good_machine(folder);
  machine.instance.uid = "../../etc";
  machine.instance.console_log = "console.log";
  machine.cmdline = "a\nb";
  CHECK(fields_of(machine) == Fields{"spec.kernel.cmdline", "metadata.uid", "metadata"});
}
