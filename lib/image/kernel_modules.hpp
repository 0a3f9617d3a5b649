// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace flintctl::image {

/// The modules of one kernel, as depmod lists them in modules.dep and modules.builtin.
/// modules.dep(5).
class KernelModules {
 public:
  static KernelModules parse(std::string_view dependencies, std::string_view builtin);

  /// The files of `wanted` modules and of all they depend on, each after what it needs, relative to
  /// the modules' folder. Built-in ones need none; what the kernel does not have is left out,
  /// unless it is `required`: not_found by name.
  [[nodiscard]] Result<std::vector<std::string>> load_order(
      const std::vector<std::string_view>& wanted,
      const std::vector<std::string_view>& required) const;

 private:
  struct Module {
    std::string name;
    std::string file;
    std::vector<std::string> needs;  ///< files, in the order in which they must load
  };
  [[nodiscard]] const Module* find(std::string_view name) const;

  std::vector<Module> modules_;
  std::vector<std::string> builtin_;  ///< names
};

}  // namespace flintctl::image
