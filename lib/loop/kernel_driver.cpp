// SPDX-License-Identifier: Apache-2.0
#include "loop/kernel_driver.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <charconv>
#include <optional>
#include <string_view>

#include "loop/direct_io.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/host.hpp"

namespace flintctl::loop {
namespace {

std::string device_path(unsigned number) { return fmt::format("/dev/loop{}", number); }

/// The kernel's 32-bit encoding of a device number (new_encode_dev in linux/kdev_t.h) as glibc's.
dev_t decode(std::uint64_t encoded) {
  return makedev(static_cast<unsigned>((encoded & 0xfff00U) >> 8U),
                 static_cast<unsigned>((encoded & 0xffU) | ((encoded >> 12U) & 0xfff00U)));
}

/// Opens /dev/loopN, whose node a host without devtmpfs and udevd may lack.
Result<UniqueFd> open_device(unsigned number, int flags) {
  const std::string path = device_path(number);
  if (!sys::exists(path)) {
    ::mknod(path.c_str(), S_IFBLK | 0600, makedev(major_number, number));
  }
  return sys::open(path, flags);
}

Result<Device> read_device(int descriptor, unsigned number) {
  loop_info64 info{};
  if (::ioctl(descriptor, LOOP_GET_STATUS64, &info) != 0) {
    return sys::last_error("reading the status of " + device_path(number));
  }
  Device device;
  device.number = number;
  device.backing_device = decode(info.lo_device);
  device.backing_inode = info.lo_inode;
  device.offset_bytes = info.lo_offset;
  device.limit_bytes = info.lo_sizelimit;
  device.read_only = (info.lo_flags & LO_FLAGS_READ_ONLY) != 0;
  device.direct_io = (info.lo_flags & LO_FLAGS_DIRECT_IO) != 0;
  device.autoclear = (info.lo_flags & LO_FLAGS_AUTOCLEAR) != 0;
  if (::ioctl(descriptor, BLKGETSIZE64, &device.size_bytes) != 0) {
    return sys::last_error("reading the size of " + device_path(number));
  }
  // The ioctl cuts names at 64 bytes.
  std::string name =
      TRY(sys::read_file(fmt::format("/sys/block/loop{}/loop/backing_file", number)));
  while (name.ends_with('\n')) name.pop_back();
  device.backing_file = std::move(name);
  return device;
}

std::optional<unsigned> loop_number(std::string_view name) {
  if (!name.starts_with("loop")) return std::nullopt;
  name.remove_prefix(4);
  unsigned number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

loop_config configuration(int file, const AttachOptions& options) {
  loop_config config{};
  config.fd = static_cast<std::uint32_t>(file);
  config.block_size = options.block_size;
  if (options.lifetime == Lifetime::while_used) config.info.lo_flags |= LO_FLAGS_AUTOCLEAR;
  if (options.direct_io != DirectIo::never) config.info.lo_flags |= LO_FLAGS_DIRECT_IO;
  return config;
}

}  // namespace

Result<std::vector<Device>> KernelDriver::find(const std::string& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return sys::last_error("looking up " + file);
  std::vector<Device> found;
  for (const std::string& name : TRY(sys::list_directory("/sys/block"))) {
    const std::optional<unsigned> number = loop_number(name);
    if (!number || !sys::exists(fmt::format("/sys/block/{}/loop/backing_file", name))) continue;
    Result<Device> device = describe(*number);
    if (!device) {
      // It may vanish between the listing and the look.
      if (device.error().code() == Code::not_found) continue;
      return std::move(device).error();
    }
    if (device->backing_device == status.st_dev && device->backing_inode == status.st_ino) {
      found.push_back(*std::move(device));
    }
  }
  return found;
}

Result<Device> KernelDriver::describe(unsigned number) {
  if (!sys::exists(fmt::format("/sys/block/loop{}/loop/backing_file", number))) {
    return Error(Code::not_found, device_path(number) + " has no backing file");
  }
  // udevd looks at a device anew each time somebody closes it who could have written to it.
  const UniqueFd descriptor = TRY(open_device(number, O_RDONLY));
  return read_device(descriptor.get(), number);
}

Result<Attachment> KernelDriver::configure(int file, const AttachOptions& options) {
  loop_config config = configuration(file, options);
  // Between asking for a free device and taking it another process may take it: EBUSY.
  constexpr int attempts = 64;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    const int number = ::ioctl(control_.get(), LOOP_CTL_GET_FREE);
    if (number < 0) return sys::last_error("asking for a free loop device");
    const auto index = static_cast<unsigned>(number);
    UniqueFd descriptor = TRY(open_device(index, O_RDWR));
    if (::ioctl(descriptor.get(), LOOP_CONFIGURE, &config) == 0) {
      Device device = TRY(read_device(descriptor.get(), index));
      return Attachment{std::move(device), std::move(descriptor)};
    }
    const int failure = errno;
    if (failure == EBUSY) continue;
    if (failure == EINVAL && (config.info.lo_flags & LO_FLAGS_DIRECT_IO) != 0) {
      // Some kernels refuse direct I/O here instead of falling back.
      config.info.lo_flags &= ~static_cast<std::uint32_t>(LO_FLAGS_DIRECT_IO);
      continue;
    }
    Error error = sys::from_errno(failure, "configuring " + device_path(index));
    if (failure == ENOTTY) {
      return std::move(error)
          .with_code(Code::host_not_ready)
          .with_hint("LOOP_CONFIGURE needs Linux 5.8 or later");
    }
    return error;
  }
  return Error(Code::unavailable, "no loop device stayed free long enough to take it");
}

bool KernelDriver::prove_direct_io(const std::string& file, const AttachOptions& options) {
  Result<UniqueFd> scratch = open_scratch_file(file);
  if (!scratch) return false;
  AttachOptions trial = options;
  trial.lifetime = Lifetime::while_used;
  const Result<Attachment> attachment = configure(scratch->get(), trial);
  return attachment && attachment->device.direct_io &&
         direct_io_round_trip(attachment->device.path(), scratch->get());
}

Result<Attachment> KernelDriver::attach(const std::string& file, const AttachOptions& options) {
  const std::string what = fmt::format("attaching a loop device to {}", file);
  AttachOptions chosen = options;
  if (options.direct_io == DirectIo::when_proven && !prove_direct_io(file, options)) {
    chosen.direct_io = DirectIo::never;
  }
  const UniqueFd descriptor = TRY(sys::open(file, O_RDWR).context(what));
  return configure(descriptor.get(), chosen).context(what);
}

Result<> KernelDriver::detach(unsigned number) {
  if (!sys::exists(fmt::format("/sys/block/loop{}/loop/backing_file", number))) return {};
  const UniqueFd descriptor = TRY(open_device(number, O_RDWR));
  if (::ioctl(descriptor.get(), LOOP_CLR_FD) == 0 || errno == ENXIO) return {};
  return sys::last_error("detaching " + device_path(number));
}

Result<> KernelDriver::refresh_size(unsigned number) {
  const UniqueFd descriptor = TRY(open_device(number, O_RDWR));
  if (::ioctl(descriptor.get(), LOOP_SET_CAPACITY) == 0) return {};
  return sys::last_error("growing " + device_path(number));
}

std::string Device::path() const { return device_path(number); }

Result<std::unique_ptr<Driver>> open(sys::Modules modules) {
  if (modules == sys::Modules::leave && !sys::has_misc_driver("loop-control")) {
    return {std::make_unique<KernelDriver>(UniqueFd())};
  }
  constexpr const char* control = "/dev/loop-control";
  Result<UniqueFd> descriptor = sys::open(control, O_RDWR);
  if (!descriptor && descriptor.error().code() != Code::permission_denied) {
    TRY(sys::load_module("loop").context("loop devices are not available"));
    descriptor = sys::open(control, O_RDWR);
  }
  if (!descriptor) {
    const Code code = descriptor.error().code() == Code::permission_denied ? Code::permission_denied
                                                                           : Code::host_not_ready;
    return std::move(descriptor)
        .error()
        .with_code(code)
        .with_hint("run as root, with the kernel module loop");
  }
  return {std::make_unique<KernelDriver>(*std::move(descriptor))};
}

}  // namespace flintctl::loop
