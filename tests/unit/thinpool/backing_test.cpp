// SPDX-License-Identifier: Apache-2.0
#include "thinpool/backing.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "fixture.hpp"

using namespace flintctl;
using testing::Host;
using testing::overwrite;
using testing::superblock_bytes;
using thinpool::backing_files;

namespace {

void make(const std::string& path, std::uint64_t bytes) {
  REQUIRE(sys::make_directories(path.substr(0, path.rfind('/'))));
  std::ofstream(path).close();
  REQUIRE(::truncate(path.c_str(), static_cast<off_t>(bytes)) == 0);
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

}  // namespace

TEST_CASE("a superblock is known by its magic number") {
  const auto superblock = thinpool::parse_superblock(superblock_bytes(1024, 256, 1));
  REQUIRE(superblock);
  CHECK(superblock->version == 2);
  CHECK(superblock->transaction_id == 5);
  CHECK(superblock->data_blocks == 1024);
  CHECK(superblock->block_sectors == 256);
  CHECK(superblock->needs_check);
  CHECK_FALSE(thinpool::parse_superblock(superblock_bytes(1024))->needs_check);
  CHECK_FALSE(thinpool::parse_superblock(std::string(4096, '\0')));
  CHECK_FALSE(thinpool::parse_superblock(superblock_bytes(1).substr(0, 100)));
  CHECK_FALSE(thinpool::parse_superblock(""));
}

TEST_CASE("new files are sparse and private, and go with all folders that were made") {
  Host host;
  const auto files = backing_files(host.spec.directory + "/");
  CHECK(files.data == host.data());
  auto backing =
      thinpool::NewBacking::create(files, {}, {thinpool::Spec::default_data_bytes, 64 * mib});
  REQUIRE(backing);
  CHECK(backing->metadata() == files.unfinished_metadata);
  CHECK(mode_of(files.data) == 0600);
  CHECK(mode_of(files.unfinished_metadata) == 0600);
  CHECK(mode_of(host.spec.directory) == 0700);
  struct stat status {};
  REQUIRE(::stat(files.data.c_str(), &status) == 0);
  CHECK(status.st_size == 100 * static_cast<off_t>(gib));
  CHECK(status.st_blocks < 1024);
  backing->remove();
  CHECK_FALSE(sys::exists(host.root + "/deep"));
}

TEST_CASE("files that were there before are not taken away") {
  Host host;
  make(host.data(), 0);
  const auto files = backing_files(host.spec.directory);
  const auto survey = thinpool::survey(files);
  REQUIRE(survey);
  auto backing = thinpool::NewBacking::create(files, *survey, {64 * mib, 4 * mib});
  REQUIRE(backing);
  backing->remove();
  CHECK(sys::exists(files.data));
  CHECK_FALSE(sys::exists(files.unfinished_metadata));
}

TEST_CASE("a metadata file with foreign content is refused, wherever the content begins") {
  for (const std::streamoff at : {0L, 1080L, 65600L, 2L << 20}) {
    Host host;
    make(host.metadata(), 4 * mib);
    overwrite(host.metadata(), "not ours", at);
    const auto survey = thinpool::survey(backing_files(host.spec.directory));
    REQUIRE_FALSE(survey);
    CHECK(survey.error().code() == Code::already_exists);
    CHECK_FALSE(survey.error().hint().empty());
  }
}

TEST_CASE("a blank metadata file is no pool, and preallocated space is blank") {
  Host host;
  make(host.metadata(), 4 * mib);
  const UniqueFd file(::open(host.metadata().c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(::fallocate(file.get(), 0, 0, 1 << 20) == 0);
  const auto survey = thinpool::survey(backing_files(host.spec.directory));
  REQUIRE(survey);
  CHECK(survey->metadata_exists);
  CHECK_FALSE(survey->superblock);
}

TEST_CASE("half a pool is refused instead of completed by an empty half") {
  Host host;
  const auto files = backing_files(host.spec.directory);
  SECTION("data without metadata") {
    make(files.data, mib);
    overwrite(files.data, "a disk");
    CHECK(thinpool::survey(files).error().code() == Code::already_exists);
  }
  SECTION("metadata without data") {
    make(files.metadata, 4 * mib);
    overwrite(files.metadata, superblock_bytes(16));
    CHECK(thinpool::survey(files).error().code() == Code::data_loss);
  }
  SECTION("data shorter than the metadata says") {
    make(files.metadata, 4 * mib);
    overwrite(files.metadata, superblock_bytes(16));
    make(files.data, 15 * 64 * kib);
    CHECK(thinpool::survey(files).error().code() == Code::data_loss);
    make(files.data, 16 * 64 * kib);
    CHECK(thinpool::survey(files));
  }
}

TEST_CASE("a folder in the place of a file is refused") {
  Host host;
  const auto files = backing_files(host.spec.directory);
  REQUIRE(sys::make_directories(files.metadata));
  CHECK(thinpool::survey(files).error().code() == Code::already_exists);
}

TEST_CASE("unfinished metadata counts only when the kernel has written it") {
  Host host;
  const auto files = backing_files(host.spec.directory);
  make(files.data, mib);
  make(files.unfinished_metadata, 4 * mib);
  const auto killed = thinpool::survey(files);
  REQUIRE(killed);
  CHECK(killed->unfinished_exists);
  CHECK_FALSE(killed->superblock);
  overwrite(files.unfinished_metadata, superblock_bytes(16));
  const auto formatted = thinpool::survey(files);
  REQUIRE(formatted);
  CHECK(formatted->superblock);
  CHECK(formatted->superblock_unfinished);
  REQUIRE(thinpool::name_metadata(files));
  CHECK_FALSE(thinpool::survey(files)->superblock_unfinished);
}
