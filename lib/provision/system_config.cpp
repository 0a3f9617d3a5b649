// SPDX-License-Identifier: Apache-2.0
#include "provision/system_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "provision/containerd_log.hpp"
#include "sys/file.hpp"
#include "sys/process.hpp"
#include "sys/sha256.hpp"

namespace flintctl::provision {
namespace {

constexpr auto dump_timeout = std::chrono::seconds(20);
constexpr std::string_view begin_mark =
    "# BEGIN flintctl: made by 'flintctl provision', taken back by 'flintctl provision reset'\n";
constexpr std::string_view end_mark = "# END flintctl\n";

const data::Value& member(const data::Value& value, std::string_view key) {
  static const data::Value nothing;
  const data::Value* found = value.find(key);
  return found != nullptr ? *found : nothing;
}

std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

/// DIR of "DIR/*.toml".
std::optional<std::string> folder_of_every_file(std::string_view pattern) {
  constexpr std::string_view every_file = "/*.toml";
  if (!pattern.starts_with('/') || !pattern.ends_with(every_file)) return std::nullopt;
  std::string folder(pattern.substr(0, pattern.size() - every_file.size()));
  if (folder.empty() || folder.find_first_of("*?[\\") != std::string::npos) return std::nullopt;
  return folder;
}

/// Adds what identifies the files of an import to the key; false where that is not known: for the
/// patterns that are not read here, and for files that import more.
bool add_imported(const std::string& pattern, std::string& key) {
  std::vector<std::string> files;
  if (pattern.find_first_of("*?[\\") == std::string::npos) {
    files.push_back(pattern);
  } else if (const auto folder = folder_of_every_file(pattern)) {
    for (const std::string& name : sys::list_directory(*folder).value_or({})) {
      if (name.ends_with(".toml")) files.push_back(fmt::format("{}/{}", *folder, name));
    }
  }
  if (files.empty() && !folder_of_every_file(pattern)) return false;
  for (const std::string& file : files) {
    if (!file.starts_with('/')) return false;
    const auto text = sys::read_file(file);
    if (!text && text.error().code() != Code::not_found) return false;
    if (text && text->find("imports") != std::string::npos) return false;
    key += fmt::format("{} {}\n", file, text ? sys::sha256_hex(*text) : "-");
  }
  return true;
}

/// What the answer depends on; empty where that is not known.
std::string dump_key(const std::string& binary, const std::string& path) {
  const std::string program = sys::program_identity(binary);
  const auto text = sys::read_file(path);
  if (program.empty() || !text) return {};
  const auto document = data::parse_toml(*text);
  if (!document) return {};
  std::string key =
      fmt::format("containerd config dump\n{}\n{} {}\n", program, path, sys::sha256_hex(*text));
  for (const data::Value& pattern : member(*document, "imports").elements()) {
    const std::string* import = pattern.as_string();
    if (import == nullptr || !add_imported(*import, key)) return {};
  }
  return key;
}

/// Of a dump what our table has to do with: the rest may hold registries' passwords.
data::Value without_others(const data::Value& dump) {
  data::Value part = data::Value::object();
  for (const std::string key : {"root", "disabled_plugins"}) {
    if (const data::Value* value = dump.find(key)) part.set(key, *value);
  }
  part.set("grpc", data::Value::object({{"address", member(dump, "grpc").string_or("address")}}));
  const data::Value* table = member(dump, "plugins").find(devmapper_plugin);
  if (table != nullptr) {
    part.set("plugins", data::Value::object({{std::string(devmapper_plugin), *table}}));
  }
  return part;
}

/// Without what our table and the way to it may change.
data::Value without_ours(const data::Value& dump) {
  data::Value rest = data::Value::object();
  for (const auto& [key, value] : dump.members()) {
    if (key == "imports") continue;
    if (key != "plugins") {
      rest.set(key, value);
      continue;
    }
    data::Value plugins = data::Value::object();
    for (const auto& [plugin, settings] : value.members()) {
      if (plugin != devmapper_plugin) plugins.set(plugin, settings);
    }
    rest.set(key, std::move(plugins));
  }
  return rest;
}

/// Equal whatever the order of keys.
bool equal(const data::Value& left, const data::Value& right) {
  if (!left.is_object() || !right.is_object()) return left == right;
  if (left.members().size() != right.members().size()) return false;
  return std::all_of(left.members().begin(), left.members().end(), [&](const auto& entry) {
    const data::Value* other = right.find(entry.first);
    return other != nullptr && equal(entry.second, *other);
  });
}

std::string plugin_header(const data::Value& document) {
  const bool is_first_version = !document.members().empty() && document.integer_or("version") < 2;
  return is_first_version ? std::string("[plugins.devmapper]")
                          : fmt::format("[plugins.\"{}\"]", devmapper_plugin);
}

}  // namespace

Result<data::Value> dump_containerd_config(const std::string& binary, const std::string& path) {
  const auto output = TRY(sys::run({binary, "--config", path, "config", "dump"}, {}, dump_timeout));
  if (!output.status.ok()) {
    return Error(Code::invalid_argument, fmt::format("{} does not accept {}: {}", binary, path,
                                                     log_line_text(last_line(output.err))));
  }
  return data::parse_toml(output.out)
      .context(fmt::format("reading what {} makes of {}", binary, path));
}

Result<data::Value> consult_containerd_config(const std::string& binary, const std::string& path,
                                              const sys::FactCache& facts) {
  const std::string key = dump_key(binary, path);
  if (const auto known = facts.find(key)) {
    auto parsed = data::parse_toml(*known);
    if (parsed) return parsed;
  }
  data::Value part = without_others(TRY(dump_containerd_config(binary, path)));
  // While a file changes the answer may be to either.
  if (key == dump_key(binary, path)) facts.keep(key, data::to_toml(part));
  return part;
}

data::Value dumped_devmapper(const data::Value& dump) {
  return member(member(dump, "plugins"), devmapper_plugin);
}

bool same_for_others(const data::Value& before, const data::Value& after) {
  return equal(without_ours(before), without_ours(after));
}

bool has_table(const data::Value& dump, const ContainerdSettings& settings) {
  const data::Value found = dumped_devmapper(dump);
  const data::Value wanted = devmapper_table(settings);
  return std::all_of(wanted.members().begin(), wanted.members().end(), [&](const auto& entry) {
    const data::Value* value = found.find(entry.first);
    return value != nullptr && *value == entry.second;
  });
}

std::optional<std::string> drop_in_folder(const data::Value& document) {
  for (const data::Value& pattern : member(document, "imports").elements()) {
    const std::string* text = pattern.as_string();
    if (text == nullptr) continue;
    if (auto folder = folder_of_every_file(*text)) return folder;
  }
  return std::nullopt;
}

std::string drop_in_text(const data::Value& document, const ContainerdSettings& settings) {
  std::string text = "# Made by 'flintctl provision'.\n";
  const auto version = document.integer_or("version");
  if (version > 0) text += fmt::format("version = {}\n", version);
  return text + "\n" + devmapper_toml(settings, plugin_header(document));
}

std::string table_block(const data::Value& document, const ContainerdSettings& settings) {
  std::string block(begin_mark);
  if (document.members().empty()) block += "version = 2\n";
  return block + devmapper_toml(settings, plugin_header(document)) + std::string(end_mark);
}

Result<> refuse_no_room(const std::string& path, const data::Value& document,
                        const std::string& whole) {
  if (data::parse_toml(whole)) return {};
  const data::Value& plugins = member(document, "plugins");
  const bool has_own =
      plugins.find(devmapper_plugin) != nullptr || plugins.find("devmapper") != nullptr;
  if (has_own) {
    return Error(
               Code::already_exists,
               fmt::format("{} has a table of the devmapper snapshotter that names no pool", path))
        .with_hint("take that table out; or, if it is needed, name the pool in it: pool_name");
  }
  return Error(Code::already_exists,
               fmt::format("{} has its plugins in braces, where no table can be added", path))
      .with_hint("write them as tables, [plugins.\"NAME\"], or leave an empty one out");
}

bool configured_for_pool(const std::string& path, const std::string& pool) {
  const auto document_of = [](const std::string& file) {
    const auto text = sys::read_file(file);
    return text ? data::parse_toml(*text).value_or({}) : data::Value();
  };
  const auto names_pool = [&](const data::Value& document) {
    const data::Value& plugins = member(document, "plugins");
    return member(plugins, devmapper_plugin).string_or("pool_name") == pool ||
           member(plugins, "devmapper").string_or("pool_name") == pool;
  };
  const data::Value document = document_of(path);
  if (names_pool(document)) return true;
  const auto folder = drop_in_folder(document);
  if (!folder) return false;
  const auto names = sys::list_directory(*folder).value_or({});
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return name.ends_with(".toml") && names_pool(document_of(fmt::format("{}/{}", *folder, name)));
  });
}

std::string with_block(std::string_view text, std::string_view block) {
  std::string whole(text);
  if (!whole.empty() && whole.back() != '\n') whole += '\n';
  return whole + std::string(block);
}

bool has_mark(std::string_view text) {
  return text.find("# BEGIN flintctl") != std::string_view::npos ||
         text.find("# END flintctl") != std::string_view::npos;
}

std::optional<std::string> without_block(std::string_view text) {
  const std::size_t begin = text.find(begin_mark);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::size_t end = text.find(end_mark, begin);
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(text.substr(0, begin)) + std::string(text.substr(end + end_mark.size()));
}

}  // namespace flintctl::provision
