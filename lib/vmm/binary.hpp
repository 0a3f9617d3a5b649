// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "vmm/provider.hpp"

namespace flintctl::vmm {

/// What to look for and how to read its version.
struct BinaryQuery {
  std::string_view provider;  ///< "qemu": for the configuration key in hints
  std::string name;           ///< name or path
  std::string_view package;   ///< how to get it, for the hint
  std::string_view marker;    ///< text before the version in `--version`'s first line
  std::string fact_folder;    ///< Settings::fact_folder
};

/// Finds the program and asks its version, once for as long as the file stays the same;
/// host_not_ready with a hint when it is missing or does not answer like that hypervisor. Leaves
/// accelerator and clock alone.
Result<Probe> find_binary(const BinaryQuery& query);

/// The number after `marker` ("Firecracker v" in "Firecracker v1.16.1-dirty"): version and parts
/// set in the Probe. not_found when the text does not hold it.
Result<Probe> parse_version(std::string_view output, std::string_view marker);

}  // namespace flintctl::vmm
