// SPDX-License-Identifier: Apache-2.0
#include "inventory/runtime.hpp"

#include "data/value.hpp"
#include "sys/file.hpp"

namespace flintctl::inventory {
namespace {

using data::Value;

constexpr std::size_t file_limit = 64U << 10U;

std::string run_file(const Paths& paths, const std::string& uid) {
  return paths.run_directory(uid) + "/runtime.json";
}

std::string last_run_file(const Paths& paths, const std::string& uid) {
  return paths.vm_directory(uid) + "/last-run.json";
}

std::string exit_file(const Paths& paths, const std::string& uid) {
  return paths.vm_directory(uid) + "/exit.json";
}

Value to_value(const Runtime& runtime) {
  auto value = Value::object({{"bootId", runtime.boot_id},
                              {"pid", runtime.pid},
                              {"pidStartTime", runtime.pid_start_time},
                              {"startedAt", vm::format_time(runtime.started_at)},
                              {"consoleOffset", runtime.console_offset},
                              {"cmdline", runtime.cmdline},
                              {"providerVersion", runtime.provider_version},
                              {"accelerator", runtime.accelerator},
                              {"note", runtime.note}});
  if (runtime.booted_at) value.set("bootedAt", vm::format_time(*runtime.booted_at));
  return value;
}

Result<Runtime> runtime_from(const Value& value) {
  Runtime runtime;
  runtime.boot_id = value.string_or("bootId");
  runtime.pid = value.integer_or("pid");
  runtime.pid_start_time = static_cast<std::uint64_t>(value.integer_or("pidStartTime"));
  runtime.started_at = TRY(vm::parse_time(value.string_or("startedAt")));
  runtime.console_offset = static_cast<std::uint64_t>(value.integer_or("consoleOffset"));
  runtime.cmdline = value.string_or("cmdline");
  runtime.provider_version = value.string_or("providerVersion");
  runtime.accelerator = value.string_or("accelerator");
  runtime.note = value.string_or("note");
  if (const auto booted = value.string_or("bootedAt"); !booted.empty()) {
    runtime.booted_at = TRY(vm::parse_time(booted));
  }
  return runtime;
}

Result<Value> read_value(const std::string& path) {
  return data::parse_json(TRY(sys::read_file(path, file_limit)));
}

}  // namespace

Result<> write_runtime(const Paths& paths, const std::string& uid, const Runtime& runtime) {
  const auto text = data::to_json(to_value(runtime), data::Layout::indented) + "\n";
  TRY(sys::write_file_atomic(last_run_file(paths, uid), text, 0600));
  return sys::write_file_atomic(run_file(paths, uid), text, 0600);
}

Result<Runtime> read_runtime(const Paths& paths, const std::string& uid) {
  auto value = read_value(run_file(paths, uid));
  if (!value) value = read_value(last_run_file(paths, uid));
  return runtime_from(TRY(std::move(value)));
}

Result<> write_exit(const Paths& paths, const std::string& uid, const Exit& exit) {
  const auto value = Value::object({{"reason", exit.reason},
                                    {"message", exit.message},
                                    {"failed", exit.failed},
                                    {"at", vm::format_time(exit.at)}});
  return sys::write_file_atomic(exit_file(paths, uid),
                                data::to_json(value, data::Layout::indented) + "\n", 0600);
}

Result<Exit> read_exit(const Paths& paths, const std::string& uid) {
  const auto value = TRY(read_value(exit_file(paths, uid)));
  Exit exit;
  exit.reason = value.string_or("reason");
  exit.message = value.string_or("message");
  exit.failed = value.bool_or("failed", false);
  exit.at = TRY(vm::parse_time(value.string_or("at")));
  return exit;
}

Result<> clear_exit(const Paths& paths, const std::string& uid) {
  return sys::remove_file(exit_file(paths, uid));
}

}  // namespace flintctl::inventory
