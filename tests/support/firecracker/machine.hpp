// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "data/value.hpp"
#include "options.hpp"
#include "server.hpp"

namespace fake_firecracker {

/// What lies behind the socket: phases, files that must open, and a guest that only prints.
class Machine {
 public:
  explicit Machine(const Options& options) : options_(options) {}

  Answer handle(const Request& request);
  /// A line of Firecracker's log file.
  void log(std::string_view line) const;

 private:
  Answer apply(std::string_view path, const flintctl::data::Value& body);
  Answer boot_source(const flintctl::data::Value& body);
  Answer machine_config(const flintctl::data::Value& body);
  Answer drive(const flintctl::data::Value& body);
  Answer action(const std::string& name);
  Answer start();
  [[noreturn]] void guest_resets() const;

  const Options& options_;
  int calls_ = 0;
  bool has_kernel_ = false;
  bool has_root_ = false;
  std::string state_ = "Not started";
};

}  // namespace fake_firecracker
