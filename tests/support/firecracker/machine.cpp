// SPDX-License-Identifier: Apache-2.0
#include "machine.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "schema.hpp"

namespace fake_firecracker {
namespace {

using flintctl::data::Value;

Answer fault(std::string_view message) {
  return {400, flintctl::data::to_json(Value::object({{"fault_message", message}})), [] {}};
}

Answer json(const Value& value) {
  return {200, flintctl::data::to_json(value), [] {}};
}

void say(std::string_view text) { (void)!::write(STDOUT_FILENO, text.data(), text.size()); }

/// An empty string when the file opens, else the words that Rust has for the error.
std::string open_error(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  if (fd >= 0) {
    ::close(fd);
    return {};
  }
  return fmt::format("{} (os error {})", std::strerror(errno), errno);
}

}  // namespace

void Machine::log(std::string_view line) const {
  if (options_.log_path.empty()) return;
  // Like the real one before 1.14: the file must exist, and no O_APPEND.
  static const int fd = ::open(options_.log_path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  const std::string text =
      fmt::format("2026-01-01T00:00:00.000000000 [{}:main] {}\n", options_.id, line);
  (void)!::write(fd, text.data(), text.size());
}

Answer Machine::handle(const Request& request) {
  if (request.method == "GET" && request.path == "/") {
    return json(Value::object({{"id", options_.id},
                               {"state", state_},
                               {"vmm_version", options_.version_number},
                               {"app_name", "Firecracker"}}));
  }
  const Endpoint* endpoint = find_endpoint(request.method, request.path);
  if (endpoint == nullptr) {
    return fault(fmt::format("Invalid request method and/or path: {} {}.", request.method,
                             request.path.substr(1)));
  }
  ++calls_;
  if (calls_ == options_.hang_call) {
    for (;;) ::pause();
  }
  if (calls_ == options_.die_call) {
    fmt::print(stderr, "thread 'main' panicked: told to\n");
    std::abort();
  }
  if (calls_ == options_.fail_call) return fault("Told to refuse this call.");
  Value body;
  if (const auto wrong = fault_of(*endpoint, request.path, request.body, body))
    return fault(*wrong);
  const bool started = state_ != "Not started";
  if (endpoint->when == When::pre_boot && started) {
    return fault("The requested operation is not supported after starting the microVM.");
  }
  if (endpoint->when == When::post_boot && !started) {
    return fault("The requested operation is not supported before starting the microVM.");
  }
  return apply(endpoint->path, body);
}

Answer Machine::apply(std::string_view path, const Value& body) {
  if (path == "/boot-source") return boot_source(body);
  if (path == "/machine-config") return machine_config(body);
  if (path == "/drives/") return drive(body);
  if (path == "/actions") return action(body.string_or("action_type"));
  if (path == "/vm") state_ = body.string_or("state") == "Paused" ? "Paused" : "Running";
  return {};
}

Answer Machine::boot_source(const Value& body) {
  const auto kernel = open_error(body.string_or("kernel_image_path"), O_RDONLY);
  if (!kernel.empty()) {
    return fault("Boot source error: The kernel file cannot be opened: " + kernel);
  }
  const std::string initrd = body.string_or("initrd_path");
  const auto unreadable = initrd.empty() ? std::string() : open_error(initrd, O_RDONLY);
  if (!unreadable.empty()) {
    return fault(
        "Boot source error: The initrd file cannot be opened due to invalid path or "
        "invalid permissions. " +
        unreadable);
  }
  if (body.string_or("boot_args").size() > 2047) {
    return fault(
        "Boot source error: The kernel command line is invalid: Command line string is too long");
  }
  has_kernel_ = true;
  return {};
}

Answer Machine::machine_config(const Value& body) {
  const auto vcpus = body.integer_or("vcpu_count");
  if (vcpus < 1 || vcpus > 32) {
    return fault(
        "Machine config error: The number of vCPUs must be greater than 0, less than 32 and "
        "must be 1 or an even number if SMT is enabled.");
  }
  if (body.integer_or("mem_size_mib") == 0) {
    return fault("Machine config error: The memory size (MiB) is invalid.");
  }
  return {};
}

Answer Machine::drive(const Value& body) {
  const bool root = body.bool_or("is_root_device", false);
  if (root && has_root_) return fault("Drive config error: A root block device already exists!");
  if (body.find("path_on_host") == nullptr || body.find("is_read_only") == nullptr) {
    return fault("Drive config error: Unable to create the virtio block device: Invalid config");
  }
  const std::string path = body.string_or("path_on_host");
  const auto error = open_error(path, body.bool_or("is_read_only", false) ? O_RDONLY : O_RDWR);
  if (!error.empty()) {
    return fault(
        fmt::format("Drive config error: Unable to create the virtio block device: Virtio "
                    "backend error: Error manipulating the backing file: {} {}",
                    error, path));
  }
  has_root_ = has_root_ || root;
  return {};
}

Answer Machine::action(const std::string& name) {
  if (name == "InstanceStart") return start();
  if (state_ == "Not started") {
    return fault("The requested operation is not supported before starting the microVM.");
  }
  if (name == "SendCtrlAltDel" && options_.guest != "deaf" && state_ == "Running") {
    return {204, {}, [this] { guest_resets(); }};
  }
  return {};
}

Answer Machine::start() {
  if (state_ != "Not started") {
    return fault("The requested operation is not supported after starting the microVM.");
  }
  if (!has_kernel_) {
    return fault("Start microvm error: Cannot start microvm without kernel configuration.");
  }
  state_ = "Running";
  say("Linux version 6.1.0-fake\n");
  if (options_.guest == "panic") {
    say("Kernel panic - not syncing: told to\nRebooting in 1 seconds..\n");
  }
  if (options_.guest == "panic" || options_.guest == "reboot") {
    return {204, {}, [this] { guest_resets(); }};
  }
  if (options_.guest == "crash") {
    log("Shutting down VM after intercepting signal 11, code 1.");
    ::_exit(150);
  }
  say("fake login: ");
  return {};
}

void Machine::guest_resets() const {
  say("reboot: Restarting system\n");
  log("Vmm is stopping.");
  log("Firecracker exiting successfully. exit_code=0");
  ::_exit(0);
}

}  // namespace fake_firecracker
