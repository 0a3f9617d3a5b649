// SPDX-License-Identifier: Apache-2.0
#include "provision/host_unit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <sstream>
#include <string_view>

#include "core/text.hpp"
#include "provision/host_file.hpp"
#include "sys/file.hpp"
#include "sys/host.hpp"
#include "sys/place.hpp"
#include "sys/systemd.hpp"

namespace flintctl::provision {
namespace {

constexpr auto stop_timeout = std::chrono::seconds(90);

class Systemd final : public Services {
 public:
  bool running() override { return sys::systemd_running(); }
  Result<> reload() override { return sys::reload_units(); }
  Result<> start(const std::string& unit, std::chrono::milliseconds timeout) override {
    return sys::start_unit(unit, timeout);
  }
  Result<> restart(const std::string& unit, std::chrono::milliseconds timeout) override {
    return sys::restart_unit(unit, timeout);
  }
  Result<pid_t> main_pid(const std::string& unit) override { return sys::unit_main_pid(unit); }
  Result<> stop(const std::string& unit) override { return sys::stop_unit(unit, stop_timeout); }
  Result<UnitState> state(const std::string& unit) override {
    const sys::UnitState state = TRY(sys::unit_state(unit));
    return UnitState{state.active, state.needs_reload, state.active_word, state.loaded,
                     state.file_word};
  }
};

HostFile file_of(const HostUnit& unit, const HostPaths& paths) {
  return {paths.units() + "/" + unit.name, unit.text};
}

HostLink link_of(const HostUnit& unit, const HostPaths& paths) {
  return {fmt::format("{}/{}.wants/{}", paths.units(), unit.wanted_by, unit.name),
          "../" + unit.name};
}

/// The program that a unit's text starts, without its quotes. systemd.syntax(7).
std::string program_of(std::string_view text) {
  constexpr std::string_view key = "\nExecStart=";
  const auto start = text.find(key);
  if (start == std::string_view::npos) return {};
  text.remove_prefix(start + key.size());
  if (!text.starts_with('"')) return std::string(text.substr(0, text.find_first_of(" \n")));
  std::string program;
  for (std::size_t at = 1; at < text.size() && text[at] != '"' && text[at] != '\n'; ++at) {
    const bool doubled = text[at] == '%' || text[at] == '$';
    if (text[at] == '\\' || (doubled && text.substr(at + 1, 1) == text.substr(at, 1))) ++at;
    if (at < text.size()) program += text[at];
  }
  return program;
}

/// The folders of drop-ins of a unit in one folder of units: its own, and those of all whose names
/// begin alike. systemd.unit(5).
std::vector<std::string> drop_in_folders(const std::string& units, const std::string& name) {
  const std::size_t dot = name.rfind('.');
  const std::string type = name.substr(dot);
  std::vector<std::string> folders = {fmt::format("{}/{}.d", units, name),
                                      fmt::format("{}/{}.d", units, type.substr(1))};
  for (std::size_t dash = name.find('-'); dash < dot; dash = name.find('-', dash + 1)) {
    folders.push_back(fmt::format("{}/{}{}.d", units, name.substr(0, dash + 1), type));
  }
  return folders;
}

/// Whether a setting decides what a unit starts, or whether it does.
bool is_decisive(std::string_view key) {
  constexpr std::string_view keys[] = {"ExecStart",   "ExecCondition",   "Type",
                                       "OnActiveSec", "OnUnitActiveSec", "Unit"};
  return key.starts_with("Condition") || key.starts_with("Assert") ||
         std::find(std::begin(keys), std::end(keys), key) != std::end(keys);
}

/// The first line of a drop-in that changes what a unit starts, or whether; empty when none does.
std::string neutering_line(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    line.erase(0, line.find_first_not_of(" \t"));
    const std::string key = line.substr(0, line.find_first_of(" \t="));
    if (line.find('=') != std::string::npos && is_decisive(key)) return printable(line);
  }
  return {};
}

/// What another's drop-in makes of a unit of ours is nothing that its file could mend.
std::optional<Item> find_neutering(const HostUnit& unit, const HostPaths& paths) {
  for (const std::string& units : {paths.units(), paths.run + "/systemd/system"}) {
    for (const std::string& folder : drop_in_folders(units, unit.name)) {
      for (const std::string& name : sys::list_directory(folder).value_or({})) {
        const std::string path = fmt::format("{}/{}", folder, name);
        if (!name.ends_with(".conf")) continue;
        const std::string line = neutering_line(sys::read_file(path).value_or({}));
        if (line.empty()) continue;
        const std::string why = fmt::format("changes it: {}", line);
        return Item{State::differs,
                    "unit " + unit.name,
                    fmt::format("is not started as it should be: {} {}", path, why),
                    {},
                    Error(Code::already_exists, fmt::format("{} of another hand {}", path, why))
                        .with_hint(fmt::format("remove it: rm {}, systemctl daemon-reload", path))};
      }
    }
  }
  return {};
}

/// Why the file is not as it would be written now, when it is that another program writes it.
Item check_unit_file(const HostFile& file) {
  Item item = check_file(file);
  const std::string wanted = program_of(file.text);
  if (sys::is_volatile(wanted)) {
    item.warning = fmt::format(
        "{} is what units start at boot, and a reboot may not keep it: install it where programs "
        "lie, as in /usr/local/bin, and run that",
        wanted);
  }
  if (item.state != State::differs || item.obstacle) return item;
  const std::string there = program_of(sys::read_file(file.path).value_or({}));
  if (!there.empty() && there != wanted) {
    item.detail = fmt::format("starts {}, not {}", there, wanted);
  }
  return item;
}

}  // namespace

