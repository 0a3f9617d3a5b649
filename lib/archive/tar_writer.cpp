// SPDX-License-Identifier: Apache-2.0
#include "archive/tar_writer.hpp"

#include <fmt/format.h>

#include "archive/tar_header.hpp"

namespace flintctl::archive {
namespace {

constexpr std::size_t max_name = 100;
constexpr std::uint64_t max_octal = (std::uint64_t{1} << 33U) - 1;

/// Octal, or GNU's base 256 above 8 GiB.
std::string size_field(std::uint64_t size) {
  if (size <= max_octal) return fmt::format("{:011o}", size);
  std::string field(12, '\0');
  field[0] = '\x80';
  for (std::size_t i = 0; i < 8; ++i) field[11 - i] = static_cast<char>(size >> (8 * i) & 0xffU);
  return field;
}

std::string header_of(const std::string& name, std::uint64_t size) {
  std::string block(tar_block, '\0');
  const auto put = [&](std::size_t offset, std::string_view text) {
    block.replace(offset, text.size(), text);
  };
  put(0, name);
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  put(124, size_field(size));
  put(136, "00000000000");
  put(148, "        ");  // the checksum counts as blanks
  put(156, "0");
  put(257, std::string_view("ustar\00000", 8));
  unsigned sum = 0;
  for (const char byte : block) sum += static_cast<unsigned char>(byte);
  put(148, fmt::format("{:06o}", sum) + '\0');
  return block;
}

}  // namespace

Result<> TarWriter::file(const std::string& name, std::string_view bytes) {
  TRY(begin_file(name, bytes.size()));
  TRY(append(bytes));
  return finish_file();
}

Result<> TarWriter::begin_file(const std::string& name, std::uint64_t size) {
  if (name.size() > max_name) return Error(Code::invalid_argument, "a name too long for a tar");
  size_ = size;
  written_ = 0;
  return sink_(header_of(name, size));
}

Result<> TarWriter::append(std::string_view bytes) {
  written_ += bytes.size();
  return sink_(bytes);
}

Result<> TarWriter::finish_file() {
  if (written_ != size_) {
    return Error(Code::data_loss, fmt::format("{} bytes came, {} were announced", written_, size_));
  }
  const auto padding = static_cast<std::size_t>((tar_block - size_ % tar_block) % tar_block);
  return padding == 0 ? Result<>() : sink_(std::string(padding, '\0'));
}

Result<> TarWriter::finish() { return sink_(std::string(2 * tar_block, '\0')); }

}  // namespace flintctl::archive
