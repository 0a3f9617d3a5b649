// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace flintctl::testing {

/// A terminal of a fixed size, as far as flintctl uses one: text, \r, \n, and the escape sequences
/// for up (A), clear to the end of the screen (J) or line (K), and colours (m). Whatever else comes
/// is an error: it could leave a real terminal in a state that nobody asked for.
class Screen {
 public:
  Screen(std::size_t rows, std::size_t columns) : columns_(columns), lines_(rows) {}

  void feed(std::string_view bytes) {
    for (const char c : bytes) take(c);
  }
  /// From top to bottom, without trailing spaces.
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
  [[nodiscard]] std::string text() const {
    std::string all;
    for (const auto& line : lines_) all += line + "\n";
    return all;
  }
  [[nodiscard]] std::size_t column() const { return column_; }
  [[nodiscard]] bool coloured() const { return coloured_; }
  /// The lines, each as far as it fitted, that went on in the next row.
  [[nodiscard]] const std::vector<std::string>& wrapped() const { return wrapped_; }

 private:
  void take(char c) {
    if (!sequence_.empty()) {
      sequence_ += c;
      if (sequence_.size() > 2 && c >= '@') obey();
    } else if (c == '\033') {
      sequence_ = c;
    } else if (c == '\r') {
      column_ = 0;
    } else if (c == '\n') {
      continued_ = false;
      down();
    } else if (c >= ' ' && c <= '~') {
      put(c);
    } else {
      throw std::runtime_error("a byte that no terminal shows: " + std::to_string(c));
    }
  }

  void put(char c) {
    if (column_ == columns_) {
      if (!std::exchange(continued_, true)) wrapped_.push_back(lines_[row_]);
      down();
      column_ = 0;
    }
    auto& line = lines_[row_];
    if (line.size() <= column_) line.resize(column_ + 1, ' ');
    line[column_++] = c;
  }

  void down() {
    if (row_ + 1 < lines_.size()) {
      ++row_;
      return;
    }
    lines_.erase(lines_.begin());
    lines_.emplace_back();
  }

  void obey() {
    const std::string sequence = std::exchange(sequence_, "");
    const char what = sequence.back();
    const std::string number = sequence.substr(2, sequence.size() - 3);
    if (sequence[1] != '[' || number.find_first_not_of("0123456789") != std::string::npos) {
      throw std::runtime_error("an escape sequence that is not expected: " + sequence.substr(1));
    }
    if (what == 'A') {
      const auto up = std::stoul(number);
      if (up > row_) throw std::runtime_error("up beyond the screen's top");
      row_ -= up;
    } else if (what == 'K' && number.empty()) {
      lines_[row_].resize(std::min(lines_[row_].size(), column_));
    } else if (what == 'J' && number.empty()) {
      lines_[row_].resize(std::min(lines_[row_].size(), column_));
      for (auto row = row_ + 1; row < lines_.size(); ++row) lines_[row].clear();
    } else if (what == 'm') {
      coloured_ = !number.empty() && number != "0";
    } else {
      throw std::runtime_error("an escape sequence that is not expected: " + sequence.substr(1));
    }
  }

  std::size_t columns_;
  std::vector<std::string> lines_;
  std::vector<std::string> wrapped_;
  std::size_t row_ = 0;
  std::size_t column_ = 0;
  bool continued_ = false;  ///< this row goes on with the text of the one above
  bool coloured_ = false;
  std::string sequence_;
};

}  // namespace flintctl::testing
