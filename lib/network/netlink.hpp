// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/result.hpp"

namespace flintctl::network {

/// Deletes an interface by index, whoever holds it open. rtnetlink(7), RTM_DELLINK.
Result<> delete_link(unsigned index);

}  // namespace flintctl::network
