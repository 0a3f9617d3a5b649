// SPDX-License-Identifier: Apache-2.0
#include "vmm/kvm.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <chrono>
#include <cstring>

#include "core/unique_fd.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"

namespace flintctl::vmm {
namespace {

constexpr auto tcg_hint =
    "QEMU can emulate instead: --provider qemu with accel = \"tcg\" in [providers.qemu]";

Error not_usable(std::string message) {
  return Error(Code::host_not_ready, std::move(message)).with_hint(tcg_hint);
}

/// Shared memory that is unmapped at scope exit.
class Mapping {
 public:
  static Result<Mapping> create(std::size_t size, int fd, int flags) {
    void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (address == MAP_FAILED) return sys::last_error("mapping memory for a KVM guest");
    return Mapping(address, size);
  }
  Mapping(Mapping&& other) noexcept
      : address_(std::exchange(other.address_, nullptr)), size_(other.size_) {}
  Mapping& operator=(Mapping&&) = delete;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() {
    if (address_ != nullptr) ::munmap(address_, size_);
  }
  [[nodiscard]] void* get() const { return address_; }

 private:
  Mapping(void* address, std::size_t size) : address_(address), size_(size) {}
  void* address_;
  std::size_t size_;
};

#if defined(__x86_64__)

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t code_address = 0x1000;
constexpr std::size_t page = 4096;
constexpr int loops = 10000;
/// A processor needs well under a nanosecond a loop, an interpreter microseconds.
constexpr auto slowest_loop = std::chrono::nanoseconds(100);

/// mov ecx, loops; 1: dec ecx; jnz 1b; hlt — 32-bit.
constexpr unsigned char loop_code[] = {0xb9, loops & 0xff, loops >> 8, 0,   0,
                                       0x49, 0x75,         0xfd,       0xf4};

/// Flat 32-bit protected mode: old processors without "unrestricted guest" run real mode in KVM's
/// own interpreter, so the check must not use it.
kvm_segment flat_segment(std::uint16_t selector, std::uint8_t type) {
  kvm_segment segment = {};
  segment.limit = 0xffffffff;
  segment.selector = selector;
  segment.type = type;
  segment.present = 1;
  segment.db = 1;
  segment.s = 1;
  segment.g = 1;
  return segment;
}

Result<> set_registers(int cpu) {
  kvm_sregs system = {};
  if (::ioctl(cpu, KVM_GET_SREGS, &system) != 0) return sys::last_error("KVM_GET_SREGS");
  system.cr0 |= 1;
  system.cs = flat_segment(8, 11);
  system.ds = system.es = system.fs = system.gs = system.ss = flat_segment(16, 3);
  if (::ioctl(cpu, KVM_SET_SREGS, &system) != 0) return sys::last_error("KVM_SET_SREGS");
  kvm_regs general = {};
  general.rip = code_address;
  general.rflags = 2;
  if (::ioctl(cpu, KVM_SET_REGS, &general) != 0) return sys::last_error("KVM_SET_REGS");
  return {};
}

Result<std::chrono::nanoseconds> timed_run(int cpu, const kvm_run& run) {
  TRY(set_registers(cpu));
  const auto start = Clock::now();
  if (::ioctl(cpu, KVM_RUN, 0) != 0) return sys::last_error("KVM_RUN");
  if (run.exit_reason != KVM_EXIT_HLT) {
    return not_usable(fmt::format("a test guest left KVM with reason {}", run.exit_reason));
  }
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start);
}

Result<> run_test_guest(int kvm, int vm) {
  const Mapping memory = TRY(Mapping::create(page, -1, MAP_SHARED | MAP_ANONYMOUS));
  std::memcpy(memory.get(), loop_code, sizeof loop_code);
  kvm_userspace_memory_region region = {};
  region.guest_phys_addr = code_address;
  region.memory_size = page;
  region.userspace_addr = reinterpret_cast<std::uintptr_t>(memory.get());
  if (::ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) != 0) {
    return sys::last_error("KVM_SET_USER_MEMORY_REGION");
  }
  const UniqueFd cpu(::ioctl(vm, KVM_CREATE_VCPU, 0));
  if (!cpu) return sys::last_error("KVM_CREATE_VCPU");
  const int size = ::ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
  if (size <= 0) return sys::last_error("KVM_GET_VCPU_MMAP_SIZE");
  const Mapping run = TRY(Mapping::create(static_cast<std::size_t>(size), cpu.get(), MAP_SHARED));
  // Best of three: another process may take the CPU away in the middle of one.
  for (int attempt = 0; attempt < 3; ++attempt) {
    const auto time = TRY(timed_run(cpu.get(), *static_cast<const kvm_run*>(run.get())));
    if (time < loops * slowest_loop) return {};
  }
  return not_usable("/dev/kvm interprets guests here instead of running them");
}

#else

Result<> run_test_guest(int, int vm) {
  const UniqueFd cpu(::ioctl(vm, KVM_CREATE_VCPU, 0));
  return cpu ? Result<>() : Result<>(sys::last_error("KVM_CREATE_VCPU"));
}

#endif

}  // namespace

Result<> check_kvm(const std::string& device) {
  auto opened = sys::open(device, O_RDWR);
  if (!opened && opened.error().code() == Code::not_found) {
    return Error(Code::host_not_ready, fmt::format("no KVM: {} does not exist", device))
        .with_hint(fmt::format(
            "enable virtualization in the firmware and load kvm_intel or kvm_amd; {}", tcg_hint));
  }
  if (!opened && opened.error().code() == Code::permission_denied) {
    return std::move(opened).error().with_hint("run as root, or join the group kvm");
  }
  const UniqueFd kvm = TRY(std::move(opened));
  if (::ioctl(kvm.get(), KVM_GET_API_VERSION, 0) != KVM_API_VERSION) {
    return not_usable(fmt::format("{} is no KVM of API version {}", device, KVM_API_VERSION));
  }
  const UniqueFd vm(::ioctl(kvm.get(), KVM_CREATE_VM, 0));
  if (!vm) return not_usable(sys::last_error(fmt::format("no KVM: {}", device)).text());
  auto ran = run_test_guest(kvm.get(), vm.get());
  if (ran) return {};
  if (ran.error().code() == Code::host_not_ready) return ran;
  return not_usable(fmt::format("no KVM: {}", ran.error().text()));
}

}  // namespace flintctl::vmm
