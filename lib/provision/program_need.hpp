// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace flintctl::provision {

struct HostSettings;

/// A program that a host is to have, wherever it came from, and the package of Debian that has it.
struct ProgramNeed {
  std::string program;              ///< as it is looked for in PATH
  std::vector<std::string> others;  ///< names or paths that do as well
  std::string package;
  /// Without it all works, less well.
  bool optional = false;
  /// A unit that the package starts when it is installed, and that nobody here asks for.
  std::string unit = {};
};

/// Where it is, if it is.
std::optional<std::string> find(const ProgramNeed& need);

/// What `settings` ask for that flintctl does not bring itself.
std::vector<ProgramNeed> needed_programs(const HostSettings& settings);

/// The program of a hypervisor, or of what belongs to one ("qemu", "virtiofsd"): its package is
/// empty where Debian has none. Nothing for an unknown name.
std::optional<ProgramNeed> vmm_need(std::string_view name);

/// The package that has virtiofsd, in the Debian of which /etc/debian_version says this.
std::string virtiofsd_package(std::string_view release);

/// host_not_ready: `program` is not installed; the hint says by which package it would be.
Error not_installed(const std::string& program);

}  // namespace flintctl::provision
