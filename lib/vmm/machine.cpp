// SPDX-License-Identifier: Apache-2.0
#include "vmm/machine.hpp"

#include <fmt/format.h>

namespace flintctl::vmm {
namespace {

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

std::string hypervisor_log(const Instance& instance) {
  return folder_of(instance.console_log) + "/hypervisor.log";
}

std::string control_socket(const Instance& instance) {
  return instance.run_directory + "/control.sock";
}

Result<> refuse(const std::vector<Violation>& violations, std::string_view provider) {
  if (violations.empty()) return {};
  std::string text = fmt::format("{} cannot run this VM", provider);
  std::string_view separator = ": ";
  std::string hint;
  for (const auto& violation : violations) {
    text += fmt::format("{}{}: {}", separator, violation.field, violation.rule);
    separator = "; ";
    if (hint.empty()) hint = violation.hint;
  }
  Error error(Code::invalid_argument, text);
  return hint.empty() ? std::move(error) : std::move(error).with_hint(hint);
}

}  // namespace flintctl::vmm
