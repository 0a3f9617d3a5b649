// SPDX-License-Identifier: Apache-2.0
#include "vm/spec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "vm/fields.hpp"
#include "vm/name.hpp"

namespace flintctl::vm {
namespace {

using data::Value;

void set_text(Value& object, const char* key, const std::string& text) {
  if (!text.empty()) object.set(key, text);
}

void set_true(Value& object, const char* key, bool value) {
  if (value) object.set(key, true);
}

void set_texts(Value& object, const char* key, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  auto array = Value::array();
  for (const auto& text : texts) array.push(text);
  object.set(key, std::move(array));
}

Value source_value(const FileSource& source) {
  auto object = Value::object();
  set_text(object, "image", source.image);
  set_text(object, "path", source.path);
  set_text(object, "file", source.file);
  return object;
}

Value volume_value(const Volume& volume) {
  auto object = Value::object({{"name", volume.name}});
  set_text(object, "image", volume.image);
  set_text(object, "hostPath", volume.host_path);
  set_text(object, "mountPath", volume.mount_path);
  if (volume.size != 0) object.set("size", size_text(volume.size));
  set_true(object, "readOnly", volume.read_only);
  return object;
}

Value interface_value(const Interface& interface) {
  auto object = Value::object({{"name", interface.name}});
  object.set("type", interface.type == InterfaceType::tap ? "tap" : "macvtap");
  set_text(object, "bridge", interface.bridge);
  set_text(object, "mac", interface.mac);
  set_text(object, "address", interface.address);
  set_text(object, "gateway", interface.gateway);
  set_texts(object, "nameservers", interface.nameservers);
  return object;
}

Value cloud_init_value(const CloudInit& cloud_init) {
  auto object = Value::object();
  set_text(object, "userDataSha256", cloud_init.user_data_sha256);
  if (!cloud_init.meta_data.empty()) {
    auto meta_data = Value::object();
    for (const auto& [key, value] : cloud_init.meta_data) meta_data.set(key, value);
    object.set("metaData", std::move(meta_data));
  }
  set_text(object, "networkConfig", cloud_init.network_config);
  return object;
}

Result<FileSource> read_source(const Fields& fields) {
  FileSource source;
  source.image = TRY(fields.text("image"));
  source.path = TRY(fields.text("path"));
  source.file = TRY(fields.text("file"));
  return source;
}

Result<RootVolume> read_root(const Value& value, UnknownKeys unknown) {
  const auto fields =
      TRY(Fields::of(value, "spec.rootVolume", {"image", "size", "readOnly"}, unknown));
  RootVolume root;
  root.image = TRY(fields.text("image"));
  root.size = TRY(fields.size("size", 0));
  root.read_only = TRY(fields.boolean("readOnly", false));
  return root;
}

Result<Volume> read_volume(const Value& value, UnknownKeys unknown) {
  const auto fields =
      TRY(Fields::of(value, "spec.volumes[]",
                     {"name", "image", "hostPath", "mountPath", "size", "readOnly"}, unknown));
  Volume volume;
  volume.name = TRY(fields.text("name"));
  volume.image = TRY(fields.text("image"));
  volume.host_path = TRY(fields.text("hostPath"));
  volume.mount_path = TRY(fields.text("mountPath"));
  volume.size = TRY(fields.size("size", 0));
  volume.read_only = TRY(fields.boolean("readOnly", false));
  return volume;
}

Result<InterfaceType> read_interface_type(const Fields& fields) {
  const auto type = TRY(fields.text("type", "tap"));
  if (type == "tap") return InterfaceType::tap;
  if (type == "macvtap") return InterfaceType::macvtap;
  return Error(Code::invalid_argument, fmt::format("interface type '{}' is not known", type))
      .with_hint("use tap or macvtap");
}

Result<Interface> read_interface(const Value& value, UnknownKeys unknown) {
  const auto fields = TRY(
      Fields::of(value, "spec.interfaces[]",
                 {"name", "type", "bridge", "mac", "address", "gateway", "nameservers"}, unknown));
  Interface interface;
  interface.name = TRY(fields.text("name", "eth0"));
  interface.type = TRY(read_interface_type(fields));
  interface.bridge = TRY(fields.text("bridge"));
  interface.mac = TRY(fields.text("mac"));
  interface.address = TRY(fields.text("address"));
  interface.gateway = TRY(fields.text("gateway"));
  interface.nameservers = TRY(fields.texts("nameservers"));
  return interface;
}

Result<CloudInit> read_cloud_init(const Value& value, UnknownKeys unknown) {
  const auto fields = TRY(Fields::of(value, "spec.cloudInit",
                                     {"userDataSha256", "metaData", "networkConfig"}, unknown));
  CloudInit cloud_init;
  cloud_init.user_data_sha256 = TRY(fields.text("userDataSha256"));
  cloud_init.meta_data = TRY(fields.labels("metaData"));
  cloud_init.network_config = TRY(fields.text("networkConfig"));
  return cloud_init;
}

Result<unsigned> read_vcpus(const Fields& fields) {
  const auto vcpus = TRY(fields.integer("vcpus", Spec().vcpus));
  if (vcpus < 0 || vcpus > 1024) {
    return Error(Code::invalid_argument, fmt::format("spec.vcpus {} is out of range", vcpus))
        .with_hint("use 1 to as many as the provider takes");
  }
  return static_cast<unsigned>(vcpus);
}

Result<> check_source(std::string_view what, const FileSource& source) {
  if (!source.image.empty() && !source.path.empty()) {
    return Error(Code::invalid_argument, fmt::format("{} names both an image and a path", what))
        .with_hint("name one of the two");
  }
  if (!source.path.empty() && source.path.front() != '/') {
    return Error(Code::invalid_argument,
                 fmt::format("{} path '{}' is not absolute", what, source.path))
        .with_hint("begin it with '/'");
  }
  if (source.image.empty() && !source.file.empty()) {
    return Error(Code::invalid_argument,
                 fmt::format("{} file '{}' needs an image to be in", what, source.file))
        .with_hint("name the image too, or give the path of a file on this host");
  }
  return {};
}

/// Six hexadecimal bytes; the lowest bit of the first marks a group address, which no NIC may have.
Result<> check_mac(const std::string& mac) {
  bool valid = mac.size() == 17;
  for (std::size_t i = 0; valid && i < mac.size(); ++i) {
    valid = i % 3 == 2 ? mac[i] == ':' : std::isxdigit(static_cast<unsigned char>(mac[i])) != 0;
  }
  if (!valid) {
    return Error(Code::invalid_argument, fmt::format("MAC '{}' is not valid", mac))
        .with_hint("write it like 02:12:34:56:78:9a, or leave it out: one is made");
  }
  if (std::stoi(mac.substr(0, 2), nullptr, 16) % 2 != 0) {
    return Error(Code::invalid_argument, fmt::format("MAC '{}' is a multicast address", mac))
        .with_hint("the first byte must be even, as in 02:…");
  }
  return {};
}

/// As the guest's kernel takes it, and without what has a meaning elsewhere. dev_valid_name().
Result<> check_interface_name(const std::string& name) {
  const auto fits = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
  };
  if (!name.empty() && name.size() <= 15 && std::isalnum(static_cast<unsigned char>(name[0])) &&
      std::all_of(name.begin(), name.end(), fits)) {
    return {};
  }
  return Error(Code::invalid_argument, fmt::format("'{}' is no interface's name", name))
      .with_hint("1 to 15 letters, digits, '.', '_' and '-', as in eth0");
}

Result<> check_interfaces(const std::vector<Interface>& interfaces) {
  std::set<std::string> names;
  std::set<std::string> macs;
  for (const auto& interface : interfaces) {
    TRY(check_interface_name(interface.name));
    if (!names.insert(interface.name).second) {
      return Error(Code::invalid_argument,
                   fmt::format("interface '{}' is named twice", interface.name))
          .with_hint("give each interface a name of its own");
    }
    if (interface.mac.empty()) continue;
    TRY(check_mac(interface.mac));
    if (!macs.insert(interface.mac).second) {
      return Error(Code::invalid_argument, fmt::format("MAC '{}' is used twice", interface.mac))
          .with_hint("give each interface its own, or leave them out: they are made");
    }
  }
  return {};
}

Result<> check_volumes(const std::vector<Volume>& volumes) {
  std::set<std::string> names{"root"};
  for (const auto& volume : volumes) {
    TRY(check_name("volume name", volume.name));
    if (!names.insert(volume.name).second) {
      return Error(Code::invalid_argument, fmt::format("volume '{}' is named twice", volume.name))
          .with_hint("give each volume a name of its own; 'root' is the root volume's");
    }
    if (!volume.image.empty() && !volume.host_path.empty()) {
      return Error(Code::invalid_argument,
                   fmt::format("volume '{}' has both an image and a hostPath", volume.name))
          .with_hint("name one of the two");
    }
  }
  return {};
}

}  // namespace

