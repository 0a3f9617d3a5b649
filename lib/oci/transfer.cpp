// SPDX-License-Identifier: Apache-2.0
#include "oci/transfer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace flintctl::oci {
namespace {

/// "bytes 100-199/200" to 100; nothing when it is something else. RFC 9110, section 14.4.
std::optional<std::uint64_t> range_start(const std::string* field) {
  constexpr std::string_view unit = "bytes ";
  if (field == nullptr || !field->starts_with(unit)) return std::nullopt;
  std::uint64_t start = 0;
  const char* const end = field->data() + field->size();
  const auto [stop, error] = std::from_chars(field->data() + unit.size(), end, start);
  if (error != std::errc() || stop == end || *stop != '-') return std::nullopt;
  return start;
}

}  // namespace

Transfer::Transfer(const Descriptor& descriptor, std::uint64_t position, const Sink& sink,
                   std::string what)
    : size_(descriptor.size), position_(position), sink_(sink), what_(std::move(what)) {}

void Transfer::begin() {
  first_ = true;
  to_skip_ = 0;
}

Result<> Transfer::take(const http::ResponseHead& head, std::string_view bytes) {
  if (std::exchange(first_, false)) {
    if (head.status != 206) {
      to_skip_ = position_;  // it ignores Range and begins at the beginning
    } else if (range_start(head.headers.find("Content-Range")) != position_) {
      return Error(Code::data_loss, fmt::format("the registry sends another range of {}", what_));
    }
  }
  const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(to_skip_, bytes.size()));
  to_skip_ -= skipped;
  bytes.remove_prefix(skipped);
  if (bytes.size() > size_ - position_) {
    return Error(Code::data_loss,
                 fmt::format("the registry sends more than {} bytes for {}", size_, what_));
  }
  if (bytes.empty()) return {};
  position_ += bytes.size();
  auto taken = sink_(bytes);
  refused_ = !taken;
  return taken;
}

}  // namespace flintctl::oci
