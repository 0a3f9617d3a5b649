// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdlib.h>

#include <string>

#include "core/units.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"
#include "vmm/machine.hpp"
#include "vmm/provider.hpp"

namespace flintctl::test {

/// A machine with fixed names; its files need not exist.
inline vmm::Machine fixed_machine() {
  vmm::Machine machine;
  machine.instance = {"0123456789abcdef", "/run/flintctl/0123456789abcdef",
                      "/var/lib/flintctl/vm/0123456789abcdef/log/console.log"};
  machine.name = "web";
  machine.vcpus = 2;
  machine.memory_bytes = 512 * mib;
  machine.kernel = "/var/lib/flintctl/kernels/vmlinux";
  machine.initrd = "/var/lib/flintctl/kernels/initrd";
  machine.cmdline = "console=ttyS0 root=/dev/vda rw";
  machine.disks = {{"root", "/dev/mapper/pool-snap-7", false},
                   {"tools", "/srv/tools,v2.img", true}};
  machine.nics = {{"net0", "fltap00c0ffee", "02:00:00:00:00:01"}};
  return machine;
}

inline vmm::Probe probe_of(vmm::Accelerator accelerator) {
  vmm::Probe probe;
  probe.binary = "/usr/bin/vmm";
  probe.major = 1;
  probe.minor = 16;
  probe.version = "1.16.1";
  probe.accelerator = accelerator;
  if (accelerator == vmm::Accelerator::tcg) probe.tsc_khz = 2596140;
  return probe;
}

/// A folder that goes at scope exit.
struct Folder {
  Folder() {
    char name[] = "/tmp/flintctl-unit-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    path = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { (void)sys::remove_tree(path); }
  std::string make(const std::string& name, const std::string& bytes) const {
    REQUIRE(sys::write_file_atomic(path + "/" + name, bytes, 0644));
    return path + "/" + name;
  }
  std::string path;
};

}  // namespace flintctl::test
