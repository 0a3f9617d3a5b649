// SPDX-License-Identifier: Apache-2.0
// A kernel whose modules are not installed: a hidden test, run before anything has loaded them.
#include "bed.hpp"
#include "support/catch.hpp"

using namespace flintctl;
using namespace flintctl::testing;

namespace {

/// What the command says where it cannot work; the error's text.
std::string refusal() {
  const Ran made = run_flintctl({"provision", "devpool"});
  INFO(made.err);
  CHECK(made.status == 6);
  CHECK(made.out.empty());
  CHECK(made.err.find("hint:") != std::string::npos);
  return made.err;
}

}  // namespace

TEST_CASE("a kernel whose modules are missing has no device-mapper", "[.no-modules]") {
  CHECK(refusal().find("this kernel has no device-mapper") != std::string::npos);
}

TEST_CASE("a device-mapper that lacks the thin-pool module is not ready", "[.no-thin-pool]") {
  const std::string text = refusal();
  CHECK(text.find("device-mapper has no target 'thin-pool'") != std::string::npos);
  CHECK(text.find("dm-thin-pool") != std::string::npos);
}
