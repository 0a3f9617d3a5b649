// SPDX-License-Identifier: Apache-2.0
#include "image/cpio_writer.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

namespace flintctl::image {
namespace {

constexpr std::size_t alignment = 4;

void pad(std::string& bytes) {
  bytes.append((alignment - bytes.size() % alignment) % alignment, '\0');
}

}  // namespace

void CpioWriter::folder(const std::string& name, unsigned mode) { add(name, S_IFDIR | mode, ""); }

void CpioWriter::file(const std::string& name, std::string_view bytes, unsigned mode) {
  add(name, S_IFREG | mode, bytes);
}

void CpioWriter::symlink(const std::string& name, std::string_view target) {
  add(name, S_IFLNK | 0777, target);
}

std::string CpioWriter::finish() {
  add("TRAILER!!!", 0, "");
  return std::move(bytes_);
}

void CpioWriter::add(const std::string& name, unsigned mode, std::string_view bytes) {
  constexpr unsigned links = 1;
  constexpr unsigned none = 0;  // owner, times, devices and checksum
  bytes_ += fmt::format("070701{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}", ++inode_, mode, none,
                        none, links, none, bytes.size());
  bytes_ += fmt::format("{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}", none, none, none, none,
                        name.size() + 1, none);
  bytes_ += name;
  bytes_ += '\0';
  pad(bytes_);
  bytes_ += bytes;
  pad(bytes_);
}

}  // namespace flintctl::image
