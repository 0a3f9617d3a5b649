// SPDX-License-Identifier: Apache-2.0
#include "thinpool/users.hpp"

#include <algorithm>

namespace flintctl::thinpool {

Result<std::optional<std::string>> user_of(const loop::Device& device, devmapper::Driver& driver) {
  const devmapper::DeviceNumber number{loop::major_number, device.number};
  for (const devmapper::Device& other : TRY(driver.list())) {
    const auto dependencies = driver.dependencies(other.name);
    if (!dependencies) continue;  // gone meanwhile
    if (std::find(dependencies->begin(), dependencies->end(), number) != dependencies->end()) {
      return std::optional(other.name);
    }
  }
  return std::optional<std::string>();
}

Result<std::optional<FileUser>> find_user(const BackingFiles& files, devmapper::Driver& driver,
                                          loop::Driver& loops) {
  for (const std::string& file : {files.data, files.metadata, files.unfinished_metadata}) {
    const auto devices = loops.find(file);
    if (!devices && devices.error().code() == Code::not_found) continue;
    if (!devices) return devices.error();
    for (const loop::Device& device : *devices) {
      if (auto user = TRY(user_of(device, driver))) {
        return std::optional(FileUser{file, *std::move(user)});
      }
    }
  }
  return std::optional<FileUser>();
}

}  // namespace flintctl::thinpool
