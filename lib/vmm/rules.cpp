// SPDX-License-Identifier: Apache-2.0
#include "vmm/rules.hpp"

#include <fmt/format.h>
#include <net/if.h>

#include <sys/un.h>
#include <algorithm>
#include <cctype>
#include <set>

#include <fcntl.h>
#include <unistd.h>

#include "core/units.hpp"
#include "sys/file.hpp"
#include "vm/name.hpp"

namespace flintctl::vmm {
namespace {

/// Guests keep 2047 bytes of command line; a longer one boots a kernel that dies without a word.
constexpr std::uint64_t smallest_memory = 32 * mib;

class Checker {
 public:
  Checker(const Machine& machine, const Limits& limits) : machine_(machine), limits_(limits) {}

  std::vector<Violation> run() && {
    check_size();
    check_kernel();
    check_devices();
    check_paths();
    return std::move(violations_);
  }

 private:
  void add(std::string field, std::string rule, std::string hint = {}) {
    violations_.push_back({std::move(field), std::move(rule), std::move(hint)});
  }

  void check_size() {
    if (machine_.vcpus < 1 || machine_.vcpus > limits_.vcpus) {
      add("spec.vcpus", fmt::format("{} is not between 1 and {}", machine_.vcpus, limits_.vcpus),
          fmt::format("use --vcpus 1 to {}", limits_.vcpus));
    }
    if (machine_.memory_bytes < smallest_memory || machine_.memory_bytes % mib != 0) {
      add("spec.memory",
          fmt::format("{} is not a multiple of 1 MiB and at least {}",
                      format_size(machine_.memory_bytes), format_size(smallest_memory)));
    }
    if (machine_.cmdline.size() > limits_.cmdline) {
      add("spec.kernel.cmdline",
          fmt::format("{} bytes are more than the {} that this machine can carry",
                      machine_.cmdline.size(), limits_.cmdline),
          "shorten --cmdline; long data belongs on a cloud-init disk");
    }
    if (machine_.cmdline.find('\n') != std::string::npos) {
      add("spec.kernel.cmdline", "holds a line break");
    }
  }

  void check_kernel() {
    if (machine_.kernel.empty()) {
      add("spec.kernel", "is missing",
          "name one with --kernel, or in [defaults] of the configuration");
      return;
    }
    check_readable("spec.kernel", machine_.kernel);
    if (sys::exists(machine_.kernel)) check_kernel_format();
    if (!machine_.initrd.empty()) check_readable("spec.initrd", machine_.initrd);
  }

  void check_kernel_format() {
    const auto file = sys::open_regular(machine_.kernel);
    if (!file) return;
    char head[0x206] = {};
    const auto length = ::pread(file->get(), head, sizeof head, 0);
    const std::string_view bytes(head, length > 0 ? static_cast<std::size_t>(length) : 0);
    const bool elf = bytes.starts_with(
        "\x7f"
        "ELF");
    const bool bzimage = bytes.size() == sizeof head && bytes.substr(0x202, 4) == "HdrS";
    if (elf || (bzimage && limits_.bzimage)) return;
    add("spec.kernel",
        bzimage ? fmt::format("{} is a bzImage, an ELF vmlinux is needed", machine_.kernel)
                : fmt::format("{} is not a Linux kernel", machine_.kernel));
  }

  void check_devices() {
    if (machine_.disks.empty()) add("spec.rootVolume", "is missing");
    const std::size_t devices = machine_.disks.size() + machine_.nics.size();
    if (devices > limits_.devices) {
      add("spec",
          fmt::format("{} disks and interfaces are more than {}", devices, limits_.devices));
    }
    std::set<std::string> ids;
    for (std::size_t i = 0; i < machine_.disks.size(); ++i) {
      const auto& disk = machine_.disks[i];
      const std::string field = i == 0 ? "spec.rootVolume" : fmt::format("spec.volumes[{}]", i - 1);
      check_id(field, disk.id, ids);
      check_readable(field, disk.path);
    }
    for (std::size_t i = 0; i < machine_.nics.size(); ++i) {
      check_nic(fmt::format("spec.interfaces[{}]", i), machine_.nics[i], ids);
    }
  }

  void check_nic(const std::string& field, const Nic& nic, std::set<std::string>& ids) {
    check_id(field, nic.id, ids);
    if (nic.tap.empty() || nic.tap.size() >= IFNAMSIZ || nic.tap.find('/') != std::string::npos) {
      add(field, fmt::format("'{}' is not a name of a host interface", nic.tap));
    } else if (::if_nametoindex(nic.tap.c_str()) == 0) {
      // A hypervisor that runs as root would make it, joined to no bridge, and never say so.
      add(field, fmt::format("no host interface {}", nic.tap));
    }
  }

  void check_id(const std::string& field, const std::string& id, std::set<std::string>& ids) {
    const bool good = !id.empty() && id.size() <= limits_.id_length &&
                      std::all_of(id.begin(), id.end(),
                                  [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
    if (!good) {
      add(field,
          fmt::format("id '{}' is not 1 to {} letters, digits or '_'", id, limits_.id_length));
    } else if (!ids.insert(id).second) {
      add(field, fmt::format("id '{}' is taken already", id));
    }
  }

  void check_readable(const std::string& field, const std::string& path) {
    if (path.empty() || path[0] != '/') {
      add(field, fmt::format("'{}' is not an absolute path", path));
    } else if (!sys::exists(path)) {
      add(field, fmt::format("{} does not exist", path));
    }
  }

  void check_paths() {
    const auto& instance = machine_.instance;
    if (!vm::is_uid(instance.uid)) add("metadata.uid", fmt::format("'{}' is no uid", instance.uid));
    const std::size_t longest = control_socket(instance).size();
    if (longest >= sizeof(sockaddr_un::sun_path)) {
      add("metadata",
          fmt::format("the socket path {} is longer than {} bytes", control_socket(instance),
                      sizeof(sockaddr_un::sun_path) - 1),
          "choose a shorter run_directory in the configuration file");
    }
    if (instance.console_log.empty() || instance.console_log[0] != '/') {
      add("metadata", "the console log has no absolute path");
    }
  }

  const Machine& machine_;
  const Limits& limits_;
  std::vector<Violation> violations_;
};

}  // namespace

std::vector<Violation> common_violations(const Machine& machine, const Limits& limits) {
  return Checker(machine, limits).run();
}

}  // namespace flintctl::vmm
