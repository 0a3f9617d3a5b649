// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/result.hpp"
#include "lifecycle/context.hpp"
#include "vm/view.hpp"

namespace flintctl::cmd {

/// Record and runtime of one VM; its status is the caller's, who decides whom to ask.
Result<VmDetails> vm_details(const lifecycle::Context& context, const vm::Summary& summary,
                             vm::Status status);

}  // namespace flintctl::cmd
