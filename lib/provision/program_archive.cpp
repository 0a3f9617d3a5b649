// SPDX-License-Identifier: Apache-2.0
#include "provision/program_archive.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "archive/compression.hpp"
#include "archive/decoder.hpp"
#include "archive/tar_reader.hpp"
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
  const UniqueFd fd = TRY(sys::open_regular(file));
  std::string bytes(4, '\0');
  return std::string(TRY(read_piece(fd.get(), bytes)));
}

/// What says of a program that it is whole must not outlive a power cut that takes it.
Result<> close_written(const UniqueFd& file, const std::string& path) {
  // Whatever the umask of who runs this.
  if (::fchmod(file.get(), 0755) != 0) return sys::last_error(fmt::format("writing {}", path));
  if (::fsync(file.get()) != 0) return sys::last_error(fmt::format("writing {}", path));
  return {};
}

Result<> write_member(archive::TarReader& reader, const std::string& target) {
  const UniqueFd to = TRY(sys::open(target, O_WRONLY | O_CREAT | O_EXCL, 0755));
  while (const auto piece = TRY(reader.read())) TRY(sys::write_all(to.get(), piece->bytes));
  return close_written(to, target);
}

/// What does not even begin like a tar is none.
Result<std::optional<archive::TarEntry>> first_member(archive::TarReader& reader) {
  auto first = reader.next();
  if (first || first.error().code() != Code::data_loss) return first;
  return Error(Code::invalid_argument, "it is neither an ELF executable nor an archive")
      .with_hint("a release is the binary itself, or a tar with it, also with gzip or zstd");
}

Result<> take_members(const std::string& file, archive::Compression compression,
                      const std::vector<std::string>& names, const std::string& folder) {
  FileSource source(TRY(sys::open_regular(file)), compression);
  archive::TarReader reader(source);
  std::map<std::string, std::string> taken;
  for (auto entry = TRY(first_member(reader)); entry; entry = TRY(reader.next())) {
    if (entry->type != archive::TarEntry::Type::file || entry->sparse) continue;
    const auto name = std::find_if(names.begin(), names.end(), [&](const std::string& one) {
      return is_program_member(entry->name, one);
    });
    if (name == names.end()) continue;
    const auto [before, first] = taken.emplace(*name, entry->name);
    if (!first) {
      return Error(Code::invalid_argument, fmt::format("both '{}' and '{}' could be {}",
                                                       before->second, entry->name, *name))
          .with_hint("unpack it yourself and give the binary with --file");
    }
    TRY(write_member(reader, fmt::format("{}/{}", folder, *name)));
  }
  if (taken.count(names.front()) != 0) return {};
  return Error(Code::invalid_argument, fmt::format("the release holds no {}", names.front()));
}

}  // namespace

bool is_program_member(const std::string& member, const std::string& name) {
  const std::string base = member.substr(member.rfind('/') + 1);
  if (base == name) return true;
  if (!base.starts_with(name + "-v") && base != name + "-static") return false;
  return base.find(".debug") == std::string::npos && base.find(".sig") == std::string::npos;
}

Result<> take_programs(const std::string& file, const std::vector<std::string>& names,
                       const std::string& folder) {
  const std::string magic = TRY(first_bytes(file));
  if (magic == elf_magic) {
    const std::string target = fmt::format("{}/{}", folder, names.front());
    const UniqueFd to = TRY(sys::copy_file(file, target, 0755));
    TRY(close_written(to, target));
  } else {
    TRY(take_members(file, archive::actual_compression(magic), names, folder)
            .context("unpacking the release"));
  }
  for (const std::string& name : names) {
    const std::string path = fmt::format("{}/{}", folder, name);
    if (!sys::exists(path) || TRY(first_bytes(path)) == elf_magic) continue;
    return Error(Code::invalid_argument, fmt::format("this {} is no ELF executable", name));
  }
  return {};
}

}  // namespace flintctl::provision
