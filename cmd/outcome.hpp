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
inline constexpr Kind registry_kind = {"registry", "Registry"};
inline constexpr Kind pool_kind = {"pool", "ThinPool"};

/// One thing that a command works on.
struct Subject {
  std::string name;
  std::string name_space = {};  ///< empty: its kind has none
};

/// "vm/NAME", which is accepted as NAME. A namespace that -n does not name is part of it:
/// "vm/NAMESPACE/NAME".
std::string shown_name(Host& host, const Kind& kind, const Subject& subject);

/// "vm/NAME created" on the output stream, or the same as an object under -o json and its like,
/// which has the members of `more` too.
Result<> print_outcome(Host& host, const Kind& kind, const Subject& subject,
                       const std::string& outcome,
                       const std::vector<data::Value::Member>& more = {});

/// What a command does to each of the things it was given.
struct Changes {
  Kind kind;
  std::string done;                                            ///< "deleted"
  std::function<Result<bool>(const Subject& subject)> change;  ///< false: there was nothing to do
  /// How JSON and its like come: a person who selects cannot know how many there will be.
  enum class Form { one_or_list, list } form = Form::one_or_list;
};
/// One after the other, each printed when it is done; JSON and its like of several as one List at
/// the end. All are tried, but after an interrupt: each failure is told, and the first one chooses
/// the status.
Result<> change_each(Host& host, const std::vector<Subject>& subjects, const Changes& changes);

}  // namespace flintctl::cmd
