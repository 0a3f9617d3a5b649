// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace flintctl::sys {

/// Lets this process open so many files more than it might: the usual limit of 1024 is one that an
/// image of many layers reaches. As far as the hard limit goes. getrlimit(2).
void allow_descriptors(std::size_t more);

}  // namespace flintctl::sys
