// SPDX-License-Identifier: Apache-2.0
#include "sys/systemd.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "sys/error.hpp"
#include "sys/systemd_manager.hpp"

namespace flintctl::sys {
namespace {

using systemd::destination;
using systemd::unit_interface;

constexpr auto job_timeout = std::chrono::seconds(90);  // systemd's own DefaultTimeoutStartSec

/// Builds the arguments of StartTransientUnit; the first failure sticks and later steps do nothing.
class TransientUnit {
 public:
  TransientUnit(const SdBus& library, sd_bus_message* message, const std::string& name)
      : library_(library), message_(message) {
    keep(library_.append(message_, "ss", name.c_str(), "fail"));
    keep(library_.open_container(message_, 'a', "(sv)"));
  }

  template <typename... Values>
  TransientUnit& property(const char* name, const char* type, Values... values) {
    return property_from(name, type, [&] { keep(library_.append(message_, type, values...)); });
  }

  TransientUnit& strings(const char* name, const std::vector<std::string>& values) {
    return property_from(name, "as", [&] { append_strings(values); });
  }

  TransientUnit& exec_start(const std::vector<std::string>& argv) {
    return property_from("ExecStart", "a(sasb)", [&] {
      keep(library_.open_container(message_, 'a', "(sasb)"));
      keep(library_.open_container(message_, 'r', "sasb"));
      keep(library_.append(message_, "s", argv.front().c_str()));
      append_strings(argv);
      keep(library_.append(message_, "b", 0));  // an exit status other than 0 is a failure
      keep(library_.close_container(message_));
      keep(library_.close_container(message_));
    });
  }

  /// Ends the property list; no auxiliary units follow.
  Result<> finish(const std::string& what) {
    keep(library_.close_container(message_));
    keep(library_.append(message_, "a(sa(sv))", 0));
    if (status_ < 0) return from_errno(-status_, what);
    return {};
  }

 private:
  template <typename Append>
  TransientUnit& property_from(const char* name, const char* type, Append append) {
    keep(library_.open_container(message_, 'r', "sv"));
    keep(library_.append(message_, "s", name));
    keep(library_.open_container(message_, 'v', type));
    append();
    keep(library_.close_container(message_));
    keep(library_.close_container(message_));
    return *this;
  }

  void append_strings(const std::vector<std::string>& values) {
    keep(library_.open_container(message_, 'a', "s"));
    for (const std::string& value : values) keep(library_.append(message_, "s", value.c_str()));
    keep(library_.close_container(message_));
  }

  void keep(int status) {
    if (status_ >= 0) status_ = status;
  }

