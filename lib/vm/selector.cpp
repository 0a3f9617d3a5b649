// SPDX-License-Identifier: Apache-2.0
#include "vm/selector.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "vm/name.hpp"

namespace flintctl::vm {
namespace {

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// Pieces between commas that stand outside of parentheses.
std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> pieces;
  std::size_t begin = 0;
  bool inside = false;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && (text[i] == '(' || text[i] == ')')) inside = text[i] == '(';
    if (i < text.size() && (text[i] != ',' || inside)) continue;
    pieces.push_back(trimmed(text.substr(begin, i - begin)));
    begin = i + 1;
  }
  return pieces;
}

Error bad_term(std::string_view text) {
  return Error(Code::invalid_argument, fmt::format("selector '{}' is not understood", text))
      .with_hint("write it like app=web, app!=web, app, !app, 'app in (a,b)'; ',' joins several");
}

}  // namespace

Result<Selector::Term> Selector::parse_term(std::string_view text) {
  Term term;
  std::string_view key = text;
  const auto space = text.find(' ');
  const auto after =
      space == std::string_view::npos ? std::string_view() : trimmed(text.substr(space));
  if (const auto equals = text.find('='); equals != std::string_view::npos) {
    const bool differs = equals > 0 && text[equals - 1] == '!';
    term.need = differs ? Need::none_of : Need::one_of;
    key = trimmed(text.substr(0, differs ? equals - 1 : equals));
    auto value = text.substr(equals + 1);
    if (!differs && value.starts_with('=')) value.remove_prefix(1);
    term.values.emplace_back(trimmed(value));
  } else if (after.starts_with("in") || after.starts_with("notin")) {
    term.need = after.starts_with("in") ? Need::one_of : Need::none_of;
    key = text.substr(0, space);
    const auto set = trimmed(after.substr(term.need == Need::one_of ? 2 : 5));
    if (set.size() < 2 || set.front() != '(' || set.back() != ')') return bad_term(text);
    for (const auto value : split(set.substr(1, set.size() - 2))) term.values.emplace_back(value);
  } else if (text.starts_with('!')) {
    term.need = Need::absent;
    key = trimmed(text.substr(1));
  }
  if (key.empty() || key.find_first_of(" ()!") != std::string_view::npos) return bad_term(text);
  TRY(check_label_key(key).context(fmt::format("selector '{}'", text)));
  term.key = key;
  return term;
}

Result<Selector> Selector::parse(std::string_view text) {
  Selector selector;
  if (trimmed(text).empty()) return selector;
  for (const auto piece : split(text)) selector.terms_.push_back(TRY(parse_term(piece)));
  return selector;
}

bool Selector::holds(const Term& term, const Labels& labels) {
  const auto found = labels.find(term.key);
  const bool is_among = found != labels.end() && std::find(term.values.begin(), term.values.end(),
                                                           found->second) != term.values.end();
  switch (term.need) {
    case Need::exists:
      return found != labels.end();
    case Need::absent:
      return found == labels.end();
    case Need::one_of:
      return is_among;
    case Need::none_of:
      return !is_among;
  }
  return false;
}

bool Selector::matches(const Labels& labels) const {
  return std::all_of(terms_.begin(), terms_.end(),
                     [&](const Term& term) { return holds(term, labels); });
}

}  // namespace flintctl::vm
