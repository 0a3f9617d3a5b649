// SPDX-License-Identifier: Apache-2.0
#include "sys/systemd.hpp"

#include <fmt/format.h>
#include <systemd/sd-bus.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include "sys/error.hpp"
#include "sys/host.hpp"
#include "sys/interrupt.hpp"
#include "sys/shared_library.hpp"

namespace flintctl::sys {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* destination = "org.freedesktop.systemd1";
constexpr const char* manager_path = "/org/freedesktop/systemd1";
constexpr const char* manager_interface = "org.freedesktop.systemd1.Manager";
constexpr const char* unit_interface = "org.freedesktop.systemd1.Unit";
constexpr auto job_timeout = std::chrono::seconds(90);  // systemd's own DefaultTimeoutStartSec

/// The functions of libsystemd that this file calls. sd-bus(3).
struct SdBus {
  decltype(&sd_bus_open_system) open_system;
  decltype(&sd_bus_new) create;
  decltype(&sd_bus_set_address) set_address;
  decltype(&sd_bus_start) start;
  decltype(&sd_bus_flush_close_unref) close;
  decltype(&sd_bus_call_method) call_method;
  decltype(&sd_bus_message_new_method_call) new_call;
  decltype(&sd_bus_message_append) append;
  decltype(&sd_bus_message_open_container) open_container;
  decltype(&sd_bus_message_close_container) close_container;
  decltype(&sd_bus_message_read) read;
  decltype(&sd_bus_message_unref) unref_message;
  decltype(&sd_bus_call) call;
  decltype(&sd_bus_match_signal) match_signal;
  decltype(&sd_bus_process) process;
  decltype(&sd_bus_wait) wait;
  decltype(&sd_bus_get_property_string) property_string;
  decltype(&sd_bus_get_property_trivial) property_trivial;
  decltype(&sd_bus_error_free) free_error;
};

Result<SdBus> load_sd_bus() {
  const SharedLibrary library = TRY(SharedLibrary::open("libsystemd.so.0", "libsystemd0"));
  SdBus bus = {};
  const auto load = [&library](auto& function, const char* name) -> Result<> {
    function = TRY(library.function<std::remove_reference_t<decltype(function)>>(name));
    return {};
  };
  TRY(load(bus.open_system, "sd_bus_open_system"));
  TRY(load(bus.create, "sd_bus_new"));
  TRY(load(bus.set_address, "sd_bus_set_address"));
  TRY(load(bus.start, "sd_bus_start"));
  TRY(load(bus.close, "sd_bus_flush_close_unref"));
  TRY(load(bus.call_method, "sd_bus_call_method"));
  TRY(load(bus.new_call, "sd_bus_message_new_method_call"));
  TRY(load(bus.append, "sd_bus_message_append"));
  TRY(load(bus.open_container, "sd_bus_message_open_container"));
  TRY(load(bus.close_container, "sd_bus_message_close_container"));
  TRY(load(bus.read, "sd_bus_message_read"));
  TRY(load(bus.unref_message, "sd_bus_message_unref"));
  TRY(load(bus.call, "sd_bus_call"));
  TRY(load(bus.match_signal, "sd_bus_match_signal"));
  TRY(load(bus.process, "sd_bus_process"));
  TRY(load(bus.wait, "sd_bus_wait"));
  TRY(load(bus.property_string, "sd_bus_get_property_string"));
  TRY(load(bus.property_trivial, "sd_bus_get_property_trivial"));
  TRY(load(bus.free_error, "sd_bus_error_free"));
  return bus;
}

/// An sd_bus_error for one call: filled by it, freed at scope exit.
class BusError {
 public:
  explicit BusError(const SdBus& library) : free_(library.free_error) {}
  BusError(const BusError&) = delete;
  BusError& operator=(const BusError&) = delete;
  ~BusError() { free_(&error_); }

  sd_bus_error* get() { return &error_; }
  /// Our Error for the call that returned `status` (a negative errno).
  [[nodiscard]] Error error(int status, const std::string& what) const {
    if (error_.name == nullptr) return from_errno(-status, what);
    const std::string_view name = error_.name;
    const std::string text =
        fmt::format("{}: {}", what, error_.message != nullptr ? error_.message : error_.name);
    if (name == "org.freedesktop.systemd1.NoSuchUnit") return Error(Code::not_found, text);
    if (name == "org.freedesktop.systemd1.UnitExists") return Error(Code::already_exists, text);
    if (name == "org.freedesktop.DBus.Error.AccessDenied") {
      return Error(Code::permission_denied, text);
    }
    return Error(Code::unknown, text);
  }

