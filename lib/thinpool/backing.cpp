// SPDX-License-Identifier: Apache-2.0
#include "thinpool/backing.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include "core/rollback.hpp"
#include "core/units.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "thinpool/table.hpp"

namespace flintctl::thinpool {
namespace {

/// The least that the kernel can format; containerd and thin_metadata_size(8) use the same.
constexpr std::uint64_t shortest_metadata = 2 * mib;
/// Enough for a new pool's metadata. What a filled filesystem does to a sparse metadata file later
/// is the worst thing that can happen to a pool, and no reserve of a sane size prevents it.
constexpr std::uint64_t reserved_metadata = 8 * mib;
/// How much of a file is looked at where the filesystem cannot tell holes from data.
constexpr std::uint64_t scan_limit = 64 * mib;

struct FileState {
  std::uint64_t bytes = 0;
  std::uint64_t allocated_bytes = 0;
  UniqueFd descriptor;
};

/// The file opened for reading, or nothing when it is absent.
Result<std::optional<FileState>> open_existing(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return std::optional<FileState>();
    return sys::last_error("looking up " + path);
  }
  if (!S_ISREG(status.st_mode)) {
    return Error(Code::already_exists, path + " is not a regular file")
        .with_hint("give another --directory");
  }
  FileState state;
  state.bytes = static_cast<std::uint64_t>(status.st_size);
  state.allocated_bytes = static_cast<std::uint64_t>(status.st_blocks) * sector_bytes;
  state.descriptor = TRY(sys::open_regular(path));
  return std::optional<FileState>(std::move(state));
}

/// Whether any byte differs from zero. Holes and preallocated extents are passed over.
Result<bool> has_content(int descriptor, const std::string& path) {
  std::vector<char> chunk(256 * kib);
  std::uint64_t scanned = 0;
  off_t offset = 0;
  while (scanned < scan_limit) {
    const off_t data = ::lseek(descriptor, offset, SEEK_DATA);
    if (data >= 0) offset = data;
    if (data < 0 && errno == ENXIO) return false;
    const ssize_t count = ::pread(descriptor, chunk.data(), chunk.size(), offset);
    if (count < 0) return sys::last_error("reading " + path);
    if (count == 0) return false;
    if (std::any_of(chunk.begin(), chunk.begin() + count, [](char c) { return c != 0; })) {
      return true;
    }
    offset += count;
    scanned += static_cast<std::uint64_t>(count);
  }
  return false;
}

Result<std::optional<Superblock>> read_superblock(int descriptor, const std::string& path) {
  std::array<char, metadata_block_bytes> bytes{};
  const ssize_t count = ::pread(descriptor, bytes.data(), bytes.size(), 0);
  if (count < 0) return sys::last_error("reading " + path);
  return parse_superblock({bytes.data(), static_cast<std::size_t>(count)});
}

/// Fills the survey's metadata part from `metadata`, or else from `unfinished_metadata`.
Result<> survey_metadata(const BackingFiles& files, Survey& survey) {
  const auto metadata = TRY(open_existing(files.metadata));
  const auto unfinished = TRY(open_existing(files.unfinished_metadata));
  survey.metadata_exists = metadata.has_value();
  survey.unfinished_exists = unfinished.has_value();
  if (metadata) {
    survey.metadata_bytes = metadata->bytes;
    survey.allocated_bytes += metadata->allocated_bytes;
    survey.superblock = TRY(read_superblock(metadata->descriptor.get(), files.metadata));
    if (!survey.superblock && TRY(has_content(metadata->descriptor.get(), files.metadata))) {
      return Error(Code::already_exists,
                   files.metadata + " holds something that is not thin-pool metadata")
          .with_hint(
              "if a pool was here: flintctl pool repair; else move the file away, or give another "
              "--directory");
    }
    return {};
  }
  if (!unfinished) return {};
  survey.superblock = TRY(read_superblock(unfinished->descriptor.get(), files.unfinished_metadata));
  survey.superblock_unfinished = survey.superblock.has_value();
  if (!survey.superblock) return {};
  survey.metadata_bytes = unfinished->bytes;
  survey.allocated_bytes += unfinished->allocated_bytes;
  return {};
}

Result<> check_existing_pool(const BackingFiles& files, const Survey& survey) {
  const Superblock& superblock = *survey.superblock;
  if (!survey.data_exists) {
    return Error(Code::data_loss,
                 fmt::format("{} describes a pool, but {} is missing", files.metadata, files.data))
        .with_hint(
            "restore the data file, or remove the metadata file to begin with an empty pool");
  }
  const std::uint64_t needed = superblock.data_blocks * superblock.block_sectors * sector_bytes;
  if (superblock.block_sectors == 0 || survey.data_bytes < needed) {
    return Error(Code::data_loss, fmt::format("{} is {}, but its metadata describes {}", files.data,
                                              format_size(survey.data_bytes), format_size(needed)))
        .with_hint("restore the data file to its full length");
  }
  return {};
}

/// The folders of `path` (itself included) that do not exist, deepest first.
std::vector<std::string> missing_folders(std::string path) {
  std::vector<std::string> missing;
  while (path.size() > 1 && !sys::exists(path)) {
    missing.push_back(path);
    const auto slash = path.rfind('/');
    if (slash == std::string::npos || slash == 0) break;
    path.resize(slash);
  }
  return missing;
}

Result<> sync_folder(const std::string& path) {
  const UniqueFd folder = TRY(sys::open(path, O_RDONLY | O_DIRECTORY));
  if (::fsync(folder.get()) != 0) return sys::last_error("syncing " + path);
  return {};
}

}  // namespace

