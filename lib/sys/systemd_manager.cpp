// SPDX-License-Identifier: Apache-2.0
#include "sys/systemd_manager.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "sys/error.hpp"
#include "sys/host.hpp"
#include "sys/interrupt.hpp"
#include "sys/shared_library.hpp"

namespace flintctl::sys {
namespace {

using Clock = std::chrono::steady_clock;
using systemd::destination;
using systemd::unit_interface;

constexpr const char* manager_path = "/org/freedesktop/systemd1";
constexpr const char* manager_interface = "org.freedesktop.systemd1.Manager";

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

}  // namespace

/// What the JobRemoved signals say about the job that was asked for; the signal may come before the
/// reply that names the job, so all are kept.
struct SystemdManager::Jobs {
  const SdBus* library;
  std::vector<std::pair<std::string, std::string>> ended;  // object path, result

  static int on_removed(sd_bus_message* message, void* data, sd_bus_error* /*error*/) {
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
};

Error BusError::error(int status, const std::string& what) const {
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

Result<SystemdManager> SystemdManager::connect() {
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
  return SystemdManager(library, bus);
}

Result<BusMessage> SystemdManager::new_call(const char* method) const {
  sd_bus_message* message = nullptr;
  const int status =
      library_.new_call(bus(), &message, destination, manager_path, manager_interface, method);
  if (status < 0) return from_errno(-status, fmt::format("calling systemd's {}", method));
  return BusMessage(message, library_.unref_message);
}

Result<BusMessage> SystemdManager::call(sd_bus_message* message, const std::string& what) const {
  BusError error(library_);
  sd_bus_message* reply = nullptr;
  const int status = library_.call(bus(), message, 0, error.get(), &reply);
  if (status < 0) return error.error(status, what);
  return BusMessage(reply, library_.unref_message);
}

Result<> SystemdManager::run_job(sd_bus_message* message, const std::string& what,
                                 std::chrono::milliseconds timeout) const {
  Jobs jobs{&library_, {}};
  // No slot: the match then lives as long as the connection.
  int status = library_.match_signal(bus(), nullptr, nullptr, manager_path, manager_interface,
                                     "JobRemoved", Jobs::on_removed, &jobs);
  if (status < 0) return from_errno(-status, what);
  // Without a subscription systemd sends no signals to the bus.
  const BusMessage subscribe = TRY(new_call("Subscribe"));
  TRY(call(subscribe.get(), what));
  const BusMessage reply = TRY(call(message, what));
  const char* job = nullptr;
  status = library_.read(reply.get(), "o", &job);
  if (status < 0) return from_errno(-status, what);
  return wait_for(jobs, job, what, timeout);
}

Result<std::string> SystemdManager::unit_text(const std::string& path, const char* property,
                                              const std::string& what) const {
  BusError error(library_);
  char* text = nullptr;
  const int status = library_.property_string(bus(), destination, path.c_str(), unit_interface,
                                              property, error.get(), &text);
  if (status < 0) return error.error(status, what);
  const std::unique_ptr<char, decltype(&std::free)> owner(text, &std::free);
  return std::string(text);
}

Result<std::string> SystemdManager::unit_path_by(const char* method,
                                                 const std::string& name) const {
  const std::string what = fmt::format("looking up the unit {}", name);
  const BusMessage message = TRY(new_call(method));
  const int appended = library_.append(message.get(), "s", name.c_str());
  if (appended < 0) return from_errno(-appended, what);
  const BusMessage reply = TRY(call(message.get(), what));
  const char* path = nullptr;
  const int status = library_.read(reply.get(), "o", &path);
  if (status < 0) return from_errno(-status, what);
  return std::string(path);
}

Result<> SystemdManager::wait_for(const Jobs& jobs, const std::string& job, const std::string& what,
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

}  // namespace flintctl::sys
