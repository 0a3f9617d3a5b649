// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flintctl::vmm {

/// One word of a kernel command line: "quiet", or "console=ttyS0" as name and value.
struct KernelParameter {
  std::string name;
  std::optional<std::string> value;
  bool operator==(const KernelParameter&) const = default;
};

/// Splits at blanks; double quotes keep blanks in a value, as the kernel's parser does.
std::vector<KernelParameter> parse_cmdline(std::string_view text);
std::string format_cmdline(const std::vector<KernelParameter>& parameters);

/// `changes` over `base`, order kept: a known name is replaced in place, a new one appended; "-name"
/// removes every parameter of that name. `console` repeats by nature: a change to it replaces all
/// of them. What follows "--" is for init and stays at the end.
std::vector<KernelParameter> merge_cmdline(std::vector<KernelParameter> base,
                                           const std::vector<KernelParameter>& changes);

}  // namespace flintctl::vmm
