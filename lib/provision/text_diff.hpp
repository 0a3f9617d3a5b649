// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace flintctl::provision {

/// The lines that turn `before` into `after`, as diff -u prints them: three lines of context, names
/// in the two head lines. Empty when they are equal. For texts of a configuration file's size.
std::string unified_diff(std::string_view before, std::string_view after,
                         std::string_view before_name, std::string_view after_name);

}  // namespace flintctl::provision
