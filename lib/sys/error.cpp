// SPDX-License-Identifier: Apache-2.0
#include "sys/error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace flintctl::sys {
namespace {

Code code_of(int number) {
  switch (number) {
    case ENOENT:
    case ESRCH:
    case ENXIO:
      return Code::not_found;
    case EACCES:
    case EPERM:
      return Code::permission_denied;
    case EEXIST:
      return Code::already_exists;
    case ENOSPC:
    case EDQUOT:
    case ENOMEM:
      return Code::resource_exhausted;
    case ETIMEDOUT:
      return Code::deadline_exceeded;
    default:
      return Code::unknown;
  }
}

/// What a person does about errors that mean the same whatever was attempted; who knows more says
/// more.
const char* hint_of(int number) {
  switch (number) {
    case ENOSPC:
      return "make room there: 'df -h' shows what is full, 'flintctl gc' removes what nothing uses";
    case EROFS:
      return "that file system is mounted read-only: 'findmnt' shows it; remount it, or configure "
             "another folder";
    default:
      return "";
  }
}

}  // namespace

Error from_errno(int number, std::string what) {
  return Error(code_of(number), strerrordesc_np(number) != nullptr
                                    ? strerrordesc_np(number)
                                    : fmt::format("errno {}", number))
      .with_hint(hint_of(number))
      .context(std::move(what));
}

Error last_error(std::string what) { return from_errno(errno, std::move(what)); }

}  // namespace flintctl::sys
