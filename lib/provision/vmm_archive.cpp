// SPDX-License-Identifier: Apache-2.0
#include "provision/vmm_archive.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "archive/compression.hpp"
#include "archive/decoder.hpp"
#include "archive/tar_reader.hpp"
#include "provision/vmm_install.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"

namespace flintctl::provision {
namespace {

constexpr std::string_view elf_magic =
    "\x7f"
    "ELF";
constexpr std::size_t piece_size = 256 * 1024;

Result<std::string_view> read_piece(int fd, std::string& buffer) {
  const ssize_t length = ::read(fd, buffer.data(), buffer.size());
  if (length < 0) return sys::last_error("reading the release");
  return std::string_view(buffer.data(), static_cast<std::size_t>(length));
}

/// A file's bytes, decompressed.
class FileSource final : public archive::ByteSource {
 public:
  FileSource(UniqueFd fd, archive::Compression compression)
      : fd_(std::move(fd)), decoder_(archive::make_decoder(compression)) {}

  Result<std::string_view> next() override {
    while (true) {
      if (rest_.empty() && !ended_) {
        rest_ = TRY(read_piece(fd_.get(), input_));
        ended_ = rest_.empty();
      }
      const auto step = TRY(decoder_->decode(rest_, output_));
      rest_.remove_prefix(step.consumed);
      if (step.produced > 0) return std::string_view(output_.data(), step.produced);
      if (ended_ && step.consumed == 0) break;
    }
    TRY(decoder_->finish());
    return std::string_view();
  }

 private:
  UniqueFd fd_;
  std::unique_ptr<archive::Decoder> decoder_;
  std::string input_ = std::string(piece_size, '\0');
  std::string output_ = std::string(piece_size, '\0');
  std::string_view rest_;
  bool ended_ = false;
};

Result<std::string> first_bytes(const std::string& file) {
  const UniqueFd fd = TRY(sys::open(file, O_RDONLY));
  std::string bytes(4, '\0');
  return std::string(TRY(read_piece(fd.get(), bytes)));
}

Result<> copy(const std::string& file, const std::string& target) {
  const UniqueFd from = TRY(sys::open(file, O_RDONLY));
  const UniqueFd to = TRY(sys::open(target, O_WRONLY | O_CREAT | O_EXCL, 0755));
  std::string buffer(piece_size, '\0');
  while (true) {
    const auto piece = TRY(read_piece(from.get(), buffer));
    if (piece.empty()) return {};
    TRY(sys::write_all(to.get(), piece));
  }
}

Result<> write_member(archive::TarReader& reader, const std::string& target) {
  const UniqueFd to = TRY(sys::open(target, O_WRONLY | O_CREAT | O_EXCL, 0755));
  while (const auto piece = TRY(reader.read())) TRY(sys::write_all(to.get(), piece->bytes));
  return {};
}

Result<> take_member(const std::string& file, archive::Compression compression,
                     const std::string& name, const std::string& target) {
  FileSource source(TRY(sys::open(file, O_RDONLY)), compression);
  archive::TarReader reader(source);
  std::string taken;
  while (const auto entry = TRY(reader.next())) {
    if (entry->type != archive::TarEntry::Type::file || entry->sparse ||
        !is_vmm_member(entry->name, name)) {
      continue;
    }
    if (!taken.empty()) {
      return Error(Code::invalid_argument,
                   fmt::format("both '{}' and '{}' could be {}", taken, entry->name, name))
          .with_hint("unpack it yourself and give the binary with --file");
    }
    taken = entry->name;
    TRY(write_member(reader, target));
  }
  if (!taken.empty()) return {};
  return Error(Code::invalid_argument, fmt::format("the release holds no {}", name));
}

}  // namespace

Result<> take_binary(const std::string& file, const std::string& name, const std::string& target) {
  const std::string magic = TRY(first_bytes(file));
  if (magic == elf_magic) {
    TRY(copy(file, target));
  } else {
    TRY(take_member(file, archive::actual_compression(magic), name, target)
            .context("unpacking the release"));
  }
  if (TRY(first_bytes(target)) != elf_magic) {
    return Error(Code::invalid_argument, fmt::format("this {} is no ELF executable", name));
  }
  return {};
}

}  // namespace flintctl::provision
