// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "provision/step.hpp"

namespace flintctl::provision {

/// The kernel's modules as a step sees them; tests give their own.
struct Modules {
  std::function<bool(const std::string& name)> loaded;     ///< or built in
  std::function<bool(const std::string& name)> available;  ///< as a file for this kernel
  std::function<Result<>(const std::string& name)> load;
};
Modules host_modules();

/// Kernel modules: loaded now, and at each boot by a file of modules-load.d(5). Undone: the file
/// goes; loaded modules stay, others may use them.
class ModulesStep final : public Step {
 public:
  ModulesStep(HostPaths paths, Modules modules, std::vector<std::string> extra);

  [[nodiscard]] std::string name() const override { return "modules"; }
  Result<Finding> check() override;
  Result<> apply(Journal& journal) override;

 private:
  [[nodiscard]] std::string file_path() const {
    return paths_.etc + "/modules-load.d/flintctl.conf";
  }
  [[nodiscard]] std::string file_text() const;

  HostPaths paths_;
  Modules modules_;
  std::vector<std::string> needed_;
};

}  // namespace flintctl::provision
