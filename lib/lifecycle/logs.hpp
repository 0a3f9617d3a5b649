// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>

#include "core/result.hpp"
#include "lifecycle/context.hpp"

namespace flintctl::lifecycle {

struct LogOptions {
  Target target;
  std::optional<std::size_t> tail;                    ///< lines from the end; all of it otherwise
  enum class Follow { no, yes } follow = Follow::no;  ///< until the VM ends or the user interrupts
  enum class Of { console, hypervisor } of = Of::console;  ///< whose words
};

/// Hands a VM's console output, or its hypervisor's, on as it is; `sink` returns false to end it
/// (its reader has gone).
using LogSink = std::function<bool(std::string_view)>;
Result<> read_log(const Context& context, const LogOptions& options, const LogSink& sink);

}  // namespace flintctl::lifecycle
