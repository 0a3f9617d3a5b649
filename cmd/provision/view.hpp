// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
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

}  // namespace flintctl::cmd
