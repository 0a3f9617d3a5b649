// SPDX-License-Identifier: Apache-2.0
#include "core/error.hpp"

namespace flintctl {

std::string_view Error::hint() const {
  for (const Error* error = this; error != nullptr; error = error->cause_.get()) {
    if (!error->hint_.empty()) return error->hint_;
  }
  return {};
}

std::string Error::text() const {
  std::string text = message_;
  for (const Error* error = cause_.get(); error != nullptr; error = error->cause_.get()) {
    text += ": ";
    text += error->message_;
  }
  return text;
}

Error Error::with_hint(std::string hint) && {
  hint_ = std::move(hint);
  return std::move(*this);
}

Error Error::context(std::string message) && {
  Error outer(code_, std::move(message));
  outer.cause_ = std::make_shared<const Error>(std::move(*this));
  return outer;
}

Error Error::with_code(Code code) && {
  code_ = code;
  return std::move(*this);
}

}  // namespace flintctl
