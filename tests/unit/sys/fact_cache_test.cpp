// SPDX-License-Identifier: Apache-2.0
#include "sys/fact_cache.hpp"

#include <stdlib.h>

#include "core/rollback.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace flintctl;

namespace {

std::string fresh_folder() {
  std::string path = "/tmp/flintctl-facts-XXXXXX";
  REQUIRE(::mkdtemp(path.data()) != nullptr);
  return path;
}

}  // namespace

TEST_CASE("a fact is found under its own key only, and nothing is kept where nothing can be") {
  const std::string folder = fresh_folder();
  const Rollback cleanup([&] { (void)sys::remove_tree(folder); });
  const sys::FactCache facts(folder + "/facts");
  CHECK_FALSE(facts.find("version of qemu"));
  facts.keep("version of qemu", "7.2");
  CHECK(facts.find("version of qemu") == "7.2");
  CHECK_FALSE(facts.find("version of qem"));
  facts.keep("", "nobody's");
  CHECK_FALSE(facts.find(""));
  const sys::FactCache nowhere("");
  nowhere.keep("a", "b");
  CHECK_FALSE(nowhere.find("a"));
  const sys::FactCache blocked("/proc/no/such");
  blocked.keep("a", "b");
  CHECK_FALSE(blocked.find("a"));
}

TEST_CASE("a program is told by its file, a script is not") {
  const std::string folder = fresh_folder();
  const Rollback cleanup([&] { (void)sys::remove_tree(folder); });
  const auto program = sys::program_identity("/proc/self/exe");
  CHECK_FALSE(program.empty());
  CHECK(program == sys::program_identity("/proc/self/exe"));
  const auto script = folder + "/script";
  REQUIRE(sys::write_file_atomic(script, "#!/bin/sh\n", 0755));
  CHECK(sys::program_identity(script).empty());
  CHECK(sys::program_identity(folder + "/none").empty());
  const auto first = folder + "/elf";
  REQUIRE(sys::write_file_atomic(first, "\x7f\x45LF one", 0755));
  const auto before = sys::program_identity(first);
  REQUIRE(sys::write_file_atomic(first, "\x7f\x45LF two", 0755));
  CHECK(before != sys::program_identity(first));
}
