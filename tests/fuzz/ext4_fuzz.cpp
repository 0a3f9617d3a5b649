// SPDX-License-Identifier: Apache-2.0
// Any bytes as an ext4 file system: reading it must end, and what is made of it must be a tar that
// the tar reader takes.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "archive/byte_source.hpp"
#include "archive/ext4_tree.hpp"
#include "archive/tar_reader.hpp"

namespace {

using flintctl::Result;

constexpr std::uint64_t limit = std::uint64_t{1} << 22U;

class Bytes final : public flintctl::archive::ByteSource {
 public:
  explicit Bytes(const std::string& bytes) : bytes_(bytes) {}
  Result<std::string_view> next() override {
    std::string_view all = bytes_;
    if (given_) all = {};
    given_ = true;
    return all;
  }

 private:
  const std::string& bytes_;
  bool given_ = false;
};

void read_back(const std::string& tar) {
  Bytes source(tar);
  flintctl::archive::TarReader reader(source);
  for (;;) {
    const auto entry = reader.next();
    if (!entry) std::abort();
    if (!*entry) return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // An input is changed less often than its length: it is continued by zeros, as disks are.
  constexpr off_t disk_size = 256 << 10;
  if (size > disk_size) return 0;
  const int fd = ::memfd_create("disk", MFD_CLOEXEC);
  if (::write(fd, data, size) != static_cast<ssize_t>(size)) std::abort();
  if (::ftruncate(fd, disk_size) != 0) std::abort();
  std::string tar;
  flintctl::archive::TarWriter writer([&](std::string_view bytes) -> Result<> {
    tar += bytes;
    if (tar.size() <= 2 * limit) return {};
    return flintctl::Error(flintctl::Code::resource_exhausted, "enough");
  });
  const auto written = flintctl::archive::write_ext4_tree(fd, disk_size, {limit, 1000}, writer);
  ::close(fd);
  if (written) read_back(tar);
  return 0;
}
