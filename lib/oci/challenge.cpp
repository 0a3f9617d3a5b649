// SPDX-License-Identifier: Apache-2.0
#include "oci/challenge.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

namespace flintctl::oci {
namespace {

/// Reads tokens, quoted strings and single characters off the front of a field.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  void skip(std::string_view characters) {
    const auto end = rest_.find_first_not_of(characters);
    rest_.remove_prefix(std::min(end, rest_.size()));
  }

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::string token() {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_token);
    std::string word(rest_.begin(), end);
    rest_.remove_prefix(word.size());
    return word;
  }

  /// What follows '=': a quoted string or a token.
  std::optional<std::string> parameter_value() {
    if (!take('"')) {
      std::string word = token();
      return word.empty() ? std::nullopt : std::optional(std::move(word));
    }
    std::string text;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return text;
      if (c == '\\' && !rest_.empty()) {
        text += rest_.front();
        rest_.remove_prefix(1);
      } else {
        text += c;
      }
    }
    return std::nullopt;
  }

 private:
  static bool is_token(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  }
  std::string_view rest_;
};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

std::vector<Challenge> parse_challenges(std::string_view field) {
  std::vector<Challenge> challenges;
  Scanner scanner(field);
  for (scanner.skip(" \t,"); !scanner.at_end(); scanner.skip(" \t,")) {
    std::string word = lower(scanner.token());
    if (word.empty()) break;
    scanner.skip(" \t");
    if (!scanner.take('=')) {  // a word without a value begins the next challenge
      challenges.push_back({std::move(word), {}});
      continue;
    }
    scanner.skip(" \t");
    auto value = scanner.parameter_value();
    if (!value || challenges.empty()) break;
    challenges.back().parameters.emplace(std::move(word), *std::move(value));
  }
  return challenges;
}

}  // namespace flintctl::oci
