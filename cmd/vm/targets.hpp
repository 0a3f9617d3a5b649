// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"
#include "lifecycle/context.hpp"
#include "outcome.hpp"
#include "vm/selector.hpp"

namespace flintctl::cmd {

/// A VM as a person names it: NAME in the namespace of -n, or NAMESPACE/NAME, either behind "vm/"
/// as outputs print it. invalid_argument when it is none of these, or -n names another namespace.
Result<lifecycle::Target> vm_target(Host& host, std::string_view text);

/// Which VMs a command is for: those named, or those that -l selects.
struct VmChoice {
  std::vector<std::string> names;
  std::string selector;
};
/// Adds NAME... and -l; `help` says what becomes of them.
void add_vm_choice(cli::Command& command, VmChoice& choice, const std::string& help);
/// -l alone, for lists.
void add_selector_flag(cli::Command& command, std::string& selector);

/// A choice that was understood, before anything is asked or done.
struct VmTargets {
  std::vector<lifecycle::Target> named;
  vm::Selector selector;
  Changes::Form form = Changes::Form::one_or_list;
};
Result<VmTargets> parse_choice(Host& host, const VmChoice& choice);
/// The VMs it means now; those selected come from the namespace of -n, or all with -A.
Result<std::vector<Subject>> find_targets(Host& host, const lifecycle::Context& context,
                                          const VmTargets& targets);
lifecycle::Target target_of(const Subject& subject);

}  // namespace flintctl::cmd
