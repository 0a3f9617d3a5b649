// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "data/value.hpp"
#include "host.hpp"
#include "provision/plan.hpp"

namespace flintctl::cmd {

/// One step as JSON.
data::Value step_value(const provision::StepReport& report);

/// "in place", "missing", "differs" or "error".
std::string step_state(const provision::StepReport& report);

/// What `provision all` did to a step, for people: "created", "changed", "unchanged", "failed".
std::string step_result(const provision::StepReport& report);

/// One line for each thing that would change, or that the step is unchanged.
std::vector<std::string> dry_run_lines(const provision::StepReport& report);

/// Warnings, notes and the reason of a failure, on the error stream unless --quiet.
void say_notes(Host& host, const provision::StepReport& report);

/// Prints reports as they come, or collects them for one document.
class StepPrinter {
 public:
  /// `subject`: what the reports are about, "vmm/qemu"; empty: each about its own step.
  StepPrinter(Host& host, output::Format format, bool dry_run, std::string subject = {})
      : host_(host), format_(std::move(format)), dry_run_(dry_run), subject_(std::move(subject)) {}

  /// `detail`: a word more after the result, for people.
  void operator()(const provision::StepReport& report, const std::string& detail = {});
  /// The document, if it is to be one.
  Result<> finish();

 private:
  [[nodiscard]] std::string subject(const provision::StepReport& report) const;

  Host& host_;
  output::Format format_;
  bool dry_run_;
  std::string subject_;
  data::Array items_;
};

}  // namespace flintctl::cmd