std::string size_text(std::uint64_t bytes) {
  if (bytes != 0 && bytes % gib == 0) return fmt::format("{}Gi", bytes / gib);
  if (bytes != 0 && bytes % mib == 0) return fmt::format("{}Mi", bytes / mib);
  if (bytes != 0 && bytes % kib == 0) return fmt::format("{}Ki", bytes / kib);
  return std::to_string(bytes);
}

std::string derived_mac(std::string_view uid, unsigned index) {
  // FNV-1a: any well-spread function of uid and index serves.
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : fmt::format("{}/{}", uid, index)) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  }
  return fmt::format("02:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", hash & 0xffU, hash >> 8U & 0xffU,
                     hash >> 16U & 0xffU, hash >> 24U & 0xffU, hash >> 32U & 0xffU);
}

Value to_value(const Spec& spec) {
  auto value = Value::object();
  set_text(value, "provider", spec.provider);
  value.set("vcpus", spec.vcpus);
  value.set("memory", size_text(spec.memory));
  auto kernel = source_value(spec.kernel);
  if (!spec.cmdline.empty()) kernel.set("cmdline", to_value(spec.cmdline));
  value.set("kernel", std::move(kernel));
  if (!spec.initrd.empty()) value.set("initrd", source_value(spec.initrd));
  auto root = Value::object();
  set_text(root, "image", spec.root.image);
  if (spec.root.size != 0) root.set("size", size_text(spec.root.size));
  set_true(root, "readOnly", spec.root.read_only);
  value.set("rootVolume", std::move(root));
  for (const auto& volume : spec.volumes) {
    if (value.find("volumes") == nullptr) value.set("volumes", Value::array());
    value.find("volumes")->push(volume_value(volume));
  }
  for (const auto& interface : spec.interfaces) {
    if (value.find("interfaces") == nullptr) value.set("interfaces", Value::array());
    value.find("interfaces")->push(interface_value(interface));
  }
  if (auto cloud_init = cloud_init_value(spec.cloud_init); !cloud_init.members().empty()) {
    value.set("cloudInit", std::move(cloud_init));
  }
  set_true(value, "vsock", spec.vsock);
  set_texts(value, "providerArgs", spec.provider_args);
  return value;
}

