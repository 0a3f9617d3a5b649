// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "core/unique_fd.hpp"
#include "devmapper/kernel_driver.hpp"
#include "sys/error.hpp"
#include "sys/host.hpp"

namespace flintctl::devmapper {
namespace {

/// 0, or the errno of opening the control node: it can exist on a kernel without the driver behind
/// it, so only opening tells.
int open_control() {
  const UniqueFd control(::open("/dev/mapper/control", O_RDWR | O_CLOEXEC));
  return control ? 0 : errno;
}

}  // namespace

Result<std::unique_ptr<Driver>> open(sys::Modules modules) {
  if (modules == sys::Modules::leave && !sys::has_misc_driver("device-mapper")) {
    return Error(Code::host_not_ready, "this kernel has not loaded device-mapper")
        .with_hint("flintctl provision devpool loads it; or: modprobe dm-mod");
  }
  int failure = open_control();
  if (failure == EACCES || failure == EPERM) {
    return sys::from_errno(failure, "opening /dev/mapper/control")
        .with_code(Code::permission_denied)
        .with_hint("run as root (with CAP_SYS_ADMIN)");
  }
  if (failure != 0 && modules == sys::Modules::load) {
    static_cast<void>(sys::load_module("dm-mod"));
    failure = open_control();
  }
  auto driver = std::make_unique<KernelDriver>();
  // A missing node is not yet a missing driver: the library makes it from /proc/misc.
  if (failure == 0 || failure == ENOENT) {
    if (const Result<Version> version = driver->version(); version) return {std::move(driver)};
  }
  Error error(Code::host_not_ready, "this kernel has no device-mapper");
  if (failure != 0) {
    error = sys::from_errno(failure, "opening /dev/mapper/control")
                .with_code(Code::host_not_ready)
                .context("this kernel has no device-mapper");
  }
  return std::move(error).with_hint(
      "load the module dm-mod, or boot a kernel with CONFIG_BLK_DEV_DM and "
      "CONFIG_DM_THIN_PROVISIONING");
}

}  // namespace flintctl::devmapper
