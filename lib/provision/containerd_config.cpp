// SPDX-License-Identifier: Apache-2.0
#include "provision/containerd_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <utility>

#include "devmapper/driver.hpp"

namespace flintctl::provision {
namespace {

constexpr const char* prezeroed_options = "nodiscard,assume_storage_prezeroed=1";

/// One key of the file. `reason` is a comment above it; an entry without a key is a comment alone.
struct Entry {
  std::string table;  ///< "", "grpc", or a plugin's name
  std::string key;
  data::Value value;
  std::string reason;
};

data::Value disabled_plugins(const ProgramVersion& version) {
  data::Value names = data::Value::array();
  names.push("io.containerd.grpc.v1.cri");
  // containerd 2 split CRI in parts, and does not translate this list.
  if (version.at_least(2, 0)) {
    names.push("io.containerd.cri.v1.images");
    names.push("io.containerd.cri.v1.runtime");
    names.push("io.containerd.podsandbox.controller.v1.podsandbox");
  }
  names.push("io.containerd.nri.v1.nri");
  return names;
}

Entry filesystem_options(const ContainerdSettings& settings) {
  const std::string plugin(devmapper_plugin);
  if (settings.zeroing == Zeroing::skips) {
    return {plugin,
            "",
            {},
            fmt::format("No fs_options: the pool {} has skip_block_zeroing, so mkfs must write its "
                        "inode tables.",
                        settings.pool)};
  }
  if (settings.zeroing == Zeroing::unknown) {
    return {plugin,
            "",
            {},
            fmt::format("No fs_options: whether the pool {} zeroes new blocks could not be read.",
                        settings.pool)};
  }
  if (!settings.mke2fs_can_skip_zeros) {
    return {plugin, "", {}, "No fs_options: mke2fs is older than 1.47."};
  }
  return {plugin, "fs_options", prezeroed_options,
          fmt::format("The pool {} zeroes new blocks, so mkfs need not: 6 MiB instead of 229 MiB "
                      "written for each base image.",
                      settings.pool)};
}

std::vector<Entry> devmapper_entries(const ContainerdSettings& settings) {
  const std::string plugin(devmapper_plugin);
  return {
      {plugin, "pool_name", settings.pool, ""},
      {plugin, "root_path", settings.snapshotter_directory(), ""},
      {plugin, "base_image_size", settings.base_image_size, ""},
      {plugin, "discard_blocks", true,
       "Gives the space of a removed snapshot back to the file behind a loop device."},
      {plugin, "async_remove", true,
       "Removal waits for the garbage collector's clean-up, so that it does not hold the "
       "snapshotter's lock."},
      filesystem_options(settings),
  };
}

std::vector<Entry> entries(const ContainerdSettings& settings) {
  std::vector<Entry> all = {
      {"", "version", settings.config_format(),
       settings.config_format() == 2 ? "Read by containerd 1.6, 1.7 and 2 alike."
                                     : "Read by containerd 2 and later."},
      {"", "root", settings.root, ""},
      {"", "state", settings.state, ""},
      {"", "disabled_plugins", disabled_plugins(settings.version),
       "CRI serves Kubernetes and NRI its plugins: nobody here asks for them, and their sockets "
       "and network\nset-up would meet those of the host's own containerd."},
      {"grpc", "address", settings.address, ""},
      {"metrics", "address", settings.metrics_address, ""},
      {"debug", "level", settings.log_level == LogLevel::trace ? "trace" : "info", ""},
  };
  const auto devmapper = devmapper_entries(settings);
  all.insert(all.end(), devmapper.begin(), devmapper.end());
  return all;
}

std::string header_of(const std::string& table) {
  if (table.find('.') == std::string::npos) return fmt::format("[{}]", table);
  return fmt::format("[plugins.\"{}\"]", table);
}

std::string comment(const std::string& reason) {
  std::istringstream lines(reason);
  std::string text;
  for (std::string line; std::getline(lines, line);) text += fmt::format("# {}\n", line);
  return text;
}

bool needs_escapes(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char letter) {
    return letter == '"' || letter == '\\' || letter < ' ' || letter == '\x7f';
  });
}

/// A value as TOML, the right-hand side of an assignment. Strings stand in double quotes, as in
/// every containerd configuration; what needs escapes is left to toml++.
std::string value_text(const data::Value& value) {
  if (value.is_object()) return "a table";
  if (const std::string* text = value.as_string(); text != nullptr && !needs_escapes(*text)) {
    return fmt::format("\"{}\"", *text);
  }
  if (value.is_array()) {
    std::vector<std::string> elements;
    for (const data::Value& element : value.elements()) elements.push_back(value_text(element));
    return fmt::format("[{}]", fmt::join(elements, ", "));
  }
  std::string text = data::to_toml(data::Value::object({{"x", value}}));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(std::string_view("x = ").size());
}

std::string lines_of(const Entry& entry) {
  std::string text = comment(entry.reason);
  if (!entry.key.empty()) text += fmt::format("{} = {}\n", entry.key, value_text(entry.value));
  return text;
}

