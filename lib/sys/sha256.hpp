// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace flintctl::sys {

/// SHA-256 of a stream, by libcrypto (which uses the CPU's SHA instructions). FIPS 180-4.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();

  void update(std::string_view bytes);
  void update(const void* bytes, std::size_t length);
  /// 64 lower-case hexadecimal digits of what came so far; begins anew.
  std::string finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace flintctl::sys
