// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "core/units.hpp"
#include "host.hpp"
#include "image/settings.hpp"
#include "vm/session.hpp"

namespace flintctl::cmd {

/// Flags of `vm create`, as typed.
struct VmCreateOptions {
  std::string name;
  std::string image;
  std::string kernel;  ///< a path when it begins with '/', './' or '../', else an image
  std::string kernel_file;
  std::string initrd;
  std::string initrd_file;
  unsigned vcpus = 2;
  std::uint64_t memory = gib;  ///< bytes
  std::string cmdline;
  std::string provider;
  std::vector<std::string> provider_args;
  std::vector<std::string> labels;    ///< "k=v"
  std::vector<std::string> networks;  ///< "bridge=NAME,mac=MAC,name=eth0"
  VmWaitFlags wait;
  PullFlags pull;
  bool no_start = false;
  bool keep = false;
  bool dry_run = false;
  bool overcommit = false;
};

/// Creates a VM and boots it; prints "vm/NAME created". With dry_run it prints the steps instead.
Result<> vm_create(Host& host, const VmCreateOptions& options);

void add_vm_create(cli::Command& vm, Host& host);

}  // namespace flintctl::cmd
