// SPDX-License-Identifier: Apache-2.0
#include "sys/shared_library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

namespace flintctl::sys {

Result<SharedLibrary> SharedLibrary::open(const std::string& soname, const std::string& package) {
  void* handle = ::dlopen(soname.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    return Error(Code::host_not_ready, fmt::format("cannot load {}: {}", soname, ::dlerror()))
        .with_hint(fmt::format("install the package {}", package));
  }
  return SharedLibrary(handle);
}

Result<void*> SharedLibrary::symbol(const char* name) const {
  void* address = ::dlsym(handle_, name);
  if (address == nullptr) {
    return Error(Code::host_not_ready, fmt::format("a shared library lacks '{}'", name));
  }
  return address;
}

}  // namespace flintctl::sys
