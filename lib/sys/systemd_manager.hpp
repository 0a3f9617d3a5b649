// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <systemd/sd-bus.h>

#include <chrono>
#include <memory>
#include <string>

#include "core/result.hpp"

// Shared by the files of this room that speak to systemd: this header brings libsystemd's in.
namespace flintctl::sys {

namespace systemd {
inline constexpr const char* destination = "org.freedesktop.systemd1";
inline constexpr const char* unit_interface = "org.freedesktop.systemd1.Unit";
}  // namespace systemd

/// The functions of libsystemd that this room calls. sd-bus(3).
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

/// An sd_bus_error for one call: filled by it, freed at scope exit.
class BusError {
 public:
  explicit BusError(const SdBus& library) : free_(library.free_error) {}
  BusError(const BusError&) = delete;
  BusError& operator=(const BusError&) = delete;
  ~BusError() { free_(&error_); }

  sd_bus_error* get() { return &error_; }
  /// Our Error for the call that returned `status` (a negative errno).
  [[nodiscard]] Error error(int status, const std::string& what) const;

 private:
  decltype(&sd_bus_error_free) free_;
  sd_bus_error error_ = {};
};

/// A message, given up at scope exit.
using BusMessage = std::unique_ptr<sd_bus_message, decltype(&sd_bus_message_unref)>;

/// A connection to systemd. Through the message bus, or directly where no bus daemon runs.
class SystemdManager {
 public:
  static Result<SystemdManager> connect();

  const SdBus& library() const { return library_; }
  sd_bus* bus() const { return bus_.get(); }

  /// A call of one of the manager's methods, to be filled with its arguments.
  Result<BusMessage> new_call(const char* method) const;
  /// Sends it and waits for the reply. `what` begins the error's text.
  Result<BusMessage> call(sd_bus_message* message, const std::string& what) const;

  /// Sends a call that answers with a job, and waits for the end of that job.
  Result<> run_job(sd_bus_message* message, const std::string& what,
                   std::chrono::milliseconds timeout) const;

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
                                const std::string& what) const;

 private:
  SystemdManager(SdBus library, sd_bus* bus) : library_(library), bus_(bus, library.close) {}

  Result<std::string> unit_path_by(const char* method, const std::string& name) const;

  struct Jobs;
  Result<> wait_for(const Jobs& jobs, const std::string& job, const std::string& what,
                    std::chrono::milliseconds timeout) const;

  SdBus library_;
  std::unique_ptr<sd_bus, decltype(&sd_bus_flush_close_unref)> bus_;
};

}  // namespace flintctl::sys
