// SPDX-License-Identifier: Apache-2.0
#include "devmapper/kernel_driver.hpp"

#include <fmt/format.h>
#include <libdevmapper.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/types.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "devmapper/kernel_log.hpp"
#include "devmapper/task.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/host.hpp"

namespace flintctl::devmapper {
namespace {

/// The kernel's 32-bit encoding of a device number (new_encode_dev in linux/kdev_t.h), which is not
/// glibc's dev_t.
DeviceNumber decode(std::uint64_t encoded) {
  DeviceNumber number;
  number.major = static_cast<unsigned>((encoded & 0xfff00U) >> 8U);
  number.minor = static_cast<unsigned>((encoded & 0xffU) | ((encoded >> 12U) & 0xfff00U));
  return number;
}

/// The entry that `next` bytes after `entry` begins: how the kernel chains variable-length records.
template <typename Entry>
const Entry* following(const Entry* entry) {
  return reinterpret_cast<const Entry*>(reinterpret_cast<const char*>(entry) + entry->next);
}

Result<Task> named_task(int type, const std::string& name, const char* verb) {
  Task task = TRY(Task::create(type, fmt::format("{} device '{}'", verb, name)));
  TRY(task.set_name(name));
  return task;
}

Result<Table> read_targets(int type, const std::string& name, const char* verb) {
  Task task = TRY(named_task(type, name, verb));
  dm_task_no_flush(task.get());
  TRY(task.run());
  dm_info info{};
  if (dm_task_get_info(task.get(), &info) != 0 && info.exists == 0) {
    return Error(Code::not_found, fmt::format("no device '{}'", name));
  }
  Table table;
  void* next = nullptr;
  do {
    Target target;
    char* target_type = nullptr;
    char* params = nullptr;
    next = dm_get_next_target(task.get(), next, &target.start_sectors, &target.length_sectors,
                              &target_type, &params);
    if (target_type == nullptr) continue;
    target.type = target_type;
    target.params = params == nullptr ? "" : params;
    while (target.params.ends_with(' ')) target.params.pop_back();
    table.push_back(std::move(target));
  } while (next != nullptr);
  return table;
}

Result<std::vector<std::string>> target_types() {
  Task task = TRY(Task::create(DM_DEVICE_LIST_VERSIONS, "listing device-mapper targets"));
  TRY(task.run());
  std::vector<std::string> types;
  const dm_versions* entry = dm_task_get_versions(task.get());
  while (entry != nullptr) {
    types.emplace_back(entry->name);
    entry = entry->next == 0 ? nullptr : following(entry);
  }
  return types;
}

/// Runs a request that may fail for a reason that only the kernel's log tells.
template <typename Request>
Result<> with_kernel_reason(Request request) {
  const KernelLog log = KernelLog::mark();
  Result<> result = request();
  if (result) return result;
  const std::string reason = log.device_mapper_lines();
  if (reason.empty()) return result;
  const Code code = result.error().code();
  return Error(code, fmt::format("{} (kernel: {})", result.error().text(), reason));
}

bool is_node_of(const std::string& path, DeviceNumber number) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISBLK(status.st_mode) &&
         status.st_rdev == makedev(number.major, number.minor);
}

}  // namespace

Result<Version> KernelDriver::version() {
  Task task = TRY(Task::create(DM_DEVICE_VERSION, "asking device-mapper for its version"));
  TRY(task.run());
  std::array<char, 64> text{};
  Version version;
  if (dm_task_get_driver_version(task.get(), text.data(), text.size()) == 0 ||
      std::sscanf(text.data(), "%u.%u.%u", &version.major, &version.minor, &version.patch) != 3) {
    return task.failure();
  }
  return version;
}

Result<> KernelDriver::require_target(const std::string& type) {
  const auto has = [&](const std::vector<std::string>& types) {
    return std::find(types.begin(), types.end(), type) != types.end();
  };
  if (has(TRY(target_types()))) return {};
  const Result<> loaded = sys::load_module("dm-" + type);
  if (has(TRY(target_types()))) return {};
  Error error(Code::host_not_ready, fmt::format("device-mapper has no target '{}'", type));
  if (!loaded)
    error = Error(loaded.error()).with_code(Code::host_not_ready).context(error.message());
  return std::move(error).with_hint(
      fmt::format("the kernel module is dm-{}: install the modules of the running kernel", type));
}

Result<> KernelDriver::create(const std::string& name, const std::string& uuid) {
  Task task = TRY(named_task(DM_DEVICE_CREATE, name, "creating"));
  if (!uuid.empty() && dm_task_set_uuid(task.get(), uuid.c_str()) == 0) return task.failure();
  // The node comes with the table, at resume: an empty device is nothing that anyone could open.
  if (dm_task_set_add_node(task.get(), DM_ADD_NODE_ON_RESUME) == 0) return task.failure();
  return task.run();
}

