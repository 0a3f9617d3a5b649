// SPDX-License-Identifier: Apache-2.0
#include "config/config.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <string_view>
#include <utility>

#include "data/value.hpp"
#include "sys/file.hpp"
#include "sys/place.hpp"

namespace flintctl::config {
namespace {

constexpr std::string_view known_providers[] = {"firecracker", "cloud-hypervisor", "qemu"};
constexpr std::size_t socket_path_limit = 107;  // sun_path less its NUL: unix(7)

std::string_view type_name(const data::Value& value) {
  if (value.is_string()) return "a string";
  if (value.is_bool()) return "a boolean";
  if (value.is_integer() || value.is_double()) return "a number";
  if (value.is_array()) return "an array";
  return value.is_object() ? "a table" : "nothing";
}

Error wrong_type(const std::string& key, std::string_view wanted, const data::Value& found) {
  return Error(Code::invalid_argument,
               fmt::format("'{}' must be {}, not {}", key, wanted, type_name(found)));
}

/// One table of the file with the path of its keys, so that an error can name the whole key.
class Table {
 public:
  Table(const data::Value& value, std::string path) : value_(value), path_(std::move(path)) {}

  [[nodiscard]] std::string key(std::string_view name) const {
    return path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name);
  }

  Result<std::string> string(std::string_view name, std::string fallback) const {
    const data::Value* member = value_.find(name);
    if (member == nullptr) return fallback;
    if (!member->is_string()) return wrong_type(key(name), "a string", *member);
    if (member->as_string()->empty()) {
      return Error(Code::invalid_argument, fmt::format("'{}' is empty", key(name)))
          .with_hint("remove the key to get its default");
    }
    return *member->as_string();
  }

  Result<std::vector<std::string>> strings(std::string_view name) const {
    std::vector<std::string> strings;
    const data::Value* member = value_.find(name);
    if (member == nullptr) return strings;
    if (!member->is_array()) return wrong_type(key(name), "an array of strings", *member);
    for (const data::Value& element : member->elements()) {
      if (!element.is_string()) {
        return wrong_type(fmt::format("{}[{}]", key(name), strings.size()), "a string", element);
      }
      strings.push_back(*element.as_string());
    }
    return strings;
  }

  /// The sub-table `name`, or an empty one when it is absent.
  Result<Table> table(std::string_view name) const {
    static const data::Value none = data::Value::object();
    const data::Value* member = value_.find(name);
    if (member == nullptr) return Table(none, key(name));
    if (!member->is_object()) return wrong_type(key(name), "a table", *member);
    return Table(*member, key(name));
  }

  Result<> allow(const std::vector<std::string_view>& known) const {
    const std::string where = path_.empty() ? "the top level" : fmt::format("[{}]", path_);
    return data::refuse_unknown_keys(value_, known, where);
  }

  [[nodiscard]] const data::Value& value() const { return value_; }