std::unique_ptr<Services> host_services() { return std::make_unique<Systemd>(); }

Result<std::vector<Item>> check_unit(const HostUnit& unit, const HostPaths& paths,
                                     Services& services) {
  std::vector<Item> items;
  if (!services.running()) return items;
  items.push_back(check_unit_file(file_of(unit, paths)));
  const bool has_file = items.back().state != State::missing;
  if (!unit.wanted_by.empty()) items.push_back(check_link(link_of(unit, paths)));
  if (auto neutered = find_neutering(unit, paths)) items.push_back(*std::move(neutered));
  if (unit.run == HostUnit::Run::not_started) return items;
  const std::string subject = "unit " + unit.name;
  if (!has_file) {
    items.push_back({State::missing, subject, {}});
    return items;
  }
  const Services::UnitState state = TRY(services.state(unit.name));
  if (!state.active) {
    items.push_back({State::differs, subject, "is " + state.word});
  } else if (state.needs_reload) {
    items.push_back({State::differs, subject, "runs by an older file"});
  } else {
    items.push_back({State::in_place, subject, {}});
  }
  return items;
}

Result<> install_unit(const HostUnit& unit, const HostPaths& paths, Services& services,
                      Journal& journal) {
  if (!services.running()) return {};
  if (auto neutered = find_neutering(unit, paths)) return *std::move(neutered->obstacle);
  if (!unit.wanted_by.empty()) {
    // Before the file, which would be replaced for nothing.
    Item link = check_link(link_of(unit, paths));
    if (link.obstacle) return *std::move(link.obstacle);
  }
  TRY(install_file(file_of(unit, paths), journal));
  if (!unit.wanted_by.empty()) TRY(install_link(link_of(unit, paths), journal));
  const Services::UnitState state = TRY(services.state(unit.name));
  if (state.needs_reload || !state.loaded) TRY(services.reload());
  if (unit.run == HostUnit::Run::not_started) return {};
  TRY(journal.intend("unit", unit.name));
  return services.start(unit.name, unit.timeout);
}

std::string quote_argument(const std::string& word) {
  constexpr std::string_view plain = "+,-./:=@_";
  std::string quoted;
  bool needs_quotes = word.empty();
  for (const char c : word) {
    const bool alphanumeric =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!alphanumeric && plain.find(c) == std::string_view::npos) needs_quotes = true;
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
    // systemd expands these two; doubled they stand for themselves.
    if (c == '%' || c == '$') quoted += c;
  }
  return needs_quotes ? '"' + quoted + '"' : quoted;
}

std::string escape_unit_name(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == ':';
    escaped += plain ? std::string(1, c) : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return escaped;
}

}  // namespace flintctl::provision
