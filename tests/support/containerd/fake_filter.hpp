// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "containerd/types.hpp"
#include "core/result.hpp"

namespace flintctl::containerd {

/// The value of a field of the thing that is filtered ("digest", "name"), or nothing.
using Fields = std::function<std::optional<std::string>(std::string_view)>;

/// containerd's filter language, as far as flintctl writes it: `field`, `field==value`,
/// `field!=value`, `field~=regex`, `labels."a/b"==value`; a comma joins with AND, the list with OR;
/// no filter matches all. invalid_argument for what is not of this form. containerd:
/// filters/parser.go.
Result<bool> matches(const std::vector<std::string>& filters, const Labels& labels,
                     const Fields& fields);

}  // namespace flintctl::containerd
