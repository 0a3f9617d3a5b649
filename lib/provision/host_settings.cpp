// SPDX-License-Identifier: Apache-2.0
#include "provision/host_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "core/text.hpp"
#include "core/units.hpp"
#include "provision/containerd_process.hpp"
#include "provision/containerd_program.hpp"
#include "provision/host_places.hpp"
#include "sys/file.hpp"

namespace flintctl::provision {
namespace {

Error wrong_type(std::string_view where, std::string_view key, std::string_view wanted) {
  return Error(Code::invalid_argument, fmt::format("'{}.{}' must be {}", where, key, wanted));
}

/// What is written into other files, a line each, and shown.
bool is_plain(const std::string& text) { return printable(text, text.size()) == text; }

/// The same advice to who writes a file: `--no-nat` is nat = false, `--file PATH` is file = "PATH".
/// A whole command stays one.
std::string as_keys(std::string_view hint) {
  if (hint.find("flintctl ") != std::string_view::npos) return std::string(hint);
  constexpr auto of_flags = "abcdefghijklmnopqrstuvwxyz0123456789-";
  constexpr auto of_values = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::string keys;
  for (auto flag = hint.find("--"); flag != std::string_view::npos; flag = hint.find("--")) {
    keys += hint.substr(0, flag);
    hint.remove_prefix(flag + 2);
    std::string key(hint.substr(0, hint.find_first_not_of(of_flags)));
    hint.remove_prefix(key.size());
    if (key.starts_with("no-")) key = key.substr(3) + " = false";
    std::replace(key.begin(), key.end(), '-', '_');
    keys += key;
    if (!hint.starts_with(' ')) continue;
    const auto value = hint.substr(1, hint.find_first_not_of(of_values, 1) - 1);
    if (value.empty()) continue;
    keys += fmt::format(" = \"{}\"", value);
    hint.remove_prefix(1 + value.size());
  }
  return keys.append(hint);
}

/// What a check that serves flags as well says, to who wrote a table of the file.
Result<> from_table(Result<> checked, std::string_view table) {
  if (checked) return {};
  Error error = std::move(checked).error();
  const std::string hint = as_keys(error.hint());
  if (hint != error.hint()) error = std::move(error).with_hint(hint);
  return std::move(error).context(fmt::format("[{}]", table));
}

/// One table of the file; each getter leaves `value` alone when its key is absent.
class Section {
 public:
  Section(const data::Value& document, std::string name) : name_(std::move(name)) {
    const data::Value* found = document.find(name_);
    if (found != nullptr) value_ = *found;
  }
  /// A table of a table: its name is "outer.inner".
  Section(const Section& outer, const std::string& inner) : Section(outer.value_, inner) {
    name_ = fmt::format("{}.{}", outer.name_, inner);
  }

