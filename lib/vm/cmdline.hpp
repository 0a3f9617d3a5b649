// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "data/value.hpp"

namespace flintctl::vm {

/// One word of a kernel command line. `value` is empty for a word without '=' ("quiet"), nothing
/// for "take this key out of the defaults". The key "--" holds all that goes to init.
struct CmdlineEntry {
  std::string key;
  std::optional<std::string> value;
  bool operator==(const CmdlineEntry&) const = default;
};

/// In the order in which the kernel reads them; a key may repeat ("console").
using Cmdline = std::vector<CmdlineEntry>;

/// Splits a command line at blanks outside double quotes, as the kernel does
/// (Documentation/admin-guide/kernel-parameters.rst); "-KEY" is a removal. invalid_argument on an
/// open quote or a character that no kernel command line can hold.
Result<Cmdline> parse_cmdline(std::string_view text);

/// `overrides` over `defaults`: a key that both have takes its place in the defaults, with all
/// values of the overrides; new keys follow in their order; removals take all of a key out.
Cmdline merge_cmdline(const Cmdline& defaults, const Cmdline& overrides);

/// The text for the boot loader; removals are left out, "--" comes last.
std::string format_cmdline(const Cmdline& cmdline);

/// Manifest form: an object, null for a removal, an array for a key that repeats.
data::Value to_value(const Cmdline& cmdline);
Result<Cmdline> cmdline_from_value(const data::Value& value);

}  // namespace flintctl::vm
