// SPDX-License-Identifier: Apache-2.0
#include "vmm/qemu/argv.hpp"

#include <fmt/format.h>

#include "core/units.hpp"

namespace flintctl::vmm::qemu {
namespace {

/// In QEMU's key=value lists a comma inside a value is written twice.
std::string quoted(const std::string& value) {
  std::string result;
  for (const char c : value) {
    result += c;
    if (c == ',') result += ',';
  }
  return result;
}

/// /dev/shm holds files, whatever its path says.
bool is_block_device(const std::string& path) {
  return path.starts_with("/dev/") && !path.starts_with("/dev/shm/");
}

class ArgvBuilder {
 public:
  ArgvBuilder(const Machine& machine, const Probe& probe) : machine_(machine), probe_(probe) {}

  std::vector<std::string> build() && {
    argv_ = {probe_.binary};
    add_machine();
    add_boot();
    add_control();
    add_console();
    for (const auto& disk : machine_.disks) add_disk(disk);
    for (const auto& nic : machine_.nics) add_nic(nic);
    // Early randomness for the guest; a device nobody drives costs it nothing.
    add("-object", "rng-random,id=rng0,filename=/dev/urandom");
    add("-device", "virtio-rng-device,rng=rng0");
    return std::move(argv_);
  }

 private:
  void add(std::string option) { argv_.push_back(std::move(option)); }
  void add(std::string option, std::string value) {
    argv_.push_back(std::move(option));
    argv_.push_back(std::move(value));
  }

  void add_machine() {
    const auto& uid = machine_.instance.uid;
    add("-name", fmt::format("guest={0},process=flint-{0}", uid));
    add("-M", "microvm,x-option-roms=off,rtc=on,acpi=on");
    if (probe_.accelerator == Accelerator::kvm) {
      add("-accel", "kvm");
      add("-cpu", "host");
    } else {
      // Several threads under emulation gain little and make the guest's clocks differ.
      add("-accel", "tcg,thread=single");
      add("-cpu", "max");
    }
    add("-m", fmt::format("{}M", machine_.memory_bytes / mib));
    add("-smp", fmt::format("{}", machine_.vcpus));
    add("-nodefaults");
    add("-no-user-config");
    add("-display", "none");
    add("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
  }

  void add_boot() {
    add("-kernel", machine_.kernel);
    if (!machine_.initrd.empty()) add("-initrd", machine_.initrd);
    add("-append", machine_.cmdline);
  }

  void add_control() {
    add("-chardev", fmt::format("socket,id=control,path={},server=on,wait=off",
                                quoted(control_socket(machine_.instance))));
    add("-mon", "chardev=control,mode=control");
    add("-msg", "timestamp=on");
    // Why a guest went away, readable when nobody watched: exit code 0 alone cannot tell.
    add("-trace", "runstate_set");
    add("-trace", "qemu_system_shutdown_request");
    add("-D", trace_log(machine_.instance));
  }

  void add_console() {
    add("-chardev",
        fmt::format("socket,id=console,path={},server=on,wait=off,logfile={},logappend=on",
                    quoted(console_socket(machine_.instance)),
                    quoted(machine_.instance.console_log)));
    add("-serial", "chardev:console");
  }

  void add_disk(const Disk& disk) {
    const bool device = is_block_device(disk.path);
    const std::string_view access = disk.read_only ? ",read-only=on" : "";
    // The host's page cache would hold a second copy of what the guest caches. Files may lie on a
    // filesystem without O_DIRECT. discard: the guest's fstrim gives thin pool space back.
    add("-blockdev", fmt::format("driver={},filename={},node-name=file_{}{}{}{}",
                                 device ? "host_device" : "file", quoted(disk.path), disk.id,
                                 device ? ",cache.direct=on" : "",
                                 disk.read_only ? "" : ",discard=unmap", access));
    add("-blockdev", fmt::format("driver=raw,file=file_{0},node-name={0}{1}{2}", disk.id,
                                 disk.read_only ? "" : ",discard=unmap", access));
    add("-device", fmt::format("virtio-blk-device,drive={0},serial={0}", disk.id));
  }

  void add_nic(const Nic& nic) {
    add("-netdev",
        fmt::format("tap,id={},ifname={},script=no,downscript=no", nic.id, quoted(nic.tap)));
    add("-device", fmt::format("virtio-net-device,netdev={},mac={}", nic.id, nic.mac));
  }

  const Machine& machine_;
  const Probe& probe_;
  std::vector<std::string> argv_;
};

}  // namespace

std::string trace_log(const Instance& instance) { return instance.run_directory + "/trace.log"; }
std::string console_socket(const Instance& instance) {
  return instance.run_directory + "/console.sock";
}

std::vector<std::string> build_argv(const Machine& machine, const Probe& probe,
                                    const Settings& settings) {
  auto argv = ArgvBuilder(machine, probe).build();
  argv.insert(argv.end(), settings.extra_args.begin(), settings.extra_args.end());
  argv.insert(argv.end(), machine.extra_args.begin(), machine.extra_args.end());
  return argv;
}

}  // namespace flintctl::vmm::qemu
