// SPDX-License-Identifier: Apache-2.0
#include "archive/tar_writer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "archive/tar_header.hpp"

namespace flintctl::archive {
namespace {

constexpr std::size_t max_name = 100;
constexpr std::uint64_t max_id = (1U << 21U) - 1;                   // seven octal digits
constexpr std::uint64_t max_octal = (std::uint64_t{1} << 33U) - 1;  // eleven

/// Octal, or GNU's base 256 above 8 GiB.
std::string size_text(std::uint64_t size) {
  if (size <= max_octal) return fmt::format("{:011o}", size);
  std::string field(12, '\0');
  field[0] = '\x80';
  for (std::size_t i = 0; i < 8; ++i) field[11 - i] = static_cast<char>(size >> (8 * i) & 0xffU);
  return field;
}

char type_flag(TarEntry::Type type) {
  switch (type) {
    case TarEntry::Type::hard_link:
      return '1';
    case TarEntry::Type::symlink:
      return '2';
    case TarEntry::Type::character_device:
      return '3';
    case TarEntry::Type::block_device:
      return '4';
    case TarEntry::Type::directory:
      return '5';
    case TarEntry::Type::fifo:
      return '6';
    case TarEntry::Type::file:
      break;
  }
  return '0';
}

/// What a ustar header says. What does not fit is cut: PAX records take its place.
struct Header {
  char type = '0';
  std::string name;
  std::string link;
  unsigned mode = 0644;
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::uint64_t size = 0;
  std::uint64_t mtime = 0;
  std::uint64_t major = 0;
  std::uint64_t minor = 0;
};

std::string block_of(const Header& header) {
  std::string block(tar_block, '\0');
  const auto put = [&](std::size_t offset, std::string_view text) {
    block.replace(offset, text.size(), text);
  };
  put(0, header.name.substr(0, max_name));
  put(100, fmt::format("{:07o}", header.mode));
  put(108, fmt::format("{:07o}", std::min(header.uid, max_id)));
  put(116, fmt::format("{:07o}", std::min(header.gid, max_id)));
  put(124, size_text(header.size));
  put(136, fmt::format("{:011o}", std::min(header.mtime, max_octal)));
  put(148, "        ");  // the checksum counts as blanks
  put(156, std::string_view(&header.type, 1));
  put(157, header.link.substr(0, max_name));
  put(257, std::string_view("ustar\00000", 8));
  const bool device = header.type == '3' || header.type == '4';
  if (device) put(329, fmt::format("{:07o}", header.major));
  if (device) put(337, fmt::format("{:07o}", header.minor));
  unsigned sum = 0;
  for (const char byte : block) sum += static_cast<unsigned char>(byte);
  put(148, fmt::format("{:06o}", sum) + '\0');
  return block;
}

/// "LENGTH KEY=VALUE\n", where the length counts itself.
std::string pax_record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + fmt::formatted_size("{}", rest);
  length = rest + fmt::formatted_size("{}", length);
  return fmt::format("{} {}={}\n", length, key, value);
}

std::string pax_time(const timespec& time) {
  if (time.tv_nsec == 0) return fmt::format("{}", time.tv_sec);
  if (time.tv_sec >= 0) return fmt::format("{}.{:09}", time.tv_sec, time.tv_nsec);
  // timespec counts nanoseconds upwards: half a second before -1 is {-2, 500000000}.
  return fmt::format("-{}.{:09}", -(time.tv_sec + 1), 1'000'000'000 - time.tv_nsec);
}

/// The map that stands before a sparse file's data, padded.
std::string sparse_map(const std::vector<SparsePart>& parts) {
  std::string map = fmt::format("{}\n", parts.size());
  for (const auto& part : parts) map += fmt::format("{}\n{}\n", part.offset, part.length);
  map.resize((map.size() + tar_block - 1) / tar_block * tar_block, '\0');
  return map;
}

Result<std::string> pax_of(const TarEntry& entry, const Header& header) {
  std::string records;
  // A sparse file's own record has its name.
  if (header.name.size() > max_name && !entry.sparse) records += pax_record("path", header.name);
  if (header.link.size() > max_name) records += pax_record("linkpath", header.link);
  if (header.uid > max_id) records += pax_record("uid", fmt::format("{}", header.uid));
  if (header.gid > max_id) records += pax_record("gid", fmt::format("{}", header.gid));
  const timespec& time = entry.mtime;
  const bool plain_time = time.tv_nsec == 0 && time.tv_sec >= 0 && header.mtime <= max_octal;
  if (!plain_time) records += pax_record("mtime", pax_time(time));
  for (const auto& [name, value] : entry.xattrs) {
    if (name.find('=') != std::string::npos) {
      return Error(Code::invalid_argument,
                   fmt::format("the attribute '{}' has a name that no tar can hold", name));
    }
    records += pax_record("SCHILY.xattr." + name, value);
  }
  if (entry.sparse) {
    records += pax_record("GNU.sparse.major", "1") + pax_record("GNU.sparse.minor", "0");
    records += pax_record("GNU.sparse.name", header.name);
    records += pax_record("GNU.sparse.realsize", fmt::format("{}", entry.size));
  }
  return records;
}

std::string padding_after(std::uint64_t size) {
  return std::string(static_cast<std::size_t>((tar_block - size % tar_block) % tar_block), '\0');
}

}  // namespace

Result<> TarWriter::file(const std::string& name, std::string_view bytes) {
  TRY(begin_file(name, bytes.size()));
  TRY(append(bytes));
  return finish_member();
}

Result<> TarWriter::begin_file(const std::string& name, std::uint64_t size) {
  TarEntry entry;
  entry.name = name;
  entry.mode = 0644;
  entry.size = entry.stored = size;
  return begin_member(entry);
}

Result<> TarWriter::begin_member(const TarEntry& entry) {
  const auto id = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
  const auto seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(entry.mtime.tv_sec, 0));
  Header header{type_flag(entry.type), entry.name,        entry.link,   entry.mode,
                id(entry.uid),         id(entry.gid),     entry.stored, seconds,
                entry.device_major,    entry.device_minor};
  const auto records = TRY(pax_of(entry, header));
  if (!records.empty()) {
    Header extension;
    extension.type = 'x';
    extension.name = "PaxHeaders/member";
    extension.size = records.size();
    TRY(sink_(block_of(extension) + records + padding_after(records.size())));
  }
  const std::string map = entry.sparse ? sparse_map(*entry.sparse) : std::string();
  header.size += map.size();
  size_ = entry.stored;
  written_ = 0;
  return sink_(block_of(header) + map);
}

Result<> TarWriter::append(std::string_view bytes) {
  written_ += bytes.size();
  return sink_(bytes);
}

Result<> TarWriter::finish_member() {
  if (written_ != size_) {
    return Error(Code::data_loss, fmt::format("{} bytes came, {} were announced", written_, size_));
  }
  const auto padding = padding_after(size_);
  return padding.empty() ? Result<>() : sink_(padding);
}

Result<> TarWriter::finish() { return sink_(std::string(2 * tar_block, '\0')); }

}  // namespace flintctl::archive
