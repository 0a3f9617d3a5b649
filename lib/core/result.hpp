// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/error.hpp"

namespace flintctl {

/// A value of T or the Error that prevented it: std::expected's names, until the compilers have it.
/// Three ways to use one: TRY(expr) hands the error on; `if (!r)` looks at r.error();
/// `.context("…")` adds what was attempted. `Result<>` is a success without a value.
template <typename T = void>
class [[nodiscard]] Result {
 public:
  // Implicit by intent: `return value;` and `return Error(…);` both read as they should.
  Result(T success) : state_(std::in_place_index<0>, std::move(success)) {}
  Result(Error failure) : state_(std::in_place_index<1>, std::move(failure)) {}

  [[nodiscard]] bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  [[nodiscard]] T& value() & { return std::get<0>(state_); }
  [[nodiscard]] const T& value() const& { return std::get<0>(state_); }
  [[nodiscard]] T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  [[nodiscard]] T value_or(T fallback) && {
    return has_value() ? std::move(*this).value() : std::move(fallback);
  }

  [[nodiscard]] Error& error() & { return std::get<1>(state_); }
  [[nodiscard]] const Error& error() const& { return std::get<1>(state_); }
  [[nodiscard]] Error&& error() && { return std::get<1>(std::move(state_)); }

  /// Says what was attempted, if this is a failure.
  Result context(std::string message) && {
    if (has_value()) return std::move(*this);
    return std::move(error()).context(std::move(message));
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error failure) : error_(std::move(failure)) {}

  [[nodiscard]] bool has_value() const { return !error_.has_value(); }
  explicit operator bool() const { return has_value(); }
  void value() const {}
  void operator*() const {}

  [[nodiscard]] Error& error() & { return *error_; }
  [[nodiscard]] const Error& error() const& { return *error_; }
  [[nodiscard]] Error&& error() && { return *std::move(error_); }

  Result context(std::string message) && {
    if (has_value()) return {};
    return std::move(*error_).context(std::move(message));
  }

 private:
  std::optional<Error> error_;
};

}  // namespace flintctl

/// The value of a Result, or a return of its error from the enclosing function. May be nested.
#define TRY(...) FLINTCTL_TRY_COUNTED(__COUNTER__, __VA_ARGS__)
#define FLINTCTL_TRY_COUNTED(counter, ...) FLINTCTL_TRY_NAMED(counter, __VA_ARGS__)
#define FLINTCTL_TRY_NAMED(counter, ...)              \
  __extension__({                                     \
    auto try_result_##counter = (__VA_ARGS__);        \
    if (!try_result_##counter) {                      \
      return std::move(try_result_##counter).error(); \
    }                                                 \
    *std::move(try_result_##counter);                 \
  })