Result<> KernelDriver::load(const std::string& name, const Table& table) {
  Task task = TRY(named_task(DM_DEVICE_RELOAD, name, "loading the table of"));
  for (const Target& target : table) {
    if (dm_task_add_target(task.get(), target.start_sectors, target.length_sectors,
                           target.type.c_str(), target.params.c_str()) == 0) {
      return task.failure();
    }
  }
  return with_kernel_reason([&] { return task.run(); });
}

Result<> KernelDriver::suspend(const std::string& name) {
  Task task = TRY(named_task(DM_DEVICE_SUSPEND, name, "suspending"));
  return task.run();
}

Result<> KernelDriver::resume(const std::string& name) {
  Task task = TRY(named_task(DM_DEVICE_RESUME, name, "resuming"));
  if (dm_task_set_add_node(task.get(), DM_ADD_NODE_ON_RESUME) == 0) return task.failure();
  return with_kernel_reason([&] { return task.run_synchronised(); });
}

Result<> KernelDriver::remove(const std::string& name, Removal removal) {
  Task task = TRY(named_task(DM_DEVICE_REMOVE, name, "removing"));
  if (removal == Removal::retry) dm_task_retry_remove(task.get());
  if (removal == Removal::deferred) dm_task_deferred_remove(task.get());
  return task.run_synchronised();
}

Result<> KernelDriver::message(const std::string& name, const std::string& text) {
  Task task = TRY(
      Task::create(DM_DEVICE_TARGET_MSG, fmt::format("sending '{}' to device '{}'", text, name)));
  TRY(task.set_name(name));
  if (dm_task_set_sector(task.get(), 0) == 0 ||
      dm_task_set_message(task.get(), text.c_str()) == 0) {
    return task.failure();
  }
  return task.run();
}

Result<DeviceInfo> KernelDriver::info(const std::string& name) {
  Task task = TRY(named_task(DM_DEVICE_INFO, name, "looking up"));
  TRY(task.run());
  dm_info info{};
  if (dm_task_get_info(task.get(), &info) == 0) return task.failure();
  if (info.exists == 0) return Error(Code::not_found, fmt::format("no device '{}'", name));
  DeviceInfo result;
  result.name = name;
  if (const char* uuid = dm_task_get_uuid(task.get()); uuid != nullptr) result.uuid = uuid;
  result.number = {info.major, info.minor};
  result.suspended = info.suspended != 0;
  result.read_only = info.read_only != 0;
  result.has_live_table = info.live_table != 0;
  result.has_inactive_table = info.inactive_table != 0;
  result.open_count = info.open_count;
  return result;
}

Result<Table> KernelDriver::table(const std::string& name) {
  return read_targets(DM_DEVICE_TABLE, name, "reading the table of");
}

Result<Table> KernelDriver::status(const std::string& name) {
  return read_targets(DM_DEVICE_STATUS, name, "reading the status of");
}

Result<std::vector<Device>> KernelDriver::list() {
  Task task = TRY(Task::create(DM_DEVICE_LIST, "listing device-mapper devices"));
  TRY(task.run());
  std::vector<Device> devices;
  const dm_names* entry = dm_task_get_names(task.get());
  // An empty list is one record whose device number is zero.
  while (entry != nullptr && entry->dev != 0) {
    devices.push_back({entry->name, decode(entry->dev)});
    entry = entry->next == 0 ? nullptr : following(entry);
  }
  return devices;
}

Result<std::vector<DeviceNumber>> KernelDriver::dependencies(const std::string& name) {
  Task task = TRY(named_task(DM_DEVICE_DEPS, name, "reading the dependencies of"));
  TRY(task.run());
  std::vector<DeviceNumber> numbers;
  const dm_deps* dependencies = dm_task_get_deps(task.get());
  if (dependencies == nullptr) return task.failure();
  for (std::uint32_t i = 0; i < dependencies->count; ++i) {
    numbers.push_back(decode(dependencies->device[i]));
  }
  return numbers;
}

Result<> KernelDriver::ensure_node(const std::string& name) {
  const DeviceInfo device = TRY(info(name));
  const std::string path = node_path(name);
  if (is_node_of(path, device.number)) return {};
  TRY(sys::make_directories("/dev/mapper"));
  TRY(sys::remove_file(path));
  const dev_t number = makedev(device.number.major, device.number.minor);
  // udevd may make it at the same moment: what counts is the node, not who made it.
  if (::mknod(path.c_str(), S_IFBLK | 0600, number) != 0 && !is_node_of(path, device.number)) {
    return sys::last_error("making " + path);
  }
  return {};
}

}  // namespace flintctl::devmapper
