// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "core/result.hpp"

namespace flintctl::sys {

/// A shared library opened when it is first needed, so that commands that do not need it start
/// without it. dlopen(3). Never closed: libraries such as libcurl do not survive that.
class SharedLibrary {
 public:
  /// `soname` as the dynamic linker knows it ("libcurl.so.4"); `package` names what to install.
  static Result<SharedLibrary> open(const std::string& soname, const std::string& package);

  /// The function `name`, with the type of its declaration: `library.function<decltype(&f)>("f")`.
  template <typename Function>
  Result<Function> function(const char* name) const {
    return reinterpret_cast<Function>(TRY(symbol(name)));
  }

 private:
  explicit SharedLibrary(void* handle) : handle_(handle) {}
  Result<void*> symbol(const char* name) const;
  void* handle_;
};

}  // namespace flintctl::sys
