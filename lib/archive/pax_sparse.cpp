// SPDX-License-Identifier: Apache-2.0
#include "archive/pax_sparse.hpp"

namespace flintctl::archive {
namespace {

Error damaged_map(const char* what) { return {Code::data_loss, what}; }

/// The numbers of 0.1's one record, "offset,length,offset,length,…".
Result<std::vector<std::uint64_t>> numbers_of_map(std::string_view map) {
  std::vector<std::uint64_t> numbers;
  if (map.empty()) return numbers;
  for (;;) {
    const auto comma = map.find(',');
    numbers.push_back(TRY(parse_sparse_number(map.substr(0, comma))));
    if (comma == std::string_view::npos) return numbers;
    map.remove_prefix(comma + 1);
  }
}

Result<std::vector<SparsePart>> pairs_of(const std::vector<std::uint64_t>& numbers) {
  if (numbers.size() % 2 != 0) return damaged_map("damaged sparse map: an odd count of numbers");
  if (numbers.size() / 2 > max_sparse_parts) {
    return Error(Code::resource_exhausted, "a sparse map has too many parts");
  }
  std::vector<SparsePart> parts;
  for (std::size_t i = 0; i < numbers.size(); i += 2) {
    parts.push_back({numbers[i], numbers[i + 1]});
  }
  return parts;
}

}  // namespace

Result<std::uint64_t> parse_sparse_number(std::string_view text) {
  const auto number = TRY(parse_pax_number(text));
  if (number < 0) return damaged_map("damaged sparse map: a negative number");
  return static_cast<std::uint64_t>(number);
}

Result<std::optional<PaxSparse>> parse_pax_sparse(const PaxRecords& records) {
  PaxSparse sparse;
  bool found = false;
  std::string major;
  std::string minor;
  std::vector<std::uint64_t> numbers;
  for (const auto& [key, value] : records) {
    if (key == "GNU.sparse.major") {
      major = value;
    } else if (key == "GNU.sparse.minor") {
      minor = value;
    } else if (key == "GNU.sparse.name") {
      if (value.find('\0') != std::string::npos) {
        return Error(Code::data_loss, "damaged PAX header: NUL in a name");
      }
      sparse.name = value;
    } else if (key == "GNU.sparse.size" || key == "GNU.sparse.realsize") {
      sparse.size = TRY(parse_sparse_number(value));
      found = true;
    } else if (key == "GNU.sparse.offset" || key == "GNU.sparse.numbytes") {
      numbers.push_back(TRY(parse_sparse_number(value)));
    } else if (key == "GNU.sparse.map") {
      numbers = TRY(numbers_of_map(value));
    }
  }
  if (!found) return std::optional<PaxSparse>();
  sparse.map_is_stored = major == "1" && minor == "0";
  const bool known = sparse.map_is_stored || major.empty() || major == "0";
  if (!known) return Error(Code::unimplemented, "a sparse file of an unknown format");
  sparse.parts = TRY(pairs_of(numbers));
  return std::optional(std::move(sparse));
}

Result<> check_sparse_parts(const std::vector<SparsePart>& parts, std::uint64_t size,
                            std::uint64_t stored) {
  std::uint64_t end = 0;
  std::uint64_t sum = 0;
  for (const auto& part : parts) {
    if (part.offset < end || part.offset > size || part.length > size - part.offset) {
      return damaged_map("damaged sparse map: parts overlap or lie outside the file");
    }
    end = part.offset + part.length;
    sum += part.length;
  }
  if (sum != stored) return damaged_map("damaged sparse map: it does not fit the data");
  return {};
}

}  // namespace flintctl::archive
