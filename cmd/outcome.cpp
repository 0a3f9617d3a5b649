// SPDX-License-Identifier: Apache-2.0
#include "outcome.hpp"

#include <optional>

#include "cli/command.hpp"
#include "core/text.hpp"
#include "output/format.hpp"

namespace flintctl::cmd {
namespace {

data::Value outcome_value(const Kind& kind, const Subject& subject, const std::string& outcome) {
  auto metadata = data::Value::object({{"name", subject.name}});
  if (!subject.name_space.empty()) metadata.set("namespace", subject.name_space);
  return data::Value::object({{"apiVersion", "flintctl/v1"},
                              {"kind", kind.object},
                              {"metadata", std::move(metadata)},
                              {"result", outcome}});
}

/// As a line; at once, for the next one may take a while.
void print_line(Host& host, const output::Format& format, const Kind& kind, const Subject& subject,
                const std::string& outcome) {
  auto& out = host.streams().out;
  out << printable(shown_name(host, kind, subject), 4096);
  if (format.is_table()) out << ' ' << outcome;
  out << std::endl;
}

bool is_lines(const output::Format& format) {
  return format.is_table() || format.kind == output::Kind::name;
}

}  // namespace

std::string shown_name(Host& host, const Kind& kind, const Subject& subject) {
  const bool elsewhere =
      !subject.name_space.empty() && subject.name_space != host.options().vm_namespace;
  return std::string(kind.word) + '/' + (elsewhere ? subject.name_space + '/' : "") + subject.name;
}

Result<> print_outcome(Host& host, const Kind& kind, const Subject& subject,
                       const std::string& outcome, const std::vector<data::Value::Member>& more) {
  const auto format = TRY(host.format());
  if (!is_lines(format)) {
    data::Value value = outcome_value(kind, subject, outcome);
    for (const auto& [key, member] : more) value.add(key, member);
    return output::print_value(host.streams().out, format, value);
  }
  print_line(host, format, kind, subject, outcome);
  return {};
}

Result<> change_each(Host& host, const std::vector<Subject>& subjects, const Changes& changes) {
  const auto format = TRY(host.format());
  const bool one = subjects.size() == 1 && changes.form == Changes::Form::one_or_list;
  std::optional<Code> failure;
  data::Array items;
  for (const auto& subject : subjects) {
    const auto changed = changes.change(subject);
    if (!changed) {
      if (one) return changed.error();
      cli::tell(host.streams(), changed.error());
      if (!failure) failure = changed.error().code();
      if (changed.error().code() == Code::cancelled) break;
      continue;
    }
    const std::string outcome = *changed ? changes.done : "unchanged";
    if (one) return print_outcome(host, changes.kind, subject, outcome);
    if (is_lines(format)) {
      print_line(host, format, changes.kind, subject, outcome);
    } else {
      items.push_back(outcome_value(changes.kind, subject, outcome));
    }
  }
  if (!is_lines(format)) {
    TRY(output::print_value(host.streams().out, format, output::list_value(std::move(items))));
  }
  return failure ? Result<>(cli::already_told(*failure)) : Result<>();
}

}  // namespace flintctl::cmd
