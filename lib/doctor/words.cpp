// SPDX-License-Identifier: Apache-2.0
#include "doctor/words.hpp"

namespace flintctl::doctor {

std::string fix_of(const Error& error) {
  return error.hint().empty() ? "see what the message names" : std::string(error.hint());
}

Finding unread(std::string check, const Error& error) {
  const bool root = error.code() == Code::permission_denied;
  return {std::move(check), Severity::warning, "not checked: " + error.text(),
          "it is not known whether this is well", root ? "sudo flintctl doctor" : fix_of(error)};
}

}  // namespace flintctl::doctor
