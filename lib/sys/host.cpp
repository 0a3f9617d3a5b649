// SPDX-License-Identifier: Apache-2.0
#include "sys/host.hpp"

#include <fmt/format.h>
#include <libkmod.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/modules.hpp"
#include "sys/shared_library.hpp"

namespace flintctl::sys {
namespace {

/// The few functions of libkmod that loading takes. libkmod.h.
struct Kmod {
  decltype(&kmod_new) create;
  decltype(&kmod_unref) unref;
  decltype(&kmod_set_log_fn) set_log;
  decltype(&kmod_module_new_from_lookup) lookup;
  decltype(&kmod_module_get_module) module;
  decltype(&kmod_module_probe_insert_module) insert;
  decltype(&kmod_module_unref) unref_module;
  decltype(&kmod_module_unref_list) unref_list;
};

Result<Kmod> load_kmod() {
  const SharedLibrary library = TRY(SharedLibrary::open("libkmod.so.2", "libkmod2"));
  Kmod kmod = {};
  kmod.create = TRY(library.function<decltype(&kmod_new)>("kmod_new"));
  kmod.unref = TRY(library.function<decltype(&kmod_unref)>("kmod_unref"));
  kmod.set_log = TRY(library.function<decltype(&kmod_set_log_fn)>("kmod_set_log_fn"));
  kmod.lookup =
      TRY(library.function<decltype(&kmod_module_new_from_lookup)>("kmod_module_new_from_lookup"));
  kmod.module = TRY(library.function<decltype(&kmod_module_get_module)>("kmod_module_get_module"));
  kmod.insert = TRY(library.function<decltype(&kmod_module_probe_insert_module)>(
      "kmod_module_probe_insert_module"));
  kmod.unref_module = TRY(library.function<decltype(&kmod_module_unref)>("kmod_module_unref"));
  kmod.unref_list =
      TRY(library.function<decltype(&kmod_module_unref_list)>("kmod_module_unref_list"));
  return kmod;
}

void drop_log(void* /*data*/, int /*priority*/, const char* /*file*/, int /*line*/,
              const char* /*function*/, const char* /*format*/, va_list /*arguments*/) {}

Error no_module(const std::string& name, std::string why) {
  return Error(Code::host_not_ready, fmt::format("loading the kernel module {}: {}", name, why))
      .with_hint(fmt::format("use a kernel that has {}, built in or as a module", name));
}

/// The kernel's own spelling of a module's name.
std::string underscored(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

/// A list of module files of the running kernel ("modules.dep"), which is read once, names this
/// module.
bool listed(std::optional<std::string>& list, const char* file, const std::string& name) {
  utsname kernel = {};
  if (!list && ::uname(&kernel) == 0) {
    // Files have either spelling, with or without compression: ".../dm-thin-pool.ko.xz".
    list = underscored(
        read_file(fmt::format("/lib/modules/{}/{}", kernel.release, file)).value_or({}));
  }
  return list && list->find(fmt::format("/{}.ko", underscored(name))) != std::string::npos;
}

}  // namespace

bool KernelModules::loaded(const std::string& name) {
  if (is_directory("/sys/module/" + underscored(name))) return true;
  // A part without parameters that is built in has no folder there, and a kernel of one's own need
  // not have lists.
  std::string driver = underscored(name);
  std::replace(driver.begin(), driver.end(), '_', '-');
  return has_misc_driver(driver == "loop" ? "loop-control" : driver) ||
         listed(built_in_, "modules.builtin", name);
}

bool KernelModules::available(const std::string& name) {
  return listed(files_, "modules.dep", name);
}

Result<> require_root(const std::string& what) {
  if (::geteuid() == 0) return {};
  return Error(Code::permission_denied, fmt::format("{} needs root", what))
      .with_hint("run the command with sudo");
}

bool systemd_running() { return is_directory("/run/systemd/system"); }

bool udev_running() {
  const char* disabled = std::getenv("DM_DISABLE_UDEV");
  if (disabled != nullptr && *disabled != '\0') return false;
  return exists("/run/udev/control");
}

Result<> load_module(const std::string& name) {
  if (is_directory("/sys/module/" + underscored(name))) return {};

  const Kmod kmod = TRY(load_kmod());
  const std::unique_ptr<kmod_ctx, decltype(kmod.unref)> context(kmod.create(nullptr, nullptr),
                                                                kmod.unref);
  if (!context) return no_module(name, "libkmod cannot read the module index");
  kmod.set_log(context.get(), drop_log, nullptr);
  kmod_list* found = nullptr;
  const int status = kmod.lookup(context.get(), name.c_str(), &found);
  if (status < 0) return no_module(name, std::strerror(-status));
  // An empty list: neither a module file nor in modules.builtin.
  if (found == nullptr) return no_module(name, "this kernel has no such module");
  const std::unique_ptr<kmod_list, decltype(kmod.unref_list)> list(found, kmod.unref_list);
  const std::unique_ptr<kmod_module, decltype(kmod.unref_module)> module(kmod.module(found),
                                                                         kmod.unref_module);
  const int inserted =
      kmod.insert(module.get(), KMOD_PROBE_IGNORE_LOADED, nullptr, nullptr, nullptr, nullptr);
  if (inserted == -EPERM) TRY(require_root(fmt::format("loading the kernel module {}", name)));
  if (inserted < 0) return no_module(name, std::strerror(-inserted));
  return {};
}

Result<std::string> own_executable() {
  std::vector<char> path(PATH_MAX);
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
  if (length < 0) return last_error("reading /proc/self/exe");
  std::string target(path.data(), static_cast<std::size_t>(length));
  // proc_pid_exe(5)
  constexpr std::string_view deleted = " (deleted)";
  if (!target.ends_with(deleted) || exists(target)) return target;
  target.resize(target.size() - deleted.size());
  return Error(Code::host_not_ready, fmt::format("{} was {} while it runs", target,
                                                 exists(target) ? "replaced" : "deleted"))
      .with_hint("run the command again");
}

std::string random_hex(std::size_t length) {
  std::vector<unsigned char> bytes(length);
  std::size_t filled = 0;
  while (filled < length) {
    const ssize_t count = ::getrandom(bytes.data() + filled, length - filled, 0);
    if (count > 0) filled += static_cast<std::size_t>(count);
  }
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace flintctl::sys