  const SdBus& library_;
  sd_bus_message* message_;
  int status_ = 0;
};

/// The properties that every unit of ours has.
void set_common(TransientUnit& unit, const std::string& description) {
  unit.property("Description", "s", description.c_str());
  unit.property("Slice", "s", "system.slice");
  // Forgotten when it ends, so that the same name can be started again.
  unit.property("CollectMode", "s", "inactive-or-failed");
  unit.property("Delegate", "b", 1);
  unit.property("TasksMax", "t", UINT64_MAX);
}

/// A job of one unit, from its start to its end.
Result<> run_unit_job(const char* method, const char* doing, const std::string& name,
                      std::chrono::milliseconds timeout) {
  const std::string what = fmt::format("{} the unit {}", doing, name);
  const SystemdManager manager = TRY(SystemdManager::connect());
  const BusMessage message = TRY(manager.new_call(method));
  const int appended = manager.library().append(message.get(), "ss", name.c_str(), "replace");
  if (appended < 0) return from_errno(-appended, what);
  return manager.run_job(message.get(), what, timeout);
}

/// The D-Bus interface of the unit's own type, which has its ControlGroup.
std::string interface_of(const std::string& name) {
  return name.ends_with(".scope") ? "org.freedesktop.systemd1.Scope"
                                  : "org.freedesktop.systemd1.Service";
}

}  // namespace

Result<> start_scope(const std::string& name, pid_t pid, const std::string& description) {
  const std::string what = fmt::format("starting the unit {}", name);
  const SystemdManager manager = TRY(SystemdManager::connect());
  const BusMessage message = TRY(manager.new_call("StartTransientUnit"));
  TransientUnit unit(manager.library(), message.get(), name);
  set_common(unit, description);
  unit.property("PIDs", "au", 1, static_cast<std::uint32_t>(pid));
  TRY(unit.finish(what));
  return manager.run_job(message.get(), what, job_timeout);
}

Result<> start_service(const ServiceOptions& options) {
  const std::string what = fmt::format("starting the unit {}", options.name);
  const SystemdManager manager = TRY(SystemdManager::connect());
  const BusMessage message = TRY(manager.new_call("StartTransientUnit"));
  TransientUnit unit(manager.library(), message.get(), options.name);
  set_common(unit, options.description);
  unit.property("Type", "s", "exec");  // the job ends when execve(2) has succeeded
  unit.property("KillMode", "s", "process");
  unit.property("OOMScoreAdjust", "i", options.oom_score_adjust);
  unit.property("LimitNOFILE", "t", std::uint64_t{1048576});
  unit.strings("Environment", options.environment);
  if (!options.log_file.empty()) {
    unit.property("StandardOutputFileToAppend", "s", options.log_file.c_str());
    unit.property("StandardErrorFileToAppend", "s", options.log_file.c_str());
  }
  unit.exec_start(options.argv);
  TRY(unit.finish(what));
  return manager.run_job(message.get(), what, job_timeout);
}

Result<> stop_unit(const std::string& name, std::chrono::milliseconds timeout) {
  Result<> stopped = run_unit_job("StopUnit", "stopping", name, timeout);
  if (!stopped && stopped.error().code() == Code::not_found) return {};
  return stopped;
}

Result<> start_unit(const std::string& name, std::chrono::milliseconds timeout) {
  return run_unit_job("StartUnit", "starting", name, timeout);
}

Result<> restart_unit(const std::string& name, std::chrono::milliseconds timeout) {
  return run_unit_job("RestartUnit", "restarting", name, timeout);
}

Result<> reload_units() {
  const SystemdManager manager = TRY(SystemdManager::connect());
  const BusMessage message = TRY(manager.new_call("Reload"));
  TRY(manager.call(message.get(), "making systemd read its unit files"));
  return {};
}

Result<UnitState> unit_state(const std::string& name) {
  const std::string what = fmt::format("reading the state of {}", name);
  const SystemdManager manager = TRY(SystemdManager::connect());
  const std::string path = TRY(manager.load_unit(name));
  UnitState state;
  state.loaded = TRY(manager.unit_text(path, "LoadState", what)) == "loaded";
  state.active_word = TRY(manager.unit_text(path, "ActiveState", what));
  state.fragment = TRY(manager.unit_text(path, "FragmentPath", what));
  state.file_word = TRY(manager.unit_text(path, "UnitFileState", what));
  state.active = state.active_word == "active" || state.active_word == "activating" ||
                 state.active_word == "reloading";
  BusError error(manager.library());
  int needs_reload = 0;
  const int status =
      manager.library().property_trivial(manager.bus(), destination, path.c_str(), unit_interface,
                                         "NeedDaemonReload", error.get(), 'b', &needs_reload);
  if (status < 0) return error.error(status, what);
  state.needs_reload = needs_reload != 0;
  return state;
}

Result<pid_t> unit_main_pid(const std::string& name) {
  const SystemdManager manager = TRY(SystemdManager::connect());
  const std::string path = TRY(manager.unit_path(name));
  BusError error(manager.library());
  std::uint32_t pid = 0;
  const int status = manager.library().property_trivial(manager.bus(), destination, path.c_str(),
                                                        "org.freedesktop.systemd1.Service",
                                                        "MainPID", error.get(), 'u', &pid);
  if (status < 0) return error.error(status, fmt::format("reading the state of {}", name));
  if (pid == 0) return Error(Code::not_found, fmt::format("the unit {} has no process", name));
  return static_cast<pid_t>(pid);
}

Result<std::string> unit_cgroup(const std::string& name) {
  const SystemdManager manager = TRY(SystemdManager::connect());
  const std::string path = TRY(manager.unit_path(name));
  BusError error(manager.library());
  char* text = nullptr;
  const int status = manager.library().property_string(manager.bus(), destination, path.c_str(),
                                                       interface_of(name).c_str(), "ControlGroup",
                                                       error.get(), &text);
  if (status < 0) return error.error(status, fmt::format("reading the cgroup of {}", name));
  const std::unique_ptr<char, decltype(&std::free)> owner(text, &std::free);
  std::string_view cgroup = text;
  if (cgroup.starts_with('/')) cgroup.remove_prefix(1);
  if (cgroup.empty()) return Error(Code::not_found, fmt::format("the unit {} has no cgroup", name));
  return std::string(cgroup);
}

}  // namespace flintctl::sys
