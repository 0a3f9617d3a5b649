// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "archive/pax.hpp"
#include "archive/tar_entry.hpp"
#include "core/result.hpp"

namespace flintctl::archive {

/// More parts than this in one sparse file are refused: they are memory that a layer asks for.
inline constexpr std::size_t max_sparse_parts = std::size_t{1} << 20U;

/// What a PAX header says about a sparse file, formats 0.0, 0.1 and 1.0. GNU tar manual, "Storing
/// Sparse Files".
struct PaxSparse {
  std::optional<std::string> name;  ///< the real one; the header's is a placeholder
  std::uint64_t size = 0;           ///< of the file, holes included
  bool map_is_stored = false;       ///< 1.0: the map is at the beginning of the data
  std::vector<SparsePart> parts;    ///< 0.0 and 0.1
};

/// Nothing when the file is not sparse.
Result<std::optional<PaxSparse>> parse_pax_sparse(const PaxRecords& records);

/// data_loss unless the parts are in order, do not overlap, lie within `size` and hold exactly
/// `stored` bytes together.
Result<> check_sparse_parts(const std::vector<SparsePart>& parts, std::uint64_t size,
                            std::uint64_t stored);

/// A number of a sparse map: decimal and not negative.
Result<std::uint64_t> parse_sparse_number(std::string_view text);

}  // namespace flintctl::archive
