// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "lifecycle/context.hpp"
#include "lifecycle/run.hpp"
#include "vm/record.hpp"
#include "vmm/provider.hpp"

namespace flintctl::lifecycle {

struct CreateOptions {
  Target target;
  vm::Labels labels;  ///< the user's
  vm::Spec spec;
  WaitOptions wait;
  enum class Start { now, later } start = Start::now;
  enum class OnFailure { remove, keep } on_failure = OnFailure::remove;
};

/// A judged create: everything that can be known without touching anything.
struct CreatePlan {
  vm::Record record;  ///< images not resolved yet
  std::unique_ptr<vmm::Provider> provider;
  vmm::Probe probe;
};

/// What the input alone tells: names, labels, spec, boot marker. Needs nothing of the host, and
/// comes before anything of it is opened.
Result<> check_options(const CreateOptions& options);

/// Validates all input and finds the hypervisor. No side effect: `--dry-run` and the first step of
/// create_vm.
Result<CreatePlan> plan_create(const PlanContext& context, const CreateOptions& options);
/// One line for each step that create_vm would take.
std::vector<std::string> describe(const PlanContext& context, const CreatePlan& plan);

/// Creates a VM and boots it. The intent (a lease that names it) comes before anything else; every
/// later step is undone when one fails or the user interrupts. An unfinished create of the same
/// name that nobody works on any more is cleaned away first; a finished VM of it is already_exists.
Result<vm::Record> create_vm(const Context& context, const CreateOptions& options);

}  // namespace flintctl::lifecycle
