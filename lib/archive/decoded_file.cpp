// SPDX-License-Identifier: Apache-2.0
#include "archive/decoded_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <span>

#include "sys/error.hpp"
#include "sys/interrupt.hpp"

namespace flintctl::archive {
namespace {

constexpr std::size_t piece_size = 256 * 1024;

}  // namespace

DecodedFile::DecodedFile(int fd, Raw raw)
    : fd_(fd),
      raw_(std::move(raw)),
      input_(std::make_unique_for_overwrite<char[]>(piece_size)),
      output_(std::make_unique_for_overwrite<char[]>(piece_size)) {}

/// As much as the buffer holds, or the file's rest: the first bytes come together, from pipes too.
Result<> DecodedFile::refill() {
  std::size_t held = 0;
  while (held < piece_size && !at_end_) {
    const ssize_t count = ::read(fd_, input_.get() + held, piece_size - held);
    if (count < 0 && errno == EINTR) {
      TRY(sys::check_interrupt());
      continue;
    }
    if (count < 0) return sys::last_error("reading");
    at_end_ = count == 0;
    held += static_cast<std::size_t>(count);
  }
  unread_ = std::string_view(input_.get(), held);
  if (raw_ && held > 0) raw_(unread_);
  return {};
}

Result<std::string_view> DecodedFile::next() {
  for (;;) {
    if (unread_.empty() && !at_end_) TRY(refill());
    if (!decoder_) {
      if (const auto unread = unread_compression(unread_); !unread.empty()) {
        return Error(Code::unimplemented,
                     fmt::format("it is compressed by {}, which is not read", unread))
            .with_hint(fmt::format(
                "decompress it on the way: {} -dc FILE | flintctl image import -", unread));
      }
      compression_ = actual_compression(unread_);
      decoder_ = make_decoder(compression_);
    }
    const auto step = TRY(decoder_->decode(unread_, std::span(output_.get(), piece_size)));
    unread_.remove_prefix(step.consumed);
    if (step.produced > 0) return std::string_view(output_.get(), step.produced);
    if (unread_.empty() && at_end_) {
      TRY(decoder_->finish());
      return std::string_view();
    }
    if (step.consumed == 0 && !unread_.empty()) {
      return Error(Code::data_loss, "the stream does not go on");
    }
  }
}

}  // namespace flintctl::archive