  [[nodiscard]] bool is_there() const { return !value_.is_null(); }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] bool has(std::string_view key) const { return value_.find(key) != nullptr; }
  [[nodiscard]] Result<std::vector<std::string>> keys() const {
    TRY(require_table());
    std::vector<std::string> keys;
    for (const auto& [key, value] : value_.members()) keys.push_back(key);
    return keys;
  }
  Result<> allow(const std::vector<std::string_view>& known) const {
    TRY(require_table());
    return data::refuse_unknown_keys(value_, known, fmt::format("[{}]", name_));
  }
  Result<> read(std::string_view key, std::string& value) const {
    const data::Value* found = value_.find(key);
    if (found == nullptr) return {};
    if (!found->is_string() || found->as_string()->empty()) {
      return wrong_type(name_, key, "a string that is not empty");
    }
    if (!is_plain(*found->as_string())) {
      return wrong_type(name_, key, "a string without control characters");
    }
    value = *found->as_string();
    return {};
  }
  /// A relative one would be another place for each run, and the wrong one for `reset` to remove.
  Result<> read_path(std::string_view key, std::string& path) const {
    if (value_.find(key) == nullptr) return {};
    TRY(read(key, path));
    return path.starts_with('/') ? Result<>() : wrong_type(name_, key, "an absolute path");
  }
  /// A name to look for in PATH, or the path itself.
  Result<> read_program(std::string_view key, std::string& program) const {
    if (value_.find(key) == nullptr) return {};
    TRY(read(key, program));
    if (program.find('/') == std::string::npos) return {};
    return read_path(key, program);
  }
  Result<> read(std::string_view key, bool& value) const {
    const data::Value* found = value_.find(key);
    if (found == nullptr) return {};
    if (!found->is_bool()) return wrong_type(name_, key, "true or false");
    value = *found->as_bool();
    return {};
  }
  Result<> read_size(std::string_view key, std::optional<std::uint64_t>& bytes) const {
    std::string text;
    if (value_.find(key) == nullptr) return {};
    TRY(read(key, text));
    bytes = TRY(parse_size(text).context(fmt::format("'{}.{}'", name_, key)));
    return {};
  }
  Result<> read_count(std::string_view key, std::optional<std::uint64_t>& count) const {
    const data::Value* found = value_.find(key);
    if (found == nullptr) return {};
    if (!found->is_integer() || *found->as_integer() < 0) {
      return wrong_type(name_, key, "a number that is not negative");
    }
    count = static_cast<std::uint64_t>(*found->as_integer());
    return {};
  }
  Result<> read(std::string_view key, int& number) const {
    const data::Value* found = value_.find(key);
    if (found == nullptr) return {};
    const auto whole = found->as_integer();
    if (!whole || *whole < 0 || *whole > 1000) return wrong_type(name_, key, "per cent");
    number = static_cast<int>(*whole);
    return {};
  }
  Result<> read_modules(std::string_view key, std::vector<std::string>& names) const {
    const data::Value* found = value_.find(key);
    if (found == nullptr) return {};
    if (!found->is_array()) return wrong_type(name_, key, "an array of kernel modules' names");
    names.clear();
    for (const data::Value& element : found->elements()) {
      constexpr auto allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
      const std::string* name = element.as_string();
      if (name == nullptr || name->empty() ||
          name->find_first_not_of(allowed) != std::string::npos || name->starts_with('-')) {
        return wrong_type(name_, key,
                          "kernel modules' names, of letters, digits, '_' and '-' each");
      }
      names.push_back(*name);
    }
    return {};
  }

 private:
  [[nodiscard]] Result<> require_table() const {
    if (value_.is_null() || value_.is_object()) return {};
    return Error(Code::invalid_argument, fmt::format("'{}' must be a table", name_));
  }

