// SPDX-License-Identifier: Apache-2.0
#include "support/containerd/fake_filter.hpp"

#include <fmt/format.h>

#include <regex>

namespace flintctl::containerd {
namespace {

struct Term {
  std::string field;  ///< "digest", or a label's key
  bool label = false;
  std::string comparison;  ///< empty: the field has a value
  std::string value;
};

/// Takes a word, quoted or up to one of `stops`, off the front of `rest`.
std::optional<std::string> take_word(std::string_view& rest, std::string_view stops) {
  if (!rest.empty() && rest.front() == '"') {
    const auto end = rest.find('"', 1);
    if (end == std::string_view::npos) return std::nullopt;
    std::string word(rest.substr(1, end - 1));
    rest.remove_prefix(end + 1);
    return word;
  }
  const auto end = std::min(rest.find_first_of(stops), rest.size());
  std::string word(rest.substr(0, end));
  rest.remove_prefix(end);
  if (word.empty()) return std::nullopt;
  return word;
}

std::optional<Term> take_term(std::string_view& rest) {
  Term term;
  if (constexpr std::string_view prefix = "labels."; rest.starts_with(prefix)) {
    rest.remove_prefix(prefix.size());
    term.label = true;
  }
  auto field = take_word(rest, "=!~,");
  if (!field) return std::nullopt;
  term.field = std::move(*field);
  for (const std::string_view comparison : {"==", "!=", "~="}) {
    if (!rest.starts_with(comparison)) continue;
    rest.remove_prefix(comparison.size());
    term.comparison = comparison;
    if (rest.empty() || rest.front() == ',') return term;
    auto value = take_word(rest, ",");
    if (!value) return std::nullopt;
    term.value = std::move(*value);
    return term;
  }
  return term;
}

bool holds(const Term& term, const std::optional<std::string>& actual) {
  if (term.comparison == "==") return actual.value_or("") == term.value;
  if (term.comparison == "!=") return actual.value_or("") != term.value;
  if (term.comparison == "~=") {
    return std::regex_search(actual.value_or(""), std::regex(term.value));
  }
  return actual.has_value() && !actual->empty();
}

Result<bool> matches_one(std::string_view filter, const Labels& labels, const Fields& fields) {
  std::string_view rest = filter;
  bool all = true;
  while (true) {
    const auto term = take_term(rest);
    if (!term || (!rest.empty() && rest.front() != ',')) {
      return Error(Code::invalid_argument, fmt::format("filter '{}' cannot be parsed", filter));
    }
    std::optional<std::string> actual;
    if (!term->label) {
      actual = fields(term->field);
    } else if (const auto label = labels.find(term->field); label != labels.end()) {
      actual = label->second;
    }
    all = all && holds(*term, actual);
    if (rest.empty()) return all;
    rest.remove_prefix(1);
  }
}

}  // namespace

Result<bool> matches(const std::vector<std::string>& filters, const Labels& labels,
                     const Fields& fields) {
  bool any = filters.empty();
  for (const auto& filter : filters) {
    any = TRY(matches_one(filter, labels, fields)) || any;
  }
  return any;
}

}  // namespace flintctl::containerd
