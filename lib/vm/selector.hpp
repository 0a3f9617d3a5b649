// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "vm/spec.hpp"

namespace flintctl::vm {

/// A choice of VMs by their labels, as kubectl's -l writes it: "app=web,tier!=db,gpu,!old" and
/// "tier in (a,b)", "tier notin (a,b)"; all of it must hold. Empty: every VM.
class Selector {
 public:
  static Result<Selector> parse(std::string_view text);
  [[nodiscard]] bool matches(const Labels& labels) const;

 private:
  enum class Need { exists, absent, one_of, none_of };
  /// As in Kubernetes, a label that is not there is none of any values.
  struct Term {
    std::string key;
    Need need = Need::exists;
    std::vector<std::string> values;
  };
  static Result<Term> parse_term(std::string_view text);
  static bool holds(const Term& term, const Labels& labels);

  std::vector<Term> terms_;
};

}  // namespace flintctl::vm