std::string quoted(const std::string& key) {
  return key.find('.') == std::string::npos ? key : fmt::format("\"{}\"", key);
}

using Flat = std::vector<std::pair<std::string, data::Value>>;

void flatten(const data::Value& value, const std::string& path, Flat& flat) {
  for (const auto& [key, member] : value.members()) {
    const std::string whole = path.empty() ? quoted(key) : fmt::format("{}.{}", path, quoted(key));
    if (member.is_object()) {
      flatten(member, whole, flat);
    } else {
      flat.emplace_back(whole, member);
    }
  }
}

const data::Value* find(const Flat& flat, const std::string& key) {
  const auto found =
      std::find_if(flat.begin(), flat.end(), [&](const auto& entry) { return entry.first == key; });
  return found == flat.end() ? nullptr : &found->second;
}

/// Equal in meaning: the plugins that are disabled are a set.
bool same(const std::string& key, const data::Value& left, const data::Value& right) {
  if (key != "disabled_plugins") return left == right;
  const auto sorted = [](const data::Value& value) {
    std::vector<std::string> names;
    for (const data::Value& element : value.elements()) names.push_back(value_text(element));
    std::sort(names.begin(), names.end());
    return names;
  };
  return left.is_array() && right.is_array() && sorted(left) == sorted(right);
}

}  // namespace

Zeroing pool_zeroing(std::string_view table_parameters) {
  std::istringstream words{std::string(table_parameters)};
  std::string word;
  // metadata device, data device, block size, low water mark
  for (int position = 0; position < 4; ++position) {
    if (!(words >> word)) return Zeroing::unknown;
  }
  int features = 0;
  if (!(words >> features)) return Zeroing::zeroes;
  for (; features > 0 && words >> word; --features) {
    if (word == "skip_block_zeroing") return Zeroing::skips;
  }
  return Zeroing::zeroes;
}

Zeroing read_pool_zeroing(devmapper::Driver& driver, const std::string& pool) {
  const auto table = driver.table(pool);
  if (!table || table->size() != 1 || table->front().type != "thin-pool") return Zeroing::unknown;
  return pool_zeroing(table->front().params);
}

data::Value containerd_document(const ContainerdSettings& settings) {
  data::Value document = data::Value::object();
  for (const Entry& entry : entries(settings)) {
    if (entry.key.empty()) continue;
    data::Value* table = &document;
    const bool is_plugin = entry.table.find('.') != std::string::npos;
    for (const std::string& step : {std::string(is_plugin ? "plugins" : ""), entry.table}) {
      if (step.empty()) continue;
      if (table->find(step) == nullptr) table->set(step, data::Value::object());
      table = table->find(step);
    }
    table->set(entry.key, entry.value);
  }
  return document;
}

std::string containerd_toml(const ContainerdSettings& settings) {
  std::string text = comment(fmt::format(
      "flintctl's private containerd ({}), apart from the host's own.\n"
      "Written by `flintctl containerd config`; `flintctl containerd config --check` compares.",
      settings.version.text));
  std::string table;
  for (const Entry& entry : entries(settings)) {
    if (entry.table != table) text += fmt::format("\n{}\n", header_of(entry.table));
    table = entry.table;
    text += lines_of(entry);
  }
  return text;
}

data::Value devmapper_table(const ContainerdSettings& settings) {
  data::Value table = data::Value::object();
  for (const Entry& entry : devmapper_entries(settings)) {
    if (!entry.key.empty()) table.set(entry.key, entry.value);
  }
  return table;
}

std::string devmapper_toml(const ContainerdSettings& settings, std::string_view header) {
  std::string text = fmt::format("{}\n", header);
  for (const Entry& entry : devmapper_entries(settings)) text += lines_of(entry);
  return text;
}

std::string ConfigDifference::text() const {
  if (found.empty()) return fmt::format("{}: missing, should be {}", key, wanted);
  if (wanted.empty()) return fmt::format("{}: is {}, should not be there", key, found);
  return fmt::format("{}: is {}, should be {}", key, found, wanted);
}

std::vector<ConfigDifference> compare(const ContainerdSettings& settings,
                                      const data::Value& installed) {
  Flat wanted;
  Flat found;
  flatten(containerd_document(settings), "", wanted);
  flatten(installed, "", found);
  const std::string options_key = fmt::format("plugins.\"{}\".fs_options", devmapper_plugin);
  std::vector<ConfigDifference> differences;
  for (const auto& [key, value] : wanted) {
    const data::Value* other = find(found, key);
    if (other != nullptr && same(key, value, *other)) continue;
    differences.push_back({key, value_text(value), other != nullptr ? value_text(*other) : ""});
  }
  for (const auto& [key, value] : found) {
    if (find(wanted, key) != nullptr) continue;
    const bool may_be_right = settings.zeroing == Zeroing::unknown && key == options_key &&
                              value == data::Value(prezeroed_options);
    if (!may_be_right) differences.push_back({key, "", value_text(value)});
  }
  return differences;
}

}  // namespace flintctl::provision
