// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "host.hpp"

namespace flintctl::cmd {

/// A kind of thing as outputs name it.
struct Kind {
  const char* word;    ///< "vm": as in "vm/NAME created"
  const char* object;  ///< "MicroVM": the kind of its JSON object
};
inline constexpr Kind vm_kind = {"vm", "MicroVM"};
inline constexpr Kind image_kind = {"image", "Image"};

/// "vm/NAME created" on the output stream, or the same as an object under -o json and its like.
Result<> print_outcome(Host& host, const Kind& kind, const std::string& name,
                       const std::string& outcome);

/// What a command does to each of the things it was given.
struct Changes {
  Kind kind;
  std::string done;                                        ///< "deleted"
  std::function<Result<bool>(const std::string&)> change;  ///< false: there was nothing to do
};
/// One after the other, each printed when it is done; stops at the first that fails.
Result<> change_each(Host& host, const std::vector<std::string>& names, const Changes& changes);

}  // namespace flintctl::cmd
