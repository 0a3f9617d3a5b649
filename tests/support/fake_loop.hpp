// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <map>

#include "loop/driver.hpp"
#include "support/fault.hpp"

namespace flintctl::testing {

/// Loop devices that exist only as entries; the backing files are real.
class FakeLoop final : public loop::Driver {
 public:
  explicit FakeLoop(Fault& fault) : fault_(fault) {}

  std::map<unsigned, loop::Device> devices;

  /// A device as another tool would have made it.
  loop::Device& add(const std::string& file) {
    unsigned number = 0;
    while (devices.count(number) != 0) ++number;
    struct stat status {};
    ::stat(file.c_str(), &status);
    loop::Device device;
    device.number = number;
    device.backing_file = file;
    device.backing_device = status.st_dev;
    device.backing_inode = status.st_ino;
    device.size_bytes = static_cast<std::uint64_t>(status.st_size);
    return devices[number] = device;
  }

  Result<std::vector<loop::Device>> find(const std::string& file) override {
    TRY(fault_.call("loop find"));
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return Error(Code::not_found, file);
    std::vector<loop::Device> found;
    for (auto& [number, device] : devices) {
      if (device.backing_device == status.st_dev && device.backing_inode == status.st_ino) {
        device.backing_file = file;  // as the kernel shows a file that was renamed
        found.push_back(device);
      }
    }
    return found;
  }
  Result<loop::Device> describe(unsigned number) override {
    TRY(fault_.call("loop describe"));
    const auto found = devices.find(number);
    if (found == devices.end()) return Error(Code::not_found, "free");
    return found->second;
  }
  Result<loop::Attachment> attach(const std::string& file, const loop::AttachOptions&) override {
    TRY(fault_.call("loop attach"));
    return loop::Attachment{add(file), UniqueFd(::dup(0))};
  }
  Result<> detach(unsigned number) override {
    TRY(fault_.call("loop detach"));
    devices.erase(number);
    return {};
  }
  Result<> refresh_size(unsigned number) override {
    TRY(fault_.call("loop refresh_size"));
    struct stat status {};
    ::stat(devices.at(number).backing_file.c_str(), &status);
    devices.at(number).size_bytes = static_cast<std::uint64_t>(status.st_size);
    return {};
  }

 private:
  Fault& fault_;
};

}  // namespace flintctl::testing
