// SPDX-License-Identifier: Apache-2.0
// What may be asked for, and what may have come of it, in words.
#include <fmt/format.h>

#include "core/units.hpp"
#include "devmapper/driver.hpp"
#include "sys/place.hpp"
#include "thinpool/provision.hpp"

namespace flintctl::thinpool {

Result<> check_sizes(const std::optional<std::uint64_t>& data_bytes,
                     const std::optional<std::uint64_t>& metadata_bytes, const SizeBounds& bounds) {
  if (data_bytes && *data_bytes < bounds.shortest_data) {
    return Error(Code::invalid_argument,
                 fmt::format("a data size of {} is too small", format_size(*data_bytes)))
        .with_hint("give at least " + format_size(bounds.shortest_data));
  }
  if (metadata_bytes &&
      (*metadata_bytes < bounds.shortest_metadata || *metadata_bytes > bounds.longest_metadata)) {
    return Error(Code::invalid_argument,
                 fmt::format("a metadata size of {} is out of range", format_size(*metadata_bytes)))
        .with_hint(fmt::format("give {} to {}", format_size(bounds.shortest_metadata),
                               format_size(bounds.longest_metadata)));
  }
  return {};
}

Result<> check(const Spec& spec) {
  constexpr SizeBounds bounds = {16 * mib, 2 * mib, longest_metadata};
  TRY(devmapper::check_name(spec.name));
  if (!spec.directory.starts_with('/')) {
    return Error(Code::invalid_argument,
                 fmt::format("directory '{}' is not an absolute path", spec.directory))
        .with_hint("begin it with '/'");
  }
  TRY(sys::refuse_shared_folder("the pool's directory", spec.directory));
  return check_sizes(spec.data_bytes, spec.metadata_bytes, bounds);
}

std::string_view change_word(Change change) {
  switch (change) {
    case Change::created:
      return "created";
    case Change::reattached:
      return "reattached";
    case Change::adopted:
      return "adopted";
    case Change::unchanged:
      return "unchanged";
  }
  return "unchanged";
}

}  // namespace flintctl::thinpool
