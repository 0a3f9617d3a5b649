// SPDX-License-Identifier: Apache-2.0
#include "vm/spec.hpp"

#include "support/catch.hpp"

namespace flintctl::vm {
namespace {

Spec small_spec() {
  Spec spec;
  spec.root.image = "registry.example/os:1";
  spec.kernel.path = "/boot/vmlinux";
  return spec;
}

TEST_CASE("a spec survives the way to its manifest form and back") {
  auto spec = small_spec();
  spec.provider = "qemu";
  spec.memory = 512 * mib;
  spec.cmdline = *parse_cmdline("quiet console=ttyS0");
  spec.initrd = {"registry.example/kernel:1", "", "boot/initrd"};
  spec.volumes.push_back({"data", "", "", "/var/lib/data", 5 * gib, false});
  spec.interfaces.push_back({"eth0",
                             InterfaceType::tap,
                             "br0",
                             "02:00:00:00:00:01",
                             "10.0.0.2/24",
                             "10.0.0.1",
                             {"10.0.0.1"}});
  spec.cloud_init.user_data_sha256 = std::string(64, 'a');
  spec.provider_args = {"-icount", "shift=0"};
  const auto value = to_value(spec);
  CHECK(*value.find("memory")->as_string() == "512Mi");
  const auto again = spec_from_value(value, UnknownKeys::refuse);
  REQUIRE(again);
  CHECK(to_value(*again) == value);
}

TEST_CASE("an unknown key of a manifest is an error that names the nearest") {
  const auto value = *data::parse_json(R"({"vcpu": 2})");
  const auto spec = spec_from_value(value, UnknownKeys::refuse);
  REQUIRE(!spec);
  CHECK(spec.error().text().find("vcpu") != std::string::npos);
  CHECK(spec_from_value(value, UnknownKeys::ignore));
}

TEST_CASE("wrong types are named by path") {
  const auto spec = spec_from_value(*data::parse_json(R"({"rootVolume": {"readOnly": "x"}})"),
                                    UnknownKeys::refuse);
  REQUIRE(!spec);
  CHECK(spec.error().text().find("spec.rootVolume.readOnly") != std::string::npos);
}

TEST_CASE("what no host could run is refused") {
  CHECK(validate(small_spec()));
  auto spec = small_spec();
  SECTION("no vCPU") { spec.vcpus = 0; }
  SECTION("odd memory") { spec.memory = 100 * mib + 1; }
  SECTION("no image") { spec.root.image.clear(); }
  SECTION("no kernel") { spec.kernel = {}; }
  SECTION("two kernels") { spec.kernel.image = "x"; }
  SECTION("relative kernel") { spec.kernel.path = "boot/vmlinux"; }
  SECTION("file of no image") { spec.initrd.file = "boot/initrd"; }
  SECTION("multicast MAC") {
    spec.interfaces = {{"eth0", InterfaceType::tap, "", "03:00:00:00:00:01", "", "", {}}};
  }
  SECTION("no MAC") {
    spec.interfaces = {{"eth0", InterfaceType::tap, "", "nonsense", "", "", {}}};
  }
  SECTION("a MAC twice") {
    spec.interfaces = {{"eth0", InterfaceType::tap, "", "02:00:00:00:00:01", "", "", {}},
                       {"eth1", InterfaceType::tap, "", "02:00:00:00:00:01", "", "", {}}};
  }
  SECTION("two of a name") { spec.interfaces.resize(2); }
  SECTION("interface with a slash") {
    spec.interfaces = {{"a/b", InterfaceType::tap, "", "", "", "", {}}};
  }
  SECTION("interface with a space") {
    spec.interfaces = {{"eth 0", InterfaceType::tap, "", "", "", "", {}}};
  }
  SECTION("interface that is a folder") {
    spec.interfaces = {{"..", InterfaceType::tap, "", "", "", "", {}}};
  }
  SECTION("volume named root") { spec.volumes = {{"root", "", "", "", gib, false}}; }
  const auto refused = validate(spec);
  REQUIRE(!refused);
  CHECK(refused.error().code() == Code::invalid_argument);
  CHECK(!refused.error().hint().empty());
}

TEST_CASE("derived MACs are local, unicast, stable and different") {
  const auto mac = derived_mac("0123456789abcdef", 0);
  CHECK(mac.substr(0, 3) == "02:");
  CHECK(mac.size() == 17);
  CHECK(mac == derived_mac("0123456789abcdef", 0));
  CHECK(mac != derived_mac("0123456789abcdef", 1));
  CHECK(mac != derived_mac("0123456789abcdee", 0));
}

TEST_CASE("sizes keep every byte") {
  CHECK(size_text(0) == "0");
  CHECK(size_text(1000) == "1000");
  CHECK(size_text(512 * mib) == "512Mi");
  CHECK(size_text(3 * gib) == "3Gi");
}

}  // namespace
}  // namespace flintctl::vm
