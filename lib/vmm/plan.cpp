// SPDX-License-Identifier: Apache-2.0
#include "vmm/plan.hpp"

namespace flintctl::vmm {

data::Value to_value(const LaunchPlan& plan) {
  data::Value argv = data::Value::array();
  for (const auto& word : plan.argv) argv.push(word);
  data::Value files = data::Value::array();
  for (const auto& file : plan.files) files.push(file.path);
  data::Value calls = data::Value::array();
  for (const auto& call : plan.calls) {
    calls.push(
        data::Value::object({{"method", call.method}, {"path", call.path}, {"body", call.body}}));
  }
  return data::Value::object({{"argv", std::move(argv)},
                              {"output", plan.output},
                              {"files", std::move(files)},
                              {"controlSocket", plan.control_socket},
                              {"calls", std::move(calls)}});
}

}  // namespace flintctl::vmm
