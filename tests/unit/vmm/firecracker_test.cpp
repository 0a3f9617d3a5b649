// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "machine.hpp"
#include "vmm/firecracker/api.hpp"
#include "vmm/firecracker/calls.hpp"
#include "vmm/firecracker/fields.hpp"

using namespace flintctl;
namespace fc = flintctl::vmm::firecracker;

namespace {

std::unique_ptr<vmm::Provider> firecracker(vmm::Settings settings = {}) {
  return vmm::open_provider("firecracker", std::move(settings)).value();
}

std::string error_of(const std::vector<vmm::ApiCall>& calls) {
  const auto checked = fc::check_calls(calls);
  return checked ? "" : checked.error().message();
}

vmm::ApiCall start_call() { return fc::action_call("InstanceStart"); }

/// The OpenAPI document of Firecracker, where a checkout has it beside the source tree.
const std::string openapi_path = FLINTCTL_TEST_DATA "/../../../../../shared/specs/firecracker.yaml";

std::string_view openapi_type(fc::FieldType type) {
  switch (type) {
    case fc::FieldType::string:
      return "string";
    case fc::FieldType::integer:
      return "integer";
    case fc::FieldType::boolean:
      return "boolean";
  }
  return "";
}

void check_against(const data::Value& document, const fc::Call& call) {
  INFO(call.method << " " << call.path);
  const auto* path = document.find("paths")->find(call.path);
  REQUIRE(path != nullptr);
  CHECK(path->find(call.method == "PUT" ? "put" : "patch") != nullptr);
  const auto* definition = document.find("definitions")->find(call.definition);
  REQUIRE(definition != nullptr);
  const auto* properties = definition->find("properties");
  for (const auto& field : call.fields) {
    INFO(field.name);
    const auto* property = properties->find(field.name);
    REQUIRE(property != nullptr);
    CHECK(property->string_or("type") == openapi_type(field.type));
  }
  const auto* required = definition->find("required");
  for (const auto& name : required == nullptr ? data::Array{} : required->elements()) {
    const auto field = std::find_if(call.fields.begin(), call.fields.end(),
                                    [&](const auto& one) { return one.name == *name.as_string(); });
    INFO(*name.as_string());
    REQUIRE(field != call.fields.end());
    CHECK(field->need == fc::Need::required);
  }
}

}  // namespace

TEST_CASE("the calls that boot a machine, in order") {
  const auto plan =
      firecracker()->plan(test::fixed_machine(), test::probe_of(vmm::Accelerator::kvm));
  std::vector<std::string> sent;
  for (const auto& call : plan.calls) {
    sent.push_back(call.method + " " + call.path + " " + data::to_json(call.body));
  }
  const std::vector<std::string> expected = {
      R"(PUT /machine-config {"vcpu_count":2,"mem_size_mib":512})",
      R"(PUT /boot-source {"kernel_image_path":"/var/lib/flintctl/kernels/vmlinux",)"
      R"("initrd_path":"/var/lib/flintctl/kernels/initrd","boot_args":"console=ttyS0 root=/dev/vda rw"})",
      R"(PUT /drives/root {"drive_id":"root","path_on_host":"/dev/mapper/pool-snap-7",)"
      R"("is_root_device":true,"is_read_only":false,"cache_type":"Writeback"})",
      R"(PUT /drives/tools {"drive_id":"tools","path_on_host":"/srv/tools,v2.img",)"
      R"("is_root_device":false,"is_read_only":true,"cache_type":"Writeback"})",
      R"(PUT /network-interfaces/net0 {"iface_id":"net0","host_dev_name":"fltap00c0ffee",)"
      R"("guest_mac":"02:00:00:00:00:01"})",
      R"(PUT /entropy {})",
      R"(PUT /actions {"action_type":"InstanceStart"})"};
  CHECK(sent == expected);
  CHECK(error_of(plan.calls).empty());
}

TEST_CASE("Firecracker's command line and the files that must exist before it") {
  const auto machine = test::fixed_machine();
  const auto plan =
      firecracker({"", "", {"--boot-timer"}})->plan(machine, test::probe_of(vmm::Accelerator::kvm));
  const std::string log = "/var/lib/flintctl/vm/0123456789abcdef/log";
  CHECK(plan.argv == std::vector<std::string>{"/usr/bin/vmm", "--api-sock",
                                              "/run/flintctl/0123456789abcdef/control.sock", "--id",
                                              "0123456789abcdef", "--log-path",
                                              log + "/firecracker.log", "--level", "Info",
                                              "--show-level", "--boot-timer"});
  CHECK(plan.output == machine.instance.console_log);
  CHECK(plan.errors == log + "/hypervisor.log");
  REQUIRE(plan.files.size() == 3);
  CHECK(plan.files[1].path == log + "/firecracker.log");
  CHECK(plan.files[2].content == vmm::PlannedFile::Content::kept);
  const auto shown = vmm::to_value(plan);
  CHECK(shown.find("calls")->elements().size() == plan.calls.size());
}