  data::Value value_;
  std::string name_;
};

/// A folder that the file gives; what is built in or was chosen elsewhere is not the file's.
Result<> check_folder(const Section& section, std::string_view key, const std::string& folder,
                      const HostSettings& settings) {
  if (!section.has(key)) return {};
  return check_data_folder(folder, settings.state_directory)
      .context(fmt::format("'{}.{}'", section.name(), key));
}

Result<> read_devpool(const Section& section, HostSettings& settings) {
  TRY(section.allow({"enabled", "name", "directory", "data_size", "metadata_size", "low_water_mark",
                     "allocate", "check_timer"}));
  thinpool::Spec& pool = settings.pool;
  TRY(section.read("enabled", settings.devpool));
  TRY(section.read("name", pool.name));
  TRY(section.read_path("directory", pool.directory));
  TRY(check_folder(section, "directory", pool.directory, settings));
  TRY(section.read_size("data_size", pool.data_bytes));
  TRY(section.read_size("metadata_size", pool.metadata_bytes));
  TRY(section.read_count("low_water_mark", pool.low_water_blocks));
  TRY(section.read("check_timer", settings.watch.timer));
  std::string allocate = "sparse";
  TRY(section.read("allocate", allocate));
  if (allocate != "sparse" && allocate != "full") {
    return wrong_type("devpool", "allocate", "\"sparse\" or \"full\"");
  }
  if (allocate == "full") pool.allocation = thinpool::Allocation::full;
  settings.private_containerd.settings.pool = pool.name;
  settings.system_containerd.pool = pool.name;
  return from_table(thinpool::check(pool), section.name());
}

Result<> read_origin(const Section& section, ProgramSource& source) {
  TRY(section.read("file", source.file));
  TRY(section.read("url", source.url));
  TRY(section.read("sha256", source.sha256));
  return section.read("version", source.version);
}

Result<> read_lvm(const data::Value& document, HostSettings& settings) {
  const Section section(document, "lvm");
  if (!section.is_there()) return {};
  TRY(section.allow({"enabled", "disk", "vg", "lv", "data_size", "metadata_size",
                     "autoextend_threshold", "autoextend_percent"}));
  LvmSpec& spec = settings.lvm_pool;
  settings.lvm = true;
  TRY(section.read("enabled", settings.lvm));
  TRY(section.read_path("disk", spec.disk));
  TRY(section.read("vg", spec.name.group));
  TRY(section.read("lv", spec.name.volume));
  TRY(section.read_size("data_size", spec.data_bytes));
  TRY(section.read_size("metadata_size", spec.metadata_bytes));
  TRY(section.read("autoextend_threshold", spec.autoextend_threshold));
  TRY(section.read("autoextend_percent", spec.autoextend_percent));
  TRY(from_table(validate(spec), "lvm"));
  if (!settings.lvm) return {};
  if (Section(document, "devpool").is_there() && settings.devpool) {
    return Error(Code::invalid_argument, "[devpool] and [lvm] both ask for the pool")
        .with_hint("keep one of the tables, or set enabled = false in the other");
  }
  settings.devpool = false;
  settings.private_containerd.settings.pool = spec.dm_name();
  settings.system_containerd.pool = spec.dm_name();
  return {};
}

/// The host's own containerd has a program, folders and a log already.
Result<> read_containerd_mode(const Section& section, HostSettings& settings) {
  std::string mode = "private";
  TRY(section.read("mode", mode));
  if (mode != "private" && mode != "system") {
    return wrong_type("containerd", "mode", "\"private\" or \"system\"");
  }
  if (mode == "private") return {};
  settings.containerd_mode = HostSettings::ContainerdMode::system;
  SystemContainerd& wanted = settings.system_containerd;
  TRY(section.read_path("config", wanted.config_path));
  TRY(section.read("base_image_size", wanted.base_image_size));
  TRY(parse_size(wanted.base_image_size).context("'containerd.base_image_size'"));
  return section.allow({"enabled", "mode", "config", "base_image_size"})
      .context("with mode = \"system\"");
}

Result<> read_containerd(const Section& section, HostSettings& settings) {
  TRY(section.allow({"enabled", "mode", "binary", "root", "config", "metrics_address",
                     "base_image_size", "log_file", "debug", "file", "url", "sha256", "version"}));
  ContainerdSettings& wanted = settings.private_containerd.settings;
  ContainerdStart& start = settings.private_containerd.start;
  bool debug = wanted.log_level == LogLevel::trace;
  TRY(section.read("enabled", settings.containerd));
  TRY(read_containerd_mode(section, settings));
  TRY(section.read_program("binary", start.binary));
  TRY(section.read_path("root", wanted.root));
  TRY(check_folder(section, "root", wanted.root, settings));
  TRY(section.read_path("config", start.config_path));
  TRY(section.read("metrics_address", wanted.metrics_address));
  TRY(section.read("base_image_size", wanted.base_image_size));
  TRY(section.read_path("log_file", start.log_file));
  if (section.has("log_file")) {
    TRY(check_log_file(start.log_file).context("'containerd.log_file'"));
  }
  TRY(section.read("debug", debug));
  wanted.log_level = debug ? LogLevel::trace : LogLevel::info;
  ProgramSource source;
  source.name = "containerd";
  TRY(read_origin(section, source));
  if (source.given()) {
    TRY(from_table(validate_containerd_source(source), "containerd"));
    settings.private_containerd.source = std::move(source);
  }
  return from_table(validate(wanted), section.name());
}

Result<> read_network(const Section& section, HostSettings& settings) {
  TRY(section.allow({"enabled", "bridge", "address", "nat", "uplink", "dhcp"}));
  NetworkSpec& spec = settings.network_spec;
  std::string address = spec.address.text();
  bool nat = spec.translation == NetworkSpec::Translation::nat;
  bool dhcp = spec.dhcp == NetworkSpec::Dhcp::dnsmasq;
  settings.network = settings.network || section.is_there();
  TRY(section.read("enabled", settings.network));
  TRY(section.read("bridge", spec.bridge));
  TRY(section.read("address", address));
  TRY(section.read("nat", nat));
  TRY(section.read("uplink", spec.uplink));
  TRY(section.read("dhcp", dhcp));
  spec.address = TRY(network::parse_cidr(address).context("'network.address'"));
  spec.translation = nat ? NetworkSpec::Translation::nat : NetworkSpec::Translation::none;
  spec.dhcp = dhcp ? NetworkSpec::Dhcp::dnsmasq : NetworkSpec::Dhcp::none;
  return from_table(validate(spec), section.name());
}

Result<> read_vmms(const data::Value& document, HostSettings& settings) {
  const Section table(document, "vmm");
  for (const std::string& name : TRY(table.keys())) {
    const Section section(table, name);
    TRY(section.allow({"file", "url", "sha256", "version"}));
    VmmSource source;
    source.name = name;
    TRY(read_origin(section, source));
    TRY(from_table(validate(source), section.name()));
    settings.vmms.push_back(std::move(source));
  }
  return {};
}

}  // namespace

