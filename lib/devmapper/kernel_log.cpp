// SPDX-License-Identifier: Apache-2.0
#include "devmapper/kernel_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace flintctl::devmapper {

KernelLog KernelLog::mark() {
  UniqueFd log(::open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (log && ::lseek(log.get(), 0, SEEK_END) < 0) log.reset();
  return KernelLog(std::move(log));
}

std::string KernelLog::device_mapper_lines() const {
  std::string lines;
  std::array<char, 8192> record{};  // the kernel's longest
  while (log_) {
    const ssize_t length = ::read(log_.get(), record.data(), record.size());
    if (length < 0 && errno == EPIPE)
      continue;  // overwritten before it was read: go on with the next
    if (length <= 0) break;
    const std::string_view message =
        device_mapper_message({record.data(), static_cast<std::size_t>(length)});
    if (message.empty()) continue;
    if (!lines.empty()) lines += "; ";
    lines += message;
  }
  return lines;
}

std::string_view device_mapper_message(std::string_view record) {
  constexpr std::string_view prefix = "device-mapper: ";
  const auto semicolon = record.find(';');
  if (semicolon == std::string_view::npos) return {};
  std::string_view message = record.substr(semicolon + 1);
  message = message.substr(0, message.find('\n'));
  if (!message.starts_with(prefix)) return {};
  message.remove_prefix(prefix.size());
  if (message.starts_with("ioctl: error adding target")) return {};
  return message;
}

}  // namespace flintctl::devmapper
