// SPDX-License-Identifier: Apache-2.0
#include "vm/record.hpp"

#include <fmt/format.h>

#include <ctime>

#include "vm/fields.hpp"

namespace flintctl::vm {
namespace {

using data::Value;

constexpr auto record_kind = "MicroVMRecord";

Value labels_value(const Labels& labels) {
  auto value = Value::object();
  for (const auto& [key, text] : labels) value.set(key, text);
  return value;
}

Value volume_value(const VolumeRecord& volume) {
  return Value::object({{"name", volume.name},
                        {"snapshotter", volume.snapshotter},
                        {"key", volume.key},
                        {"imageDigest", volume.image_digest},
                        {"sizeBytes", volume.size},
                        {"readOnly", volume.read_only}});
}

Value interface_value(const InterfaceRecord& interface) {
  return Value::object({{"name", interface.name},
                        {"hostDevice", interface.host_device},
                        {"mac", interface.mac},
                        {"bridge", interface.bridge}});
}

Value boot_file_value(const BootFile& file) {
  return Value::object({{"digest", file.digest}, {"path", file.path}});
}

Result<VolumeRecord> read_volume(const Value& value) {
  const auto fields = TRY(Fields::of(value, "volumes[]", {}, UnknownKeys::ignore));
  VolumeRecord volume;
  volume.name = TRY(fields.text("name"));
  volume.snapshotter = TRY(fields.text("snapshotter"));
  volume.key = TRY(fields.text("key"));
  volume.image_digest = TRY(fields.text("imageDigest"));
  volume.size = TRY(fields.size("sizeBytes", 0));
  volume.read_only = TRY(fields.boolean("readOnly", false));
  return volume;
}

Result<InterfaceRecord> read_interface(const Value& value) {
  const auto fields = TRY(Fields::of(value, "interfaces[]", {}, UnknownKeys::ignore));
  InterfaceRecord interface;
  interface.name = TRY(fields.text("name"));
  interface.host_device = TRY(fields.text("hostDevice"));
  interface.mac = TRY(fields.text("mac"));
  interface.bridge = TRY(fields.text("bridge"));
  return interface;
}

Result<BootFile> read_boot_file(const Value& value, const char* where) {
  const auto fields = TRY(Fields::of(value, where, {}, UnknownKeys::ignore));
  BootFile file;
  file.digest = TRY(fields.text("digest"));
  file.path = TRY(fields.text("path"));
  return file;
}

Result<AgentChannel> read_agent(const Value& value) {
  const auto fields = TRY(Fields::of(value, "agent", {}, UnknownKeys::ignore));
  AgentChannel agent;
  agent.transport = TRY(fields.text("transport"));
  agent.cid = static_cast<std::uint32_t>(TRY(fields.integer("cid")));
  agent.port = static_cast<std::uint32_t>(TRY(fields.integer("port")));
  return agent;
}

Result<> read_identity(const Fields& fields, Record& record) {
  record.version = TRY(fields.size("version", 0));
  record.uid = TRY(fields.text("uid"));
  record.name = TRY(fields.text("name"));
  record.name_space = TRY(fields.text("namespace", "default"));
  record.labels = TRY(fields.labels("labels"));
  record.annotations = TRY(fields.labels("annotations"));
  record.created_at = TRY(parse_time(TRY(fields.text("createdAt"))));
  return {};
}

Result<Record> read_record(const Fields& fields) {
  Record record;
  TRY(read_identity(fields, record));
  record.spec = TRY(spec_from_value(fields.at("spec"), UnknownKeys::ignore));
  record.image_digest = TRY(fields.text("imageDigest"));
  record.kernel = TRY(read_boot_file(fields.at("kernel"), "kernel"));
  record.initrd = TRY(read_boot_file(fields.at("initrd"), "initrd"));
  for (const auto& element : TRY(fields.list("volumes"))) {
    record.volumes.push_back(TRY(read_volume(element)));
  }
  for (const auto& element : TRY(fields.list("interfaces"))) {
    record.interfaces.push_back(TRY(read_interface(element)));
  }
  record.addresses = TRY(fields.texts("addresses"));
  record.runtime_uid = static_cast<std::uint32_t>(TRY(fields.integer("runtimeUid")));
  record.agent = TRY(read_agent(fields.at("agent")));
  return record;
}

}  // namespace

std::string format_time(Time time) {
  const auto seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

Result<Time> parse_time(std::string_view text) {
  std::tm parts{};
  const std::string copy(text);
  const char* end = strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  if (end == nullptr || *end != '\0') {
    return Error(Code::invalid_argument, fmt::format("'{}' is not a time", text));
  }
  return std::chrono::system_clock::from_time_t(timegm(&parts));
}

Value to_value(const Record& record) {
  auto value = Value::object({{"kind", record_kind},
                              {"schemaVersion", Record::schema_version},
                              {"version", record.version},
                              {"uid", record.uid},
                              {"name", record.name},
                              {"namespace", record.name_space},
                              {"labels", labels_value(record.labels)},
                              {"annotations", labels_value(record.annotations)},
                              {"createdAt", format_time(record.created_at)},
                              {"spec", to_value(record.spec)},
                              {"imageDigest", record.image_digest},
                              {"kernel", boot_file_value(record.kernel)},
                              {"initrd", boot_file_value(record.initrd)}});
  auto volumes = Value::array();
  for (const auto& volume : record.volumes) volumes.push(volume_value(volume));
  auto interfaces = Value::array();
  for (const auto& interface : record.interfaces) interfaces.push(interface_value(interface));
  auto addresses = Value::array();
  for (const auto& address : record.addresses) addresses.push(address);
  value.set("volumes", std::move(volumes));
  value.set("interfaces", std::move(interfaces));
  value.set("addresses", std::move(addresses));
  value.set("runtimeUid", record.runtime_uid);
  value.set("agent", Value::object({{"transport", record.agent.transport},
                                    {"cid", record.agent.cid},
                                    {"port", record.agent.port}}));
  return value;
}

Result<Record> record_from_value(const Value& value) {
  if (value.string_or("kind") != record_kind) {
    return Error(Code::data_loss, "the blob is not a VM record");
  }
  const auto schema = value.integer_or("schemaVersion");
  if (schema > Record::schema_version) {
    return Error(Code::unimplemented,
                 fmt::format("the record has schema version {}, this flintctl reads up to {}",
                             schema, Record::schema_version))
        .with_hint("use the newer flintctl that wrote it");
  }
  const auto fields = TRY(Fields::of(value, "record", {}, UnknownKeys::ignore));
  auto record = read_record(fields);
  if (!record) return std::move(record).error().with_code(Code::data_loss);
  return record;
}

}  // namespace flintctl::vm
