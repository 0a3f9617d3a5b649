// SPDX-License-Identifier: Apache-2.0
#include "loop/direct_io.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "core/units.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"

namespace flintctl::loop {
namespace {

constexpr std::size_t trial_bytes = 64 * kib;
constexpr std::size_t alignment = 4 * kib;  // enough for every logical block size in use
constexpr off_t scratch_bytes = 4 * mib;

struct FreeBuffer {
  void operator()(void* buffer) const { std::free(buffer); }
};
using Buffer = std::unique_ptr<unsigned char, FreeBuffer>;

Buffer aligned_buffer() {
  return Buffer(static_cast<unsigned char*>(std::aligned_alloc(alignment, trial_bytes)));
}

bool read_exactly(int descriptor, unsigned char* buffer) {
  return ::pread(descriptor, buffer, trial_bytes, 0) == static_cast<ssize_t>(trial_bytes);
}

std::string folder_of(const std::string& file) {
  // A link's target decides which filesystem is meant.
  const std::unique_ptr<char, FreeBuffer> resolved(::realpath(file.c_str(), nullptr));
  const std::string path = resolved ? resolved.get() : file;
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Result<UniqueFd> open_scratch_file(const std::string& file) {
  const std::string folder = folder_of(file);
  UniqueFd descriptor(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!descriptor) {  // not every filesystem has O_TMPFILE
    std::string name = folder + "/.flintctl-direct-io-XXXXXX";
    descriptor.reset(::mkostemp(name.data(), O_CLOEXEC));
    if (!descriptor) return sys::last_error("making a scratch file in " + folder);
    ::unlink(name.c_str());
  }
  if (::ftruncate(descriptor.get(), scratch_bytes) != 0) {
    return sys::last_error("sizing a scratch file in " + folder);
  }
  return descriptor;
}

bool direct_io_round_trip(const std::string& device, int backing_file) {
  const Buffer pattern = aligned_buffer();
  const Buffer back = aligned_buffer();
  if (!pattern || !back) return false;
  unsigned value = 1;
  std::generate_n(pattern.get(), trial_bytes, [&] {
    value = value * 1103515245U + 12345U;
    return static_cast<unsigned char>(value >> 16U);
  });
  const Result<UniqueFd> direct = sys::open(device, O_RDWR | O_DIRECT);
  if (!direct) return false;
  const int descriptor = direct->get();
  const auto same = [&](int from) {
    std::memset(back.get(), 0, trial_bytes);
    return read_exactly(from, back.get()) &&
           std::memcmp(pattern.get(), back.get(), trial_bytes) == 0;
  };
  return ::pwrite(descriptor, pattern.get(), trial_bytes, 0) == static_cast<ssize_t>(trial_bytes) &&
         ::fsync(descriptor) == 0 && same(descriptor) && same(backing_file);
}

}  // namespace flintctl::loop
