// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace flintctl::oci {

/// One challenge of a WWW-Authenticate field: a scheme and its parameters, names in lower case.
struct Challenge {
  std::string scheme;  ///< "bearer", "basic": lower case
  std::map<std::string, std::string> parameters;
};

/// All challenges of one field, in order; what cannot be understood ends the list. RFC 9110,
/// section 11.6.1.
std::vector<Challenge> parse_challenges(std::string_view field);

}  // namespace flintctl::oci
