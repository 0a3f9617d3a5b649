// SPDX-License-Identifier: Apache-2.0
#include "thinpool/status.hpp"

#include <fmt/format.h>

#include "thinpool/words.hpp"

namespace flintctl::thinpool {
namespace {

Error unreadable(std::string_view params, std::string_view kind) {
  return Error(Code::invalid_argument, fmt::format("'{}' is not the status of a {}", params, kind));
}

std::optional<Usage> parse_usage(std::string_view word) {
  const auto slash = word.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto used = to_number<std::uint64_t>(word.substr(0, slash));
  const auto total = to_number<std::uint64_t>(word.substr(slash + 1));
  if (!used || !total) return std::nullopt;
  return Usage{*used, *total};
}

std::optional<Mode> parse_mode(std::string_view word) {
  for (const Mode mode : {Mode::read_write, Mode::read_only, Mode::out_of_data_space}) {
    if (mode_word(mode) == word) return mode;
  }
  return std::nullopt;
}

/// One of the words after the mode; false when it is unknown.
bool apply_word(PoolStatus& status, std::string_view word) {
  if (word == "discard_passdown") {
    status.discard = Discard::passed_down;
  } else if (word == "no_discard_passdown") {
    status.discard = Discard::not_passed_down;
  } else if (word == "ignore_discard") {
    status.discard = Discard::ignored;
  } else if (word == "error_if_no_space" || word == "queue_if_no_space") {
    status.error_if_no_space = word == "error_if_no_space";
  } else if (word == "needs_check" || word == "-") {
    status.needs_check = word == "needs_check";
  } else if (const auto number = to_number<std::uint64_t>(word)) {
    status.metadata_low_water_blocks = *number;
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::string_view mode_word(Mode mode) {
  switch (mode) {
    case Mode::read_write:
      return "rw";
    case Mode::read_only:
      return "ro";
    case Mode::out_of_data_space:
      return "out_of_data_space";
    case Mode::failed:
      return "Fail";
    case Mode::unreadable:
      return "Error";
  }
  return "Error";
}

double Usage::percent() const {
  if (total_blocks == 0) return 0;
  return 100.0 * static_cast<double>(used_blocks) / static_cast<double>(total_blocks);
}

Result<PoolStatus> parse_pool_status(std::string_view params) {
  const auto words = split_words(params);
  PoolStatus status;
  if (words.size() == 1 && words[0] == mode_word(Mode::failed)) return status;
  if (words.size() == 1 && words[0] == mode_word(Mode::unreadable)) {
    status.mode = Mode::unreadable;
    return status;
  }
  if (words.size() < 5) return unreadable(params, "thin pool");
  const auto transaction = to_number<std::uint64_t>(words[0]);
  const auto metadata = parse_usage(words[1]);
  const auto data = parse_usage(words[2]);
  const auto mode = parse_mode(words[4]);
  if (!transaction || !metadata || !data || !mode) return unreadable(params, "thin pool");
  if (words[3] != "-") {
    status.held_root = to_number<std::uint64_t>(words[3]);
    if (!status.held_root) return unreadable(params, "thin pool");
  }
  status.transaction_id = *transaction;
  status.metadata = *metadata;
  status.data = *data;
  status.mode = *mode;
  for (std::size_t i = 5; i < words.size(); ++i) {
    if (!apply_word(status, words[i])) return unreadable(params, "thin pool");
  }
  return status;
}

Result<std::optional<std::uint64_t>> parse_volume_status(std::string_view params) {
  const auto words = split_words(params);
  if (words.size() == 1 && (words[0] == "Fail" || words[0] == "Error")) {
    return std::optional<std::uint64_t>();
  }
  if (words.size() != 2) return unreadable(params, "thin volume");
  const auto mapped = to_number<std::uint64_t>(words[0]);
  if (!mapped || (words[1] != "-" && !to_number<std::uint64_t>(words[1]))) {
    return unreadable(params, "thin volume");
  }
  return mapped;
}

}  // namespace flintctl::thinpool
