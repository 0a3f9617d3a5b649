// SPDX-License-Identifier: Apache-2.0
#include "image/spool_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include "core/units.hpp"
#include "sys/file.hpp"

namespace flintctl::image {
namespace {

constexpr std::uint64_t check_every = 4 * mib;
constexpr std::uint64_t kept_free = 20;  // one part in so many

}  // namespace

Result<SpoolFile> SpoolFile::create(const std::string& folder, std::uint64_t most) {
  TRY(sys::make_directories(folder, 0700));
  return SpoolFile(TRY(sys::open(folder, O_RDWR | O_TMPFILE, 0600)), folder, most);
}

Result<> SpoolFile::append(std::string_view bytes) {
  size_ += bytes.size();
  if (size_ > most_) {
    return Error(Code::resource_exhausted, fmt::format("it holds more than {}", format_size(most_)))
        .with_hint("if it should: --max-layer-size SIZE");
  }
  unchecked_ += bytes.size();
  if (unchecked_ >= check_every) {
    unchecked_ = 0;
    const auto space = TRY(sys::filesystem_space(folder_));
    if (space.available < space.total / kept_free) {
      return Error(Code::resource_exhausted,
                   fmt::format("{} has {} free, and a twentieth of that disk is left to others",
                               folder_, format_size(space.available)))
          .with_hint("free some space there, or name another state directory in the configuration");
    }
  }
  return sys::write_all(fd_.get(), bytes);
}

Result<UniqueFd> SpoolFile::reader() const {
  return sys::open(fmt::format("/proc/self/fd/{}", fd_.get()), O_RDONLY);
}

}  // namespace flintctl::image