HostSettings default_host_settings(const config::Config& config) {
  HostSettings settings;
  settings.state_directory = config.state_directory;
  settings.pool.name = config.pool;
  settings.pool.run_directory = config.run_directory;
  settings.lvm_pool.name = logical_name_of(config.pool);
  ContainerdSettings& wanted = settings.private_containerd.settings;
  wanted.pool = config.pool;
  settings.system_containerd.pool = config.pool;
  for (const auto& [name, provider] : config.providers) {
    if (!provider.binary.empty()) settings.hypervisors.push_back(provider.binary);
  }
  wanted.address = config.containerd_address_chosen ? config.containerd_address
                                                    : config::private_containerd_address;
  wanted.state = std::filesystem::path(wanted.address).parent_path().string();
  ContainerdStart& start = settings.private_containerd.start;
  start.config_path = private_containerd_config;
  start.log_file = default_containerd_log(wanted.address);
  start.snapshotter = config.snapshotter;
  return settings;
}

namespace {

Result<std::string> read_host_file(const std::string& path) {
  auto text = sys::read_file(path);
  if (text || !text.error().hint().empty()) return text;
  const bool forbidden = text.error().code() == Code::permission_denied;
  return std::move(text).error().with_hint(
      forbidden ? fmt::format("run the command with sudo, or let all read it: chmod 644 {}", path)
                : fmt::format("see what it is: ls -l {}", path));
}

}  // namespace

Result<HostSettings> read_host_settings(const std::string& path, HostSettings settings) {
  const auto read = [&]() -> Result<> {
    const std::string text = TRY(read_host_file(path));
    const data::Value document = TRY(data::parse_toml(text));
    TRY(data::refuse_unknown_keys(
        document, {"packages", "modules", "devpool", "lvm", "containerd", "network", "vmm"},
        "the top level"));
    const Section packages(document, "packages");
    TRY(packages.allow({"install"}));
    TRY(packages.read("install", settings.install_packages));
    const Section modules(document, "modules");
    TRY(modules.allow({"extra"}));
    TRY(modules.read_modules("extra", settings.extra_modules));
    TRY(read_devpool(Section(document, "devpool"), settings));
    TRY(read_lvm(document, settings));
    TRY(read_containerd(Section(document, "containerd"), settings));
    TRY(read_network(Section(document, "network"), settings));
    return read_vmms(document, settings);
  };
  TRY(read().context(fmt::format("reading {}", path)));
  return settings;
}

}  // namespace flintctl::provision
