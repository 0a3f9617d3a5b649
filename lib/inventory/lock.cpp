// SPDX-License-Identifier: Apache-2.0
#include "inventory/lock.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <charconv>

#include "sys/file.hpp"
#include "sys/sha256.hpp"
#include "vm/name.hpp"

namespace flintctl::inventory {
namespace {

std::optional<pid_t> pid_in(const std::string& path) {
  const auto text = sys::read_file(path, 64);
  pid_t pid = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), pid);
  if (error != std::errc() || pid <= 0) return std::nullopt;
  return pid;
}

}  // namespace

std::string name_lock_path(const Paths& paths, const containerd::Client& client,
                           const std::string& name_space, const std::string& name) {
  // No name holds a line break, so different names never give one key.
  const auto key =
      fmt::format("{}\n{}\n{}\n{}", client.address(), client.namespace_name(), name_space, name);
  return sys::lock_path(paths.run, "vm-" + sys::sha256_hex(key).substr(0, 32));
}

Result<sys::FileLock> lock_name(const Paths& paths, const containerd::Client& client,
                                const std::string& name_space, const std::string& name,
                                std::chrono::milliseconds wait) {
  auto lock = sys::FileLock::acquire(name_lock_path(paths, client, name_space, name), wait);
  // Only a lock that somebody has says anything of another process.
  const bool taken = !lock && lock.error().code() == Code::aborted;
  return std::move(lock).context(
      fmt::format("{} VM '{}'", taken ? "another flintctl works on" : "taking the lock of",
                  vm::display_name(name_space, name)));
}

std::optional<pid_t> lock_holder(const std::string& path) {
  const auto pid = pid_in(path);
  struct stat lock {};
  if (!pid || ::stat(path.c_str(), &lock) != 0) return std::nullopt;
  const auto folder = fmt::format("/proc/{}/fd", *pid);
  const auto descriptors = sys::list_directory(folder);
  if (!descriptors) return std::nullopt;
  for (const auto& descriptor : *descriptors) {
    struct stat open {};
    if (::stat((folder + "/" + descriptor).c_str(), &open) != 0) continue;
    if (open.st_dev == lock.st_dev && open.st_ino == lock.st_ino) return pid;
  }
  return std::nullopt;
}

}  // namespace flintctl::inventory
