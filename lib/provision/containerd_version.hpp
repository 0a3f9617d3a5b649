// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "sys/fact_cache.hpp"

namespace flintctl::provision {

/// The version of a program, as far as decisions need it.
struct ProgramVersion {
  int major = 0;
  int minor = 0;
  std::string text;  ///< as the program says it: "1.6.20~ds1"
  [[nodiscard]] bool at_least(int wanted_major, int wanted_minor) const {
    return major != wanted_major ? major > wanted_major : minor >= wanted_minor;
  }
};

/// From the line that `containerd --version` prints, with or without "v" and a distribution's
/// suffix: "containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3".
Result<ProgramVersion> parse_containerd_version(std::string_view output);

/// From what `mke2fs -V` prints: "mke2fs 1.47.0 (5-Feb-2023)".
Result<ProgramVersion> parse_mke2fs_version(std::string_view output);

/// A containerd binary that is new enough for flintctl (1.6).
struct ContainerdBinary {
  std::string path;
  ProgramVersion version;
};

/// Finds `name` by find_containerd_program() and asks it for its version. host_not_ready with a
/// hint when it is missing, too old or no containerd. `facts` remembers its answer.
Result<ContainerdBinary> find_containerd(const std::string& name = "containerd",
                                         const sys::FactCache& facts = sys::FactCache({}));

/// The version of the mke2fs that containerd would run; not_found without one.
Result<ProgramVersion> find_mke2fs(const sys::FactCache& facts = sys::FactCache({}));

/// host_not_ready that names program and package for each program that containerd's devmapper
/// snapshotter runs and that is missing: dmsetup, mkfs.ext4, blkdiscard.
Result<> require_devmapper_programs();

}  // namespace flintctl::provision