BackingFiles backing_files(const std::string& directory) {
  std::string folder = directory;
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  return {folder, folder + "/data", folder + "/metadata", folder + "/metadata.new"};
}

Result<Survey> survey(const BackingFiles& files) {
  Survey survey;
  TRY(survey_metadata(files, survey));
  const auto data = TRY(open_existing(files.data));
  survey.data_exists = data.has_value();
  if (data) {
    survey.data_bytes = data->bytes;
    survey.allocated_bytes += data->allocated_bytes;
  }
  if (survey.superblock) {
    TRY(check_existing_pool(files, survey));
  } else if (data && TRY(has_content(data->descriptor.get(), files.data))) {
    return Error(Code::already_exists,
                 fmt::format("{} holds data, but {} does not say what it means", files.data,
                             files.metadata))
        .with_hint(
            "restore the metadata file, move the data file away, or give another --directory");
  }
  return survey;
}

Result<> NewBacking::add(const std::string& path, std::uint64_t bytes,
                         std::uint64_t reserved_bytes) {
  const bool existed = sys::exists(path);
  const UniqueFd file = TRY(sys::open(path, O_RDWR | O_CREAT, 0600));
  if (!existed) made_files_.push_back(path);
  const std::string what = fmt::format("making {} of {}", path, format_size(bytes));
  if (::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0) return sys::last_error(what);
  if (reserved_bytes > 0 &&
      ::fallocate(file.get(), 0, 0, static_cast<off_t>(reserved_bytes)) != 0 &&
      errno != EOPNOTSUPP) {
    return sys::last_error(what);
  }
  if (::fsync(file.get()) != 0) return sys::last_error(what);
  return {};
}

Result<NewBacking> NewBacking::create(const BackingFiles& files, const Survey& survey,
                                      const BackingSizes& sizes) {
  NewBacking backing;
  const bool full = sizes.allocation == Allocation::full;
  const std::uint64_t metadata_reserve =
      full ? sizes.metadata : std::min(reserved_metadata, sizes.metadata);
  backing.made_folders_ = missing_folders(files.directory);
  Rollback undo([&] { backing.remove(); });
  TRY(sys::make_directories(files.directory, 0700));
  if (survey.data_bytes < sector_bytes) {
    TRY(backing.add(files.data, sizes.data, full ? sizes.data : 0));
  }
  if (survey.metadata_exists) {  // blank, and somebody's: it keeps its name
    backing.metadata_ = files.metadata;
    if (survey.metadata_bytes < shortest_metadata) {
      TRY(backing.add(files.metadata, sizes.metadata, metadata_reserve));
    }
  } else {
    // A killed run's, never used: survey() found no superblock in it.
    TRY(sys::remove_file(files.unfinished_metadata));
    backing.metadata_ = files.unfinished_metadata;
    TRY(backing.add(files.unfinished_metadata, sizes.metadata, metadata_reserve));
  }
  undo.commit();
  return backing;
}

void NewBacking::remove() {
  for (const std::string& file : made_files_) static_cast<void>(sys::remove_file(file));
  for (const std::string& folder : made_folders_) ::rmdir(folder.c_str());
  made_files_.clear();
  made_folders_.clear();
}

Result<> NewBacking::finish(const BackingFiles& files) {
  if (metadata_ != files.unfinished_metadata) return {};
  TRY(name_metadata(files));
  metadata_ = files.metadata;
  return {};
}

Result<> name_metadata(const BackingFiles& files) {
  if (std::rename(files.unfinished_metadata.c_str(), files.metadata.c_str()) != 0) {
    return sys::last_error("naming " + files.metadata);
  }
  return sync_folder(files.directory);
}

}  // namespace flintctl::thinpool