 private:
  const data::Value& value_;
  std::string path_;
};

Result<> read_defaults(const Table& file, Config& config) {
  const Table table = TRY(file.table("defaults"));
  TRY(table.allow({"kernel", "initrd", "provider"}));
  config.defaults.kernel = TRY(table.string("kernel", {}));
  config.defaults.initrd = TRY(table.string("initrd", {}));
  config.defaults.provider = TRY(table.string("provider", {}));
  const auto& provider = config.defaults.provider;
  if (!provider.empty() && std::find(std::begin(known_providers), std::end(known_providers),
                                     provider) == std::end(known_providers)) {
    return Error(Code::invalid_argument, fmt::format("'{}' is no hypervisor that is known: \"{}\"",
                                                     table.key("provider"), provider))
        .with_hint(fmt::format("known ones: {}", fmt::join(known_providers, ", ")));
  }
  return {};
}

Result<> read_providers(const Table& file, Config& config) {
  const Table table = TRY(file.table("providers"));
  TRY(table.allow({std::begin(known_providers), std::end(known_providers)}));
  for (const auto& [name, unused] : table.value().members()) {
    const Table provider = TRY(table.table(name));
    TRY(provider.allow({"binary", "accel", "extra_args"}));
    Provider& target = config.providers[name];
    target.binary = TRY(provider.string("binary", {}));
    if (target.binary.find('/') != std::string::npos && !target.binary.starts_with('/')) {
      return Error(Code::invalid_argument, fmt::format("'{}' is a relative path: \"{}\"",
                                                       provider.key("binary"), target.binary))
          .with_hint("write an absolute path, or a name that is looked for in PATH");
    }
    target.accel = TRY(provider.string("accel", {}));
    target.extra_args = TRY(provider.strings("extra_args"));
    if (!target.accel.empty() && target.accel != "kvm" && target.accel != "tcg") {
      return Error(Code::invalid_argument,
                   fmt::format("'{}' must be \"kvm\" or \"tcg\", not \"{}\"", provider.key("accel"),
                               target.accel));
    }
  }
  return {};
}

Result<> read_file_into(const data::Value& document, Config& config) {
  const Table file(document, "");
  TRY(file.allow({"containerd_address", "containerd_namespace", "snapshotter", "pool",
                  "state_directory", "run_directory", "defaults", "providers"}));
  config.containerd_address = TRY(file.string("containerd_address", {}));
  config.containerd_namespace =
      TRY(file.string("containerd_namespace", config.containerd_namespace));
  config.snapshotter = TRY(file.string("snapshotter", config.snapshotter));
  const std::string pool = TRY(file.string("pool", {}));
  config.pool_chosen = !pool.empty();
  if (config.pool_chosen) config.pool = pool;
  config.state_directory = TRY(file.string("state_directory", config.state_directory));
  config.run_directory = TRY(file.string("run_directory", config.run_directory));
  TRY(read_defaults(file, config));
  return read_providers(file, config);
}

struct File {
  std::string path;
  bool must_exist = false;
};

File chosen_file(const Overrides& overrides, const Surroundings& surroundings) {
  if (overrides.file) return {*overrides.file, true};
  if (const auto named = surroundings.environment("FLINTCTL_CONFIG")) return {*named, true};
  return {surroundings.file, false};
}

Result<> read(const File& file, const Surroundings& surroundings, Config& config) {
  if (!surroundings.exists(file.path)) {
    if (!file.must_exist) return {};
    return Error(Code::not_found, fmt::format("configuration file {} does not exist", file.path))
        .with_hint(fmt::format("leave out --config and FLINTCTL_CONFIG to use {}", default_file));
  }
  const std::string what = fmt::format("configuration file {}", file.path);
  const auto found = sys::read_file(file.path);
  if (!found && found.error().code() == Code::not_found) {
    return Error(Code::invalid_argument, fmt::format("{} is a link to what does not exist", what))
        .with_hint("mend the link, or name another file with --config or FLINTCTL_CONFIG");
  }
  const std::string text = TRY(Result<std::string>(found).context(what));
  const data::Value document = TRY(data::parse_toml(text).context(what));
  return read_file_into(document, config).context(what);
}

void prefer(const std::optional<std::string>& flag, const std::string& variable,
            const Surroundings& surroundings, std::string& setting) {
  if (flag) {
    setting = *flag;
  } else if (const auto value = surroundings.environment(variable)) {
    setting = *value;
  }
}

std::string found_address(const Surroundings& surroundings) {
  const bool only_system = !surroundings.exists(private_containerd_address) &&
                           surroundings.exists(system_containerd_address);
  return only_system ? system_containerd_address : private_containerd_address;
}

Result<> check_address(std::string& address) {
  constexpr std::string_view scheme = "unix://";
  if (address.starts_with(scheme)) address.erase(0, scheme.size());
  if (!address.starts_with('/')) {
    return Error(Code::invalid_argument,
                 fmt::format("containerd address '{}' is not an absolute path", address))
        .with_hint(fmt::format("name the socket, as in {}", private_containerd_address));
  }
  if (address.size() > socket_path_limit) {
    return Error(Code::invalid_argument,
                 fmt::format("containerd address '{}' has {} bytes; a socket's path has at most {}",
                             address, address.size(), socket_path_limit));
  }
  return {};
}

Result<> check_directory(std::string_view key, const std::string& path) {
  if (!path.starts_with('/')) {
    return Error(Code::invalid_argument, fmt::format("'{}' must be an absolute path", key))
        .with_hint(fmt::format("write it like {} = \"/srv/flintctl\"", key));
  }
  return sys::refuse_shared_folder(fmt::format("'{}'", key), path);
}

}  // namespace

Surroundings this_host() {
  Surroundings surroundings;
  surroundings.environment = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return std::string(value);
  };
  surroundings.exists = [](const std::string& path) { return sys::exists(path); };
  return surroundings;
}

Result<Config> load(const Overrides& overrides, const Surroundings& surroundings) {
  Config config;
  TRY(read(chosen_file(overrides, surroundings), surroundings, config));
  prefer(overrides.containerd_address, "FLINTCTL_CONTAINERD_ADDRESS", surroundings,
         config.containerd_address);
  prefer(overrides.containerd_namespace, "FLINTCTL_CONTAINERD_NAMESPACE", surroundings,
         config.containerd_namespace);
  std::string pool;
  prefer(overrides.pool, "FLINTCTL_POOL", surroundings, pool);
  if (!pool.empty()) {
    config.pool = pool;
    config.pool_chosen = true;
  }
  prefer({}, "FLINTCTL_SNAPSHOTTER", surroundings, config.snapshotter);
  prefer({}, "FLINTCTL_STATE_DIRECTORY", surroundings, config.state_directory);
  prefer({}, "FLINTCTL_RUN_DIRECTORY", surroundings, config.run_directory);
  config.containerd_address_chosen = !config.containerd_address.empty();
  if (!config.containerd_address_chosen) config.containerd_address = found_address(surroundings);
  TRY(check_address(config.containerd_address));
  TRY(check_directory("state_directory", config.state_directory));
  TRY(check_directory("run_directory", config.run_directory));
  return config;
}

}  // namespace flintctl::config
