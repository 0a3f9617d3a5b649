// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace flintctl::archive {

/// Writes a tar of plain files (ustar), owned by nobody in particular and without a time: the same
/// files give the same bytes. POSIX.1-1988, "ustar Interchange Format".
class TarWriter {
 public:
  using Sink = std::function<Result<>(std::string_view)>;
  explicit TarWriter(Sink sink) : sink_(std::move(sink)) {}

  /// A whole small file. invalid_argument for a name of more than 100 bytes.
  Result<> file(const std::string& name, std::string_view bytes);
  /// Begins a file of exactly `size` bytes, which append() brings and finish_file() ends.
  Result<> begin_file(const std::string& name, std::uint64_t size);
  Result<> append(std::string_view bytes);
  /// data_loss when more or fewer bytes came than were announced.
  Result<> finish_file();
  /// The end of the archive.
  Result<> finish();

 private:
  Sink sink_;
  std::uint64_t size_ = 0;
  std::uint64_t written_ = 0;
};

}  // namespace flintctl::archive
