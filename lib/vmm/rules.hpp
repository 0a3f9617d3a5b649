// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "vmm/machine.hpp"

namespace flintctl::vmm {

/// Limits of one hypervisor, for the rules that all of them share.
struct Limits {
  unsigned vcpus = 0;
  std::size_t devices = 0;     ///< disks and NICs together
  std::size_t cmdline = 0;     ///< bytes
  bool bzimage = false;        ///< boots one; else an ELF vmlinux only
  std::size_t id_length = 20;  ///< virtio-blk shows 20 bytes of a serial number
};

/// The rules that every hypervisor has, each with its own limits: sizes, ids, files, socket paths.
std::vector<Violation> common_violations(const Machine& machine, const Limits& limits);

}  // namespace flintctl::vmm
