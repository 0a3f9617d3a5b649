// SPDX-License-Identifier: Apache-2.0
// Any bytes as a tar: the reader must end with members or an error, and a sparse file's pieces must
// lie within its size. Header checksums are repaired first, or no input would get past them.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "archive/tar_reader.hpp"

namespace {

using flintctl::archive::tar_block;

class Pieces final : public flintctl::archive::ByteSource {
 public:
  Pieces(std::string_view bytes, std::size_t size) : rest_(bytes), size_(size) {}
  flintctl::Result<std::string_view> next() override {
    const auto piece = rest_.substr(0, size_);
    rest_.remove_prefix(piece.size());
    return piece;
  }

 private:
  std::string_view rest_;
  std::size_t size_;
};

void repair_checksums(std::string& bytes) {
  constexpr std::size_t offset = 148;
  constexpr std::size_t length = 8;
  for (std::size_t i = 0; i + tar_block <= bytes.size(); i += tar_block) {
    if (bytes.compare(i + 257, 5, "ustar") != 0) continue;
    bytes.replace(i + offset, length, length, ' ');
    unsigned sum = 0;
    for (std::size_t j = 0; j < tar_block; ++j) sum += static_cast<unsigned char>(bytes[i + j]);
    char text[length] = {};
    std::snprintf(text, sizeof text, "%06o", sum);
    bytes.replace(i + offset, length - 1, std::string_view(text, length - 1));
  }
}

flintctl::Result<> read_all(flintctl::archive::TarReader& reader) {
  for (;;) {
    const auto entry = TRY(reader.next());
    if (!entry) return {};
    std::uint64_t end = 0;
    for (;;) {
      const auto piece = TRY(reader.read());
      if (!piece) break;
      if (piece->bytes.empty() || piece->offset < end) std::abort();
      end = piece->offset + piece->bytes.size();
      if (end > entry->size) std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  repair_checksums(bytes);
  for (const std::size_t piece : {std::size_t{1} << 20U, std::size_t{300}}) {
    Pieces source(bytes, piece);
    flintctl::archive::TarReader reader(source);
    (void)read_all(reader);
  }
  return 0;
}
