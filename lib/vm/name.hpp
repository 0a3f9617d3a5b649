// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace flintctl::vm {

/// A DNS label: 1 to 63 of a-z, 0-9 and '-', with a letter or digit at both ends (RFC 1123, 2.1).
/// `what` says whose name it is ("VM name", "namespace"). invalid_argument otherwise.
Result<> check_name(std::string_view what, std::string_view name);

/// Number of hexadecimal digits in a VM's uid.
inline constexpr std::size_t uid_length = 16;
/// A uid is 16 lower-case hexadecimal digits: short enough for socket paths, safe in every file,
/// cgroup and unit name.
bool is_uid(std::string_view text);

/// A key of a user's label: an optional DNS prefix and '/', then up to 63 of A-Z, a-z, 0-9, '-',
/// '_' and '.', with a letter or digit at both ends, as Kubernetes has it.
Result<> check_label_key(std::string_view key);

/// "NAME" or "NAMESPACE/NAME" for messages.
std::string display_name(std::string_view name_space, std::string_view name);
/// The command that does `verb` to this VM and to no other of its name, for hints: "flintctl vm
/// delete web", with -n where the namespace is not the default.
std::string vm_command(std::string_view verb, std::string_view name_space, std::string_view name);

}  // namespace flintctl::vm
