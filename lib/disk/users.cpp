// SPDX-License-Identifier: Apache-2.0
#include "disk/users.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cstdlib>
#include <sstream>

#include "sys/file.hpp"
#include "sys/mount.hpp"

namespace flintctl::disk {
namespace {

/// An attribute of a device without its newline; empty when it has none of the name.
std::string attribute(const std::string& entry, const std::string& name) {
  std::string text = sys::read_file(entry + "/" + name).value_or({});
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

/// The device itself and its partitions.
std::vector<std::string> with_partitions(const std::string& entry) {
  std::vector<std::string> entries = {entry};
  for (const std::string& name : sys::list_directory(entry).value_or({})) {
    const std::string below = entry + "/" + name;
    if (sys::exists(below + "/partition")) entries.push_back(below);
  }
  return entries;
}

/// Whether a line of /proc/swaps names a node of the device.
bool is_swap(const std::string& swaps, const std::string& number) {
  std::istringstream lines(swaps);
  std::string line;
  std::getline(lines, line);  // the titles
  while (std::getline(lines, line)) {
    struct stat status = {};
    const std::string node = line.substr(0, line.find(' '));
    if (::stat(node.c_str(), &status) != 0 || !S_ISBLK(status.st_mode)) continue;
    if (fmt::format("{}:{}", major(status.st_rdev), minor(status.st_rdev)) == number) return true;
  }
  return false;
}

/// "vg-root" for a dm device, else the kernel's name: "md0".
std::string holder_name(const std::string& entry, const std::string& holder) {
  const std::string name = attribute(fmt::format("{}/holders/{}", entry, holder), "dm/name");
  return name.empty() ? holder : fmt::format("{} ({})", holder, name);
}

}  // namespace

Result<std::vector<std::string>> users_of(const std::string& entry, const std::string& proc) {
  const std::string mountinfo = TRY(sys::read_file(proc + "/self/mountinfo"));
  const std::string swaps = sys::read_file(proc + "/swaps").value_or({});
  std::vector<std::string> users;
  for (const std::string& device : with_partitions(entry)) {
    const std::string number = attribute(device, "dev");
    const std::string part =
        device == entry ? "" : fmt::format("has {}, which ", device.substr(device.rfind('/') + 1));
    if (const std::string point = sys::mount_point_of(mountinfo, number); !point.empty()) {
      users.push_back(fmt::format("{}is mounted at {}", part, point));
    }
    if (is_swap(swaps, number)) users.push_back(part + "is in use as swap");
    for (const std::string& holder : TRY(sys::list_directory(device + "/holders"))) {
      users.push_back(fmt::format("{}is held by {}", part, holder_name(device, holder)));
    }
  }
  return users;
}

bool may_be_proposed(const std::string& entry) {
  // Only hardware, or what a hypervisor shows as such, has a device of its own below it.
  if (!sys::exists(entry + "/device")) return false;
  if (attribute(entry, "removable") != "0" || attribute(entry, "ro") != "0") return false;
  if (std::strtoull(attribute(entry, "size").c_str(), nullptr, 10) == 0) return false;
  return with_partitions(entry).size() == 1;
}

}  // namespace flintctl::disk