Result<Spec> spec_from_value(const Value& value, UnknownKeys unknown) {
  const auto fields =
      TRY(Fields::of(value, "spec",
                     {"provider", "vcpus", "memory", "kernel", "initrd", "rootVolume", "volumes",
                      "interfaces", "cloudInit", "vsock", "providerArgs"},
                     unknown));
  Spec spec;
  spec.provider = TRY(fields.text("provider"));
  spec.vcpus = TRY(read_vcpus(fields));
  spec.memory = TRY(fields.size("memory", spec.memory));
  const auto kernel = TRY(Fields::of(fields.at("kernel"), "spec.kernel",
                                     {"image", "path", "file", "cmdline"}, unknown));
  spec.kernel = TRY(read_source(kernel));
  spec.cmdline = TRY(cmdline_from_value(kernel.at("cmdline")));
  const auto initrd =
      TRY(Fields::of(fields.at("initrd"), "spec.initrd", {"image", "path", "file"}, unknown));
  spec.initrd = TRY(read_source(initrd));
  spec.root = TRY(read_root(fields.at("rootVolume"), unknown));
  for (const auto& element : TRY(fields.list("volumes"))) {
    spec.volumes.push_back(TRY(read_volume(element, unknown)));
  }
  for (const auto& element : TRY(fields.list("interfaces"))) {
    spec.interfaces.push_back(TRY(read_interface(element, unknown)));
  }
  spec.cloud_init = TRY(read_cloud_init(fields.at("cloudInit"), unknown));
  spec.vsock = TRY(fields.boolean("vsock", false));
  spec.provider_args = TRY(fields.texts("providerArgs"));
  return spec;
}

Result<> validate(const Spec& spec) {
  if (spec.vcpus == 0) {
    return Error(Code::invalid_argument, "a VM needs at least one vCPU")
        .with_hint("use for example --vcpus 1");
  }
  if (spec.memory < 16 * mib || spec.memory % mib != 0) {
    return Error(Code::invalid_argument,
                 fmt::format("memory {} is not a whole number of MiB from 16 up",
                             size_text(spec.memory)))
        .with_hint("use for example --memory 512Mi");
  }
  if (spec.root.image.empty()) {
    return Error(Code::invalid_argument, "no OS image is named").with_hint("add --image REF");
  }
  if (spec.kernel.empty()) {
    return Error(Code::invalid_argument, "no kernel is named")
        .with_hint(
            "add --kernel IMAGE or PATH, or set [defaults] kernel in the configuration file");
  }
  TRY(check_source("kernel", spec.kernel));
  TRY(check_source("initrd", spec.initrd));
  TRY(check_volumes(spec.volumes));
  return check_interfaces(spec.interfaces);
}

}  // namespace flintctl::vm