 private:
  decltype(&sd_bus_error_free) free_;
  sd_bus_error error_ = {};
};

using Message = std::unique_ptr<sd_bus_message, decltype(&sd_bus_message_unref)>;

/// What the JobRemoved signals say about the job that was asked for; the signal may come before the
/// reply that names the job, so all are kept.
struct Jobs {
  const SdBus* library;
  std::vector<std::pair<std::string, std::string>> ended;  // object path, result
};

int on_job_removed(sd_bus_message* message, void* data, sd_bus_error* /*error*/) {
  Jobs& jobs = *static_cast<Jobs*>(data);
  std::uint32_t id = 0;
  const char* path = nullptr;
  const char* unit = nullptr;
  const char* result = nullptr;
  if (jobs.library->read(message, "uoss", &id, &path, &unit, &result) >= 0) {
    jobs.ended.emplace_back(path, result);
  }
  return 0;
}

/// A connection to systemd. Through the message bus, or directly where no bus daemon runs.
class Manager {
 public:
  static Result<Manager> connect() {
    if (!systemd_running()) {
      return Error(Code::host_not_ready, "systemd does not run on this host");
    }
    SdBus library = TRY(load_sd_bus());
    sd_bus* bus = nullptr;
    if (library.open_system(&bus) < 0) {
      int status = library.create(&bus);
      // Root's direct way to pid 1, the one that systemctl takes as well.
      if (status >= 0) status = library.set_address(bus, "unix:path=/run/systemd/private");
      if (status >= 0) status = library.start(bus);
      if (status < 0) {
        library.close(bus);
        return from_errno(-status, "connecting to systemd").with_code(Code::host_not_ready);
      }
    }
    return Manager(library, bus);
  }

  const SdBus& library() const { return library_; }
  sd_bus* bus() const { return bus_.get(); }

  Result<Message> new_call(const char* method) const {
    sd_bus_message* message = nullptr;
    const int status =
        library_.new_call(bus(), &message, destination, manager_path, manager_interface, method);
    if (status < 0) return from_errno(-status, fmt::format("calling systemd's {}", method));
    return Message(message, library_.unref_message);
  }

  Result<Message> call(sd_bus_message* message, const std::string& what) const {
    BusError error(library_);
    sd_bus_message* reply = nullptr;
    const int status = library_.call(bus(), message, 0, error.get(), &reply);
    if (status < 0) return error.error(status, what);
    return Message(reply, library_.unref_message);
  }

  /// Sends a call that answers with a job, and waits for the end of that job.
  Result<> run_job(sd_bus_message* message, const std::string& what,
                   std::chrono::milliseconds timeout) const {
    Jobs jobs{&library_, {}};
    // No slot: the match then lives as long as the connection.
    int status = library_.match_signal(bus(), nullptr, nullptr, manager_path, manager_interface,
                                       "JobRemoved", on_job_removed, &jobs);
    if (status < 0) return from_errno(-status, what);
    // Without a subscription systemd sends no signals to the bus.
    const Message subscribe = TRY(new_call("Subscribe"));
    TRY(call(subscribe.get(), what));
    const Message reply = TRY(call(message, what));
    const char* job = nullptr;
    status = library_.read(reply.get(), "o", &job);
    if (status < 0) return from_errno(-status, what);
    return wait_for(jobs, job, what, timeout);
  }

  /// The object path of a loaded unit.
  Result<std::string> unit_path(const std::string& name) const {
    return unit_path_by("GetUnit", name);
  }

  /// The object path of a unit, which is loaded for it if need be; it may be one without a file.
  Result<std::string> load_unit(const std::string& name) const {
    return unit_path_by("LoadUnit", name);
  }

  /// A text property that every unit has.
  Result<std::string> unit_text(const std::string& path, const char* property,
                                const std::string& what) const {
    BusError error(library_);
    char* text = nullptr;
    const int status = library_.property_string(bus(), destination, path.c_str(), unit_interface,
                                                property, error.get(), &text);
    if (status < 0) return error.error(status, what);
    const std::unique_ptr<char, decltype(&std::free)> owner(text, &std::free);
    return std::string(text);
  }

 private:
  Manager(SdBus library, sd_bus* bus) : library_(library), bus_(bus, library.close) {}

