// SPDX-License-Identifier: Apache-2.0
#include "provision/host_unit.hpp"

#include <fmt/format.h>

#include <string_view>

#include "provision/host_file.hpp"
#include "sys/file.hpp"
#include "sys/host.hpp"
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
    return UnitState{state.active, state.needs_reload, state.active_word};
  }
};

HostFile file_of(const HostUnit& unit, const HostPaths& paths) {
  return {paths.units() + "/" + unit.name, unit.text};
}

HostLink link_of(const HostUnit& unit, const HostPaths& paths) {
  return {fmt::format("{}/{}.wants/{}", paths.units(), unit.wanted_by, unit.name),
          "../" + unit.name};
}

/// The program that a unit's text starts.
std::string program_of(std::string_view text) {
  constexpr std::string_view key = "\nExecStart=";
  const auto start = text.find(key);
  if (start == std::string_view::npos) return {};
  text.remove_prefix(start + key.size());
  return std::string(text.substr(0, text.find_first_of(" \n")));
}

/// Why the file is not as it would be written now, when it is that another program writes it.
Item check_unit_file(const HostFile& file) {
  Item item = check_file(file);
  if (item.state != State::differs || item.obstacle) return item;
  const std::string there = program_of(sys::read_file(file.path).value_or({}));
  const std::string wanted = program_of(file.text);
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
  const bool had_file = check_file(file_of(unit, paths)).state == State::in_place;
  TRY(install_file(file_of(unit, paths), journal));
  if (!unit.wanted_by.empty()) TRY(install_link(link_of(unit, paths), journal));
  if (!had_file || TRY(services.state(unit.name)).needs_reload) TRY(services.reload());
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
