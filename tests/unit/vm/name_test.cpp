// SPDX-License-Identifier: Apache-2.0
#include "vm/name.hpp"

#include "support/catch.hpp"

namespace flintctl::vm {
namespace {

TEST_CASE("VM names are DNS labels") {
  for (const auto* good : {"a", "web", "web-1", "0x"}) CHECK(check_name("VM name", good));
  for (const auto* bad : {"", "-a", "a-", "A", "a.b", "a/b", "../x", "a b", "ä"}) {
    CHECK(check_name("VM name", bad).error().code() == Code::invalid_argument);
  }
  CHECK(check_name("VM name", std::string(63, 'a')));
  CHECK(!check_name("VM name", std::string(64, 'a')));
}

TEST_CASE("a command in a hint names the VM that was meant") {
  CHECK(vm_command("delete", "default", "web") == "flintctl vm delete web");
  CHECK(vm_command("delete", "prod", "web") == "flintctl vm delete -n prod web");
}

TEST_CASE("uids are 16 hexadecimal digits") {
  CHECK(is_uid("0123456789abcdef"));
  CHECK(!is_uid("0123456789abcde"));
  CHECK(!is_uid("0123456789ABCDEF"));
  CHECK(!is_uid("../../../../etc0"));
}

TEST_CASE("label keys are Kubernetes' own") {
  CHECK(check_label_key("app"));
  CHECK(check_label_key("example.com/App_1.x"));
  for (const auto* bad : {"", "/a", "a/", "-a", "a b", "Example.com/a", "a/b/c"}) {
    CHECK(!check_label_key(bad));
  }
}

}  // namespace
}  // namespace flintctl::vm