  Result<std::string> unit_path_by(const char* method, const std::string& name) const {
    const std::string what = fmt::format("looking up the unit {}", name);
    const Message message = TRY(new_call(method));
    const int appended = library_.append(message.get(), "s", name.c_str());
    if (appended < 0) return from_errno(-appended, what);
    const Message reply = TRY(call(message.get(), what));
    const char* path = nullptr;
    const int status = library_.read(reply.get(), "o", &path);
    if (status < 0) return from_errno(-status, what);
    return std::string(path);
  }

  Result<> wait_for(const Jobs& jobs, const std::string& job, const std::string& what,
                    std::chrono::milliseconds timeout) const {
    const auto deadline = Clock::now() + timeout;
    for (;;) {
      const auto ended = std::find_if(jobs.ended.begin(), jobs.ended.end(),
                                      [&](const auto& entry) { return entry.first == job; });
      if (ended != jobs.ended.end()) {
        if (ended->second == "done") return {};
        return Error(Code::unknown, fmt::format("{}: the job ended as '{}'", what, ended->second));
      }
      TRY(check_interrupt());
      const int handled = library_.process(bus(), nullptr);
      if (handled < 0) return from_errno(-handled, what);
      if (handled > 0) continue;
      const auto left =
          std::chrono::duration_cast<std::chrono::microseconds>(deadline - Clock::now());
      if (left.count() <= 0) {
        return Error(Code::deadline_exceeded, fmt::format("{}: systemd has not finished", what));
      }
      // EINTR: a signal came; check_interrupt above says which.
      const int waited = library_.wait(bus(), static_cast<std::uint64_t>(left.count()));
      if (waited < 0 && waited != -EINTR) return from_errno(-waited, what);
    }
  }

  SdBus library_;
  std::unique_ptr<sd_bus, decltype(&sd_bus_flush_close_unref)> bus_;
};

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

/// The D-Bus interface of the unit's own type, which has its ControlGroup.
std::string interface_of(const std::string& name) {
  return name.ends_with(".scope") ? "org.freedesktop.systemd1.Scope"
                                  : "org.freedesktop.systemd1.Service";
}

}  // namespace

Result<> start_scope(const std::string& name, pid_t pid, const std::string& description) {
  const std::string what = fmt::format("starting the unit {}", name);
  const Manager manager = TRY(Manager::connect());
  const Message message = TRY(manager.new_call("StartTransientUnit"));
  TransientUnit unit(manager.library(), message.get(), name);
  set_common(unit, description);
  unit.property("PIDs", "au", 1, static_cast<std::uint32_t>(pid));
  TRY(unit.finish(what));
  return manager.run_job(message.get(), what, job_timeout);
}

Result<> start_service(const ServiceOptions& options) {
  const std::string what = fmt::format("starting the unit {}", options.name);
  const Manager manager = TRY(Manager::connect());
  const Message message = TRY(manager.new_call("StartTransientUnit"));
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
  const std::string what = fmt::format("stopping the unit {}", name);
  const Manager manager = TRY(Manager::connect());
  const Message message = TRY(manager.new_call("StopUnit"));
  const int appended = manager.library().append(message.get(), "ss", name.c_str(), "replace");
  if (appended < 0) return from_errno(-appended, what);
  Result<> stopped = manager.run_job(message.get(), what, timeout);
  if (!stopped && stopped.error().code() == Code::not_found) return {};
  return stopped;
}

Result<> start_unit(const std::string& name, std::chrono::milliseconds timeout) {
  const std::string what = fmt::format("starting the unit {}", name);
  const Manager manager = TRY(Manager::connect());
  const Message message = TRY(manager.new_call("StartUnit"));
  const int appended = manager.library().append(message.get(), "ss", name.c_str(), "replace");
  if (appended < 0) return from_errno(-appended, what);
  return manager.run_job(message.get(), what, timeout);
}

Result<> reload_units() {
  const Manager manager = TRY(Manager::connect());
  const Message message = TRY(manager.new_call("Reload"));
  TRY(manager.call(message.get(), "making systemd read its unit files"));
  return {};
}

Result<UnitState> unit_state(const std::string& name) {
  const std::string what = fmt::format("reading the state of {}", name);
  const Manager manager = TRY(Manager::connect());
  const std::string path = TRY(manager.load_unit(name));
  UnitState state;
  state.loaded = TRY(manager.unit_text(path, "LoadState", what)) == "loaded";
  state.active_word = TRY(manager.unit_text(path, "ActiveState", what));
  state.fragment = TRY(manager.unit_text(path, "FragmentPath", what));
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
  const Manager manager = TRY(Manager::connect());
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
  const Manager manager = TRY(Manager::connect());
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
