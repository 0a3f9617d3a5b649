// SPDX-License-Identifier: Apache-2.0
#include "vmm/firecracker/fields.hpp"

#include <fmt/format.h>

namespace flintctl::vmm::firecracker {
namespace {

using enum FieldType;
using enum Need;

constexpr Field machine_config_fields[] = {{"vcpu_count", integer, required},
                                           {"mem_size_mib", integer, required},
                                           {"smt", boolean, optional},
                                           {"track_dirty_pages", boolean, optional}};
constexpr Field boot_source_fields[] = {{"kernel_image_path", string, required},
                                        {"initrd_path", string, optional},
                                        {"boot_args", string, optional}};
// is_read_only and path_on_host are optional in the document for vhost-user disks only.
constexpr Field drive_fields[] = {
    {"drive_id", string, required},        {"path_on_host", string, optional},
    {"is_root_device", boolean, required}, {"is_read_only", boolean, optional},
    {"cache_type", string, optional},      {"io_engine", string, optional}};
constexpr Field network_interface_fields[] = {{"iface_id", string, required},
                                              {"host_dev_name", string, required},
                                              {"guest_mac", string, optional}};
constexpr Field action_fields[] = {{"action_type", string, required}};
constexpr Field vm_state_fields[] = {{"state", string, required}};

constexpr Call calls[] = {
    {"PUT", "/machine-config", "MachineConfiguration", Phase::before_start, machine_config_fields},
    {"PUT", "/boot-source", "BootSource", Phase::before_start, boot_source_fields},
    {"PUT", "/drives/{drive_id}", "Drive", Phase::before_start, drive_fields},
    {"PUT", "/network-interfaces/{iface_id}", "NetworkInterface", Phase::before_start,
     network_interface_fields},
    {"PUT", "/entropy", "EntropyDevice", Phase::before_start, {}},
    {"PUT", "/actions", "InstanceActionInfo", Phase::any, action_fields},
    {"PATCH", "/vm", "Vm", Phase::after_start, vm_state_fields},
};

/// "/drives/root" against "/drives/{drive_id}": the part for the braces, or nothing.
std::string_view path_id(std::string_view path, std::string_view pattern) {
  const auto brace = pattern.find('{');
  if (brace == std::string_view::npos || !path.starts_with(pattern.substr(0, brace))) return {};
  const auto id = path.substr(brace);
  return id.find('/') == std::string_view::npos ? id : std::string_view();
}

bool has_type(const data::Value& value, FieldType type) {
  switch (type) {
    case string:
      return value.is_string();
    case integer:
      return value.is_integer();
    case boolean:
      return value.is_bool();
  }
  return false;
}

Error wrong(const ApiCall& call, std::string_view what, std::string_view field) {
  return Error(Code::internal, fmt::format("{} {}: {} '{}'", call.method, call.path, what, field));
}

const Field* find_field(const Call& call, std::string_view name) {
  for (const auto& field : call.fields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

Result<> check_fields(const ApiCall& call, const Call& known) {
  for (const auto& [name, value] : call.body.members()) {
    const Field* field = find_field(known, name);
    if (field == nullptr) return wrong(call, "unknown field", name);
    if (!has_type(value, field->type)) return wrong(call, "wrong type of field", name);
  }
  for (const auto& field : known.fields) {
    if (field.need == required && call.body.find(field.name) == nullptr) {
      return wrong(call, "missing field", field.name);
    }
  }
  const auto brace = known.path.find('{');
  if (brace == std::string_view::npos) return {};
  const auto key = known.path.substr(brace + 1, known.path.size() - brace - 2);
  if (call.body.string_or(key) != path_id(call.path, known.path)) {
    return wrong(call, "path and body differ in", key);
  }
  return {};
}

}  // namespace

std::span<const Call> known_calls() { return calls; }

const Call* find_call(std::string_view method, std::string_view path) {
  for (const auto& call : calls) {
    if (call.method != method) continue;
    if (call.path == path || !path_id(path, call.path).empty()) return &call;
  }
  return nullptr;
}

Result<> check_calls(const std::vector<ApiCall>& planned) {
  bool started = false;
  for (const auto& call : planned) {
    const Call* known = find_call(call.method, call.path);
    if (known == nullptr) return wrong(call, "unknown call", call.path);
    TRY(check_fields(call, *known));
    if (known->phase == (started ? Phase::before_start : Phase::after_start)) {
      return wrong(call, "wrong order of", call.path);
    }
    started = started || call.body.string_or("action_type") == "InstanceStart";
  }
  return {};
}

}  // namespace flintctl::vmm::firecracker
