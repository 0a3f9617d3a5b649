// SPDX-License-Identifier: Apache-2.0
#include "outcome.hpp"

#include "output/format.hpp"

namespace flintctl::cmd {

Result<> print_outcome(Host& host, const Kind& kind, const std::string& name,
                       const std::string& outcome) {
  const auto format = TRY(host.format());
  auto& out = host.streams().out;
  if (format.kind == output::Kind::name) {
    out << kind.word << '/' << name << std::endl;  // at once: the next one may take a while
  } else if (format.is_table()) {
    out << kind.word << '/' << name << ' ' << outcome << std::endl;
  } else {
    const auto value = data::Value::object({{"apiVersion", "flintctl/v1"},
                                            {"kind", kind.object},
                                            {"metadata", data::Value::object({{"name", name}})},
                                            {"result", outcome}});
    return output::print_value(out, format, value);
  }
  return {};
}

Result<> change_each(Host& host, const std::vector<std::string>& names, const Changes& changes) {
  for (const auto& name : names) {
    const bool changed = TRY(changes.change(name));
    TRY(print_outcome(host, changes.kind, name, changed ? changes.done : "unchanged"));
  }
  return {};
}

}  // namespace flintctl::cmd
