// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/result.hpp"

namespace flintctl::provision {

/// A program that does not come from the distribution, as asked for.
struct ProgramSource {
  std::string name;     ///< "firecracker", "containerd"
  std::string file;     ///< a file of this host: the binary, or a .tar.gz release with it
  std::string url;      ///< or where to fetch that from
  std::string sha256;   ///< of the file, 64 hexadecimal digits
  std::string version;  ///< that it must say it is; empty: any
  /// Something of it is given; what misses is for validate_origin() to say.
  [[nodiscard]] bool given() const { return !(file + url + sha256 + version).empty(); }
};

/// invalid_argument unless exactly one of file and URL is given, and a digest. `hint`: what is to
/// be given, and what a person could do without it.
Result<> validate_origin(const ProgramSource& source, const std::string& hint);

/// A copy of the source's bytes in a new file at `path`, which is what was verified: the source may
/// change under our hands. data_loss when the digest is another.
Result<> fetch_verified(const ProgramSource& source, const std::string& path);

/// Fine when `path` has the bytes that the source is to have, else data_loss.
Result<> verify_digest(const ProgramSource& source, const std::string& path);

/// The SHA-256 of a file, in hexadecimal digits.
Result<std::string> hash_file(const std::string& path);

}  // namespace flintctl::provision
