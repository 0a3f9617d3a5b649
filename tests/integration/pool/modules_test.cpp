// SPDX-License-Identifier: Apache-2.0
// A kernel whose modules are not installed: a hidden test, run before anything has loaded them.
#include "bed.hpp"
#include "support/catch.hpp"

using namespace flintctl;
using namespace flintctl::testing;

TEST_CASE("a kernel without its modules is not ready, and is told apart from a broken pool",
          "[.no-modules]") {
  const Ran made = run_flintctl({"provision", "devpool"});
  INFO(made.err);
  CHECK(made.status == 6);
  CHECK(made.out.empty());
  CHECK(made.err.find("hint:") != std::string::npos);
  CHECK(made.err.find("module") != std::string::npos);
}