TEST_CASE("the field table refuses what Firecracker would") {
  CHECK(error_of({{"PUT", "/no-such", data::Value::object()}}).find("unknown call") !=
        std::string::npos);
  auto calls = fc::boot_calls(test::fixed_machine());
  SECTION("an unknown field") {
    calls[0].body.set("vcpus", 2);
    CHECK(error_of(calls) == "PUT /machine-config: unknown field 'vcpus'");
  }
  SECTION("a wrong type") {
    calls[0].body.set("vcpu_count", "2");
    CHECK(error_of(calls) == "PUT /machine-config: wrong type of field 'vcpu_count'");
  }
  SECTION("a missing field") {
    calls[2].body = data::Value::object({{"drive_id", "root"}});
    CHECK(error_of(calls) == "PUT /drives/root: missing field 'is_root_device'");
  }
  SECTION("an id that differs") {
    calls[2].path = "/drives/other";
    CHECK(error_of(calls) == "PUT /drives/other: path and body differ in 'drive_id'");
  }
  SECTION("an order that cannot be") {
    calls.insert(calls.begin(), start_call());
    CHECK(error_of(calls) == "PUT /machine-config: wrong order of '/machine-config'");
    CHECK(error_of({fc::vm_state_call("Paused")}) == "PATCH /vm: wrong order of '/vm'");
    CHECK(error_of({start_call(), fc::vm_state_call("Paused")}).empty());
  }
}

TEST_CASE("the field table agrees with Firecracker's own document, or at least with itself") {
  if (sys::exists(openapi_path)) {
    const auto document = data::parse_yaml(sys::read_file(openapi_path).value());
    REQUIRE(document);
    for (const auto& call : fc::known_calls()) check_against(*document, call);
  }
  for (const auto& call : fc::known_calls()) {
    INFO(call.path);
    CHECK(fc::find_call(call.method, call.path) == &call);
    CHECK(std::count_if(call.fields.begin(), call.fields.end(), [](const auto& field) {
            return field.need == fc::Need::required;
          }) >= (call.path == "/entropy" ? 0 : 1));
  }
}

TEST_CASE("Firecracker's refusals become errors of their kind, with its own words") {
  const auto refused = [](const char* fault) {
    return fc::refusal("PUT /x", 400,
                       data::to_json(data::Value::object({{"fault_message", fault}})));
  };
  const auto busy =
      refused("Network config error: Open tap device failed: Resource busy (os error 16)");
  CHECK(busy.code() == Code::aborted);
  CHECK(busy.message().find("Firecracker refused PUT /x: Network config error") == 0);
  CHECK(refused(
            "An error occurred when deserializing the json body of a request: unknown field `mtu`")
            .code() == Code::unimplemented);
  CHECK(refused("Drive config error: No such file or directory (os error 2)").code() ==
        Code::not_found);
  CHECK(refused("The requested operation is not supported after starting the microVM.").code() ==
        Code::internal);
  CHECK(refused("Start microvm error: Error creating KVM object: Kvm").code() ==
        Code::host_not_ready);
  CHECK(refused("Something new").code() == Code::unknown);
  CHECK(fc::refusal("PUT /x", 500, "<html>").message() ==
        "Firecracker refused PUT /x: status 500 '<html>'");
}

TEST_CASE("older Firecrackers are told that there is no PCI") {
  auto probe = test::probe_of(vmm::Accelerator::kvm);
  const auto machine = test::fixed_machine();
  const auto text = [&] {
    return vm::format_cmdline(firecracker()->default_cmdline(probe, machine));
  };
  const std::string common =
      "console=ttyS0 reboot=k panic=1 quiet i8042.noaux i8042.nomux i8042.dumbkbd";
  CHECK(text() == common);
  probe.minor = 12;
  CHECK(text() == common + " pci=off");
}

TEST_CASE("Firecracker's command line limit leaves room for what it appends") {
  auto machine = test::fixed_machine();
  CHECK(firecracker()->cmdline_limit(machine) == 2047 - 30 - 40 * 4);
  machine.cmdline = std::string(firecracker()->cmdline_limit(machine) + 1, 'x');
  const auto violations = firecracker()->validate(machine, test::probe_of(vmm::Accelerator::kvm));
  CHECK(std::any_of(violations.begin(), violations.end(),
                    [](const auto& one) { return one.field == "spec.kernel.cmdline"; }));
}

TEST_CASE("emulation is refused for Firecracker") {
  test::Folder folder;
  const std::string script = folder.path + "/firecracker";
  REQUIRE(sys::write_file_atomic(script, "#!/bin/sh\necho 'Firecracker v1.15.1'\n", 0755));
  const auto probe = firecracker({script, "tcg", {}})->probe();
  REQUIRE_FALSE(probe);
  CHECK(probe.error().code() == Code::invalid_argument);
  CHECK(firecracker({script, "kvm", {}})->probe()->version == "1.15.1");
}
