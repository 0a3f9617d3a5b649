// SPDX-License-Identifier: Apache-2.0
#include "thinpool/differences.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <utility>

#include "core/units.hpp"

namespace flintctl::thinpool {
namespace {

using Sentences = std::vector<std::string>;

/// `what` is "data" or "metadata". A pool can grow, and never shrinks.
void compare_size(Sentences& found, const std::string& pool, const char* what, std::uint64_t is,
                  const std::optional<std::uint64_t>& asked) {
  if (!asked || *asked == is) return;
  std::string sentence = fmt::format("{} size is {}, not the {} asked for", what, format_size(is),
                                     format_size(*asked));
  if (*asked > is) {
    sentence += fmt::format(": flintctl pool grow {} --{}-size {}", pool, what, *asked);
  }
  found.push_back(std::move(sentence));
}

void compare_blocks(Sentences& found, std::uint64_t block_sectors) {
  const PoolTable usual;
  if (block_sectors == usual.block_sectors) return;
  found.push_back(fmt::format("block size is {}, not {}", format_size(block_sectors * sector_bytes),
                              format_size(usual.block_bytes())));
}

void compare_features(Sentences& found, const Features& features) {
  if (features.skip_block_zeroing) {
    found.emplace_back(
        "it skips block zeroing (skip_block_zeroing): a VM can read what another left on the disk");
  }
  if (features.ignore_discard) {
    found.emplace_back("it ignores discard (ignore_discard): freed space stays used");
  }
  if (features.no_discard_passdown) {
    found.emplace_back(
        "it does not pass discard down (no_discard_passdown): freed space stays with the pool");
  }
  if (features.read_only) found.emplace_back("it is read-only by its table (read_only)");
  if (features.error_if_no_space) {
    found.emplace_back("a full pool fails writes at once (error_if_no_space)");
  }
}

/// Whether the loop device shows this very file.
bool is_file(const loop::Device& device, const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && status.st_dev == device.backing_device &&
         status.st_ino == device.backing_inode;
}

void compare_backing(Sentences& found, const char* what, const Backing& backing,
                     const std::vector<std::string>& expected) {
  if (!backing.loop) {
    found.push_back(
        fmt::format("{} is on device {}, not on {}", what, backing.device, expected.front()));
    return;
  }
  for (const std::string& path : expected) {
    if (is_file(*backing.loop, path)) return;
  }
  found.push_back(
      fmt::format("{} is in {}, not in {}", what, backing.loop->backing_file, expected.front()));
}

}  // namespace

Sentences differences(const Spec& spec, const BackingFiles& files, const Pool& pool) {
  Sentences found;
  compare_features(found, pool.table.features);
  compare_blocks(found, pool.table.block_sectors);
  const std::uint64_t low_water = spec.low_water_blocks.value_or(pool.table.low_water_blocks);
  if (pool.table.low_water_blocks != low_water) {
    found.push_back(fmt::format("low water mark is {} blocks, not the {} asked for",
                                pool.table.low_water_blocks, low_water));
  }
  compare_backing(found, "data", pool.data, {files.data});
  compare_backing(found, "metadata", pool.metadata, {files.metadata, files.unfinished_metadata});
  // The pool's length is a whole number of blocks.
  std::optional<std::uint64_t> asked = spec.data_bytes;
  if (asked) asked = *asked / pool.table.block_bytes() * pool.table.block_bytes();
  compare_size(found, spec.name, "data", pool.table.length_sectors * sector_bytes, asked);
  if (pool.metadata.loop) {
    compare_size(found, spec.name, "metadata", pool.metadata.loop->size_bytes, spec.metadata_bytes);
  }
  return found;
}

std::string directory_of(const Pool& pool, const BackingFiles& files) {
  if (!pool.data.loop || !pool.metadata.loop) return {};
  const auto lies_in = [&](const BackingFiles& here) {
    return is_file(*pool.data.loop, here.data) &&
           (is_file(*pool.metadata.loop, here.metadata) ||
            is_file(*pool.metadata.loop, here.unfinished_metadata));
  };
  if (lies_in(files)) return files.directory;
  const std::string& data = pool.data.loop->backing_file;
  const BackingFiles theirs = backing_files(data.substr(0, data.rfind('/')));
  return lies_in(theirs) ? theirs.directory : std::string();
}

Sentences differences(const Spec& spec, const Survey& survey) {
  Sentences found;
  if (survey.superblock) compare_blocks(found, survey.superblock->block_sectors);
  if (survey.data_bytes > 0) {
    compare_size(found, spec.name, "data", survey.data_bytes, spec.data_bytes);
  }
  if (survey.metadata_bytes > 0) {
    compare_size(found, spec.name, "metadata", survey.metadata_bytes, spec.metadata_bytes);
  }
  return found;
}

}  // namespace flintctl::thinpool
