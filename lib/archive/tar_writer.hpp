// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "archive/tar_entry.hpp"
#include "core/result.hpp"

namespace flintctl::archive {

/// Writes a tar: ustar headers, and PAX records for what they cannot say. The same members give the
/// same bytes. POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header"; GNU tar
/// manual, "Storing Sparse Files", format 1.0.
class TarWriter {
 public:
  using Sink = std::function<Result<>(std::string_view)>;
  explicit TarWriter(Sink sink) : sink_(std::move(sink)) {}

  /// A whole small file, owned by nobody in particular and without a time.
  Result<> file(const std::string& name, std::string_view bytes);
  /// Begins such a file of exactly `size` bytes, which append() brings and finish_member() ends.
  Result<> begin_file(const std::string& name, std::uint64_t size);

  /// Begins any member, as it is; the access time is left out. Of a sparse file the bytes of its
  /// parts follow, in order, else `stored` bytes. invalid_argument for an attribute whose name a
  /// tar cannot hold.
  Result<> begin_member(const TarEntry& entry);
  Result<> append(std::string_view bytes);
  /// data_loss when more or fewer bytes came than were announced.
  Result<> finish_member();

  /// The end of the archive.
  Result<> finish();

 private:
  Sink sink_;
  std::uint64_t size_ = 0;
  std::uint64_t written_ = 0;
};

}  // namespace flintctl::archive
