// SPDX-License-Identifier: Apache-2.0
#include "machine.hpp"
#include "vmm/binary.hpp"
#include "vmm/clock.hpp"
#include "vmm/kvm.hpp"

using namespace flintctl;

TEST_CASE("versions are read as the hypervisors print them") {
  const auto fc =
      vmm::parse_version("Firecracker v1.16.1-dirty\n\n2026 [x] exiting\n", "Firecracker v");
  REQUIRE(fc);
  CHECK(fc->version == "1.16.1-dirty");
  CHECK((fc->major == 1 && fc->minor == 16 && fc->patch == 1));
  const auto qemu = vmm::parse_version(
      "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg)\nCopyright", "emulator version ");
  REQUIRE(qemu);
  CHECK(qemu->version == "7.2.22");
  for (const char* bad :
       {"", "Firecracker v", "Firecracker v1.x", "Firecracker v1.2", "version 1.2.3"}) {
    INFO(bad);
    CHECK_FALSE(vmm::parse_version(bad, "Firecracker v"));
  }
}

TEST_CASE("a KVM device that is none is not usable, and says what to do") {
  const auto absent = vmm::check_kvm("/no/such/kvm");
  REQUIRE_FALSE(absent);
  CHECK(absent.error().code() == Code::host_not_ready);
  CHECK(absent.error().message() == "no KVM: /no/such/kvm does not exist");
  CHECK(absent.error().hint().find("kvm_intel") != std::string::npos);
  const auto wrong = vmm::check_kvm("/dev/null");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code() == Code::host_not_ready);
  CHECK(wrong.error().hint().find("accel = \"tcg\"") != std::string::npos);
}

#if defined(__x86_64__)
TEST_CASE("the time-stamp counter's frequency is measured twice alike") {
  const auto first = static_cast<double>(vmm::measure_tsc_khz());
  const auto second = static_cast<double>(vmm::measure_tsc_khz());
  CHECK(first > 100'000);
  CHECK(second == Approx(first).epsilon(0.001));
}
#endif
