// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "vmm/plan.hpp"

namespace flintctl::vmm::firecracker {

enum class FieldType { string, integer, boolean };
enum class Need { required, optional };

struct Field {
  std::string_view name;
  FieldType type;
  Need need;
};

/// When Firecracker takes a call.
enum class Phase { before_start, after_start, any };

/// One call of Firecracker's API that flintctl makes. Firecracker refuses unknown fields, so this
/// table is what it must understand: the API of v1.4 and later.
struct Call {
  std::string_view method;
  std::string_view path;        ///< "/drives/{drive_id}"
  std::string_view definition;  ///< the body's name in Firecracker's OpenAPI document
  Phase phase;
  std::span<const Field> fields;
};

std::span<const Call> known_calls();

/// The table's entry for a request; nullptr when flintctl does not know it.
const Call* find_call(std::string_view method, std::string_view path);

/// Error internal when a call is not in the table, has an unknown, missing or wrongly typed field
/// or a path id that differs from its body's, or comes on the wrong side of InstanceStart.
Result<> check_calls(const std::vector<ApiCall>& calls);

}  // namespace flintctl::vmm::firecracker
