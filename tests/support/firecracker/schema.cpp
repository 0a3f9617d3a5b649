// SPDX-License-Identifier: Apache-2.0
#include "schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace fake_firecracker {
namespace {

using flintctl::data::Value;

constexpr std::string_view bad_json =
    "An error occurred when deserializing the json body of a request: ";

std::string_view name_of(Type type) {
  switch (type) {
    case Type::string:
      return "a string";
    case Type::integer:
      return "an unsigned integer";
    case Type::boolean:
      return "a boolean";
    case Type::object:
      return "a map";
    case Type::strings:
      return "a sequence";
  }
  return "";
}

bool fits(const Value& value, Type type) {
  switch (type) {
    case Type::string:
      return value.is_string();
    case Type::integer:
      return value.is_integer() && *value.as_integer() >= 0;
    case Type::boolean:
      return value.is_bool();
    case Type::object:
      return value.is_object();
    case Type::strings:
      return value.is_array() && std::all_of(value.elements().begin(), value.elements().end(),
                                             [](const Value& one) { return one.is_string(); });
  }
  return false;
}

std::optional<std::string> member_fault(const Endpoint& endpoint, const std::string& name,
                                        const Value& value) {
  const auto member = std::find_if(endpoint.members.begin(), endpoint.members.end(),
                                   [&](const Member& one) { return one.name == name; });
  if (member == endpoint.members.end()) return fmt::format("{}unknown field `{}`", bad_json, name);
  if (!fits(value, member->type)) {
    return fmt::format("{}invalid type for `{}`, expected {}", bad_json, name,
                       name_of(member->type));
  }
  if (member->choices.empty()) return std::nullopt;
  const auto& choices = member->choices;
  if (std::find(choices.begin(), choices.end(), *value.as_string()) != choices.end()) {
    return std::nullopt;
  }
  return fmt::format("{}unknown variant `{}`", bad_json, *value.as_string());
}

std::optional<std::string> id_fault(const Endpoint& endpoint, std::string_view path,
                                    const Value& body) {
  if (endpoint.id_member.empty()) return std::nullopt;
  const auto id = path.substr(endpoint.path.size());
  const bool good = std::all_of(id.begin(), id.end(),
                                [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
  if (!good) return "API Resource IDs can only contain alphanumeric characters and underscores.";
  if (body.string_or(endpoint.id_member) != id) {
    return "The id from the path does not match the id from the body!";
  }
  return std::nullopt;
}

}  // namespace

const std::vector<Endpoint>& endpoints() {
  using enum Type;
  static const std::vector<Endpoint> all = {
      {"PUT",
       "/boot-source",
       "",
       When::pre_boot,
       {{"kernel_image_path", string, true}, {"initrd_path", string}, {"boot_args", string}}},
      {"PUT",
       "/machine-config",
       "",
       When::pre_boot,
       {{"vcpu_count", integer, true},
        {"mem_size_mib", integer, true},
        {"smt", boolean},
        {"track_dirty_pages", boolean},
        {"cpu_template", string, false, {"C3", "T2", "T2S", "T2CL", "T2A", "None"}},
        {"huge_pages", string, false, {"None", "2M"}}}},
      {"PUT",
       "/drives/",
       "drive_id",
       When::pre_boot,
       {{"drive_id", string, true},
        {"is_root_device", boolean, true},
        {"path_on_host", string},
        {"is_read_only", boolean},
        {"partuuid", string},
        {"cache_type", string, false, {"Unsafe", "Writeback"}},
        {"io_engine", string, false, {"Sync", "Async"}},
        {"rate_limiter", object},
        {"socket", string}}},
      {"PUT",
       "/network-interfaces/",
       "iface_id",
       When::pre_boot,
       {{"iface_id", string, true},
        {"host_dev_name", string, true},
        {"guest_mac", string},
        {"mtu", integer},
        {"rx_rate_limiter", object},
        {"tx_rate_limiter", object}}},
      {"PUT",
       "/vsock",
       "",
       When::pre_boot,
       {{"guest_cid", integer, true}, {"uds_path", string, true}, {"vsock_id", string}}},
      {"PUT", "/entropy", "", When::pre_boot, {{"rate_limiter", object}}},
      {"PUT",
       "/serial",
       "",
       When::pre_boot,
       {{"serial_out_path", string}, {"rate_limiter", object}}},
      {"PUT",
       "/logger",
       "",
       When::pre_boot,
       {{"log_path", string},
        {"level", string, false, {"Off", "Error", "Warning", "Info", "Debug", "Trace"}},
        {"show_level", boolean},
        {"show_log_origin", boolean},
        {"module", string}}},
      {"PUT", "/metrics", "", When::pre_boot, {{"metrics_path", string, true}}},
      {"PUT",
       "/mmds/config",
       "",
       When::pre_boot,
       {{"network_interfaces", strings, true},
        {"version", string, false, {"V1", "V2"}},
        {"ipv4_address", string},
        {"imds_compat", boolean}}},
      {"PUT",
       "/actions",
       "",
       When::always,
       {{"action_type", string, true, {"InstanceStart", "SendCtrlAltDel", "FlushMetrics"}}}},
      {"PATCH", "/vm", "", When::post_boot, {{"state", string, true, {"Paused", "Resumed"}}}},
  };
  return all;
}

const Endpoint* find_endpoint(std::string_view method, std::string_view path) {
  for (const auto& endpoint : endpoints()) {
    if (endpoint.method != method) continue;
    const bool with_id = endpoint.path.ends_with('/');
    if (with_id ? path.starts_with(endpoint.path) && path.size() > endpoint.path.size()
                : path == endpoint.path) {
      return &endpoint;
    }
  }
  return nullptr;
}

std::optional<std::string> fault_of(const Endpoint& endpoint, std::string_view path,
                                    std::string_view body_text, Value& body) {
  auto parsed = flintctl::data::parse_json(body_text);
  if (!parsed) return fmt::format("{}{}", bad_json, parsed.error().message());
  if (!parsed->is_object()) return fmt::format("{}invalid type, expected struct", bad_json);
  body = *std::move(parsed);
  for (const auto& [name, value] : body.members()) {
    if (auto fault = member_fault(endpoint, name, value)) return fault;
  }
  for (const auto& member : endpoint.members) {
    if (member.required && body.find(member.name) == nullptr) {
      return fmt::format("{}missing field `{}`", bad_json, member.name);
    }
  }
  return id_fault(endpoint, path, body);
}

}  // namespace fake_firecracker
