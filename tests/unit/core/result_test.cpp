// SPDX-License-Identifier: Apache-2.0
#include "core/result.hpp"

#include <memory>

#include "core/rollback.hpp"
#include "support/catch.hpp"

using flintctl::Code;
using flintctl::Error;
using flintctl::Result;
using flintctl::Rollback;

namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return Error(Code::invalid_argument, "odd").with_hint("give an even number");
  return number / 2;
}

Result<int> quarter(int number) { return TRY(half(TRY(half(number)))); }

Result<> check(int number) {
  TRY(half(number).context("halving"));
  return {};
}

}  // namespace

TEST_CASE("TRY hands on values and errors, nested too") {
  CHECK(*quarter(8) == 2);
  CHECK(quarter(6).error().code() == Code::invalid_argument);
}

TEST_CASE("context keeps code and hint and reads outermost first") {
  const auto failed = check(3);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().text() == "halving: odd");
  CHECK(failed.error().hint() == "give an even number");
  CHECK(failed.error().code() == Code::invalid_argument);
}

TEST_CASE("a value that can only be moved passes through TRY") {
  const auto make = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(7); };
  const auto take = [&]() -> Result<int> {
    const auto held = TRY(make());
    return *held;
  };
  CHECK(*take() == 7);
}

TEST_CASE("Rollback runs unless committed") {
  int undone = 0;
  {
    const Rollback undo([&] { ++undone; });
  }
  CHECK(undone == 1);
  {
    Rollback undo([&] { ++undone; });
    undo.commit();
  }
  CHECK(undone == 1);
}
