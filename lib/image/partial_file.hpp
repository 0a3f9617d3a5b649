// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/unique_fd.hpp"
#include "oci/digest.hpp"

namespace flintctl::image {

/// The bytes of a layer that have arrived so far, in a file named for its digest that outlives a
/// killed pull. Locked while it is open; when another pull holds it, an unnamed file takes its
/// place.
class PartialFile {
 public:
  /// Opens or makes DIRECTORY/<digest> (0600; the folder 0700). A file longer than `size` begins
  /// anew.
  static Result<PartialFile> open(const std::string& directory, const oci::Digest& digest,
                                  std::uint64_t size);

  /// For reading. A child that has it does not share the lock.
  [[nodiscard]] int descriptor() const { return reader_.get(); }
  [[nodiscard]] std::uint64_t held() const { return held_; }

  /// Bytes go to the file, and count as held, when there are enough of them for one write.
  Result<> append(std::string_view bytes);
  /// What waits for that goes now.
  Result<> flush();
  /// Memory in which bytes wait, and the same again for the next file: a pull has many of them.
  void lend(std::string buffer) { waiting_ = std::move(buffer); }
  std::string take_back() { return std::exchange(waiting_, {}); }
  /// Forgets what came.
  Result<> truncate();
  /// Removes the name, if it has one: nothing will resume here.
  void remove();

 private:
  PartialFile(UniqueFd fd, UniqueFd reader, std::string path)
      : fd_(std::move(fd)), reader_(std::move(reader)), path_(std::move(path)) {}
  static Result<PartialFile> with_reader(UniqueFd fd, std::string path);
  UniqueFd fd_;
  UniqueFd reader_;
  std::string path_;  ///< empty: unnamed
  std::uint64_t held_ = 0;
  std::string waiting_;
};

/// Where the partial files are.
std::string partial_directory(const std::string& state_directory);

/// Removes DIRECTORY/<digest> unless another pull holds it; fine when it is absent.
Result<> remove_partial(const std::string& directory, const oci::Digest& digest);

/// Whether a process has the file open as a PartialFile.
Result<bool> partial_in_use(const std::string& path);

}  // namespace flintctl::image
