// SPDX-License-Identifier: Apache-2.0
#include "archive/unpack.hpp"

#include <new>
#include <thread>

#include "archive/layer_reader.hpp"
#include "support/archive/compress.hpp"
#include "unpacking.hpp"

namespace flintctl::archive {
namespace {

using testing::Folder;
using testing::TarBuilder;

std::string sample_tar() {
  TarBuilder tar;
  for (int i = 0; i < 50; ++i) {
    tar.file("d/" + std::to_string(i), std::string(static_cast<std::size_t>(i) * 997, 'x'));
  }
  return tar.finish();
}

/// Four times what the threads have between them.
std::string large_file_tar() {
  return TarBuilder().file("big", std::string(32U << 20U, 'x')).finish();
}

Error error_of(const Result<Summary>& result) {
  REQUIRE_FALSE(result);
  return result.error();
}

TEST_CASE("layers of every compression, one over the other") {
  const Folder root;
  const std::string first = sample_tar();
  const std::string second = TarBuilder().file("d/.wh.1").file("d/2", "second").finish();
  const std::string third = TarBuilder().file("d/3", "third").finish();
  LayerFile a(testing::gzip_member(first), first, gzip_type);
  LayerFile b(second);
  LayerFile c(testing::zstd_frame(third), third, zstd_type);
  const auto summary = unpack_all(root, {a.layer(), b.layer(), c.layer()});
  REQUIRE(summary);
  CHECK(summary->entries == 53);
  CHECK(summary->bytes == first.size() + second.size() + third.size());
  CHECK_FALSE(root.has("d/1"));
  CHECK(root.read("d/2") == "second");
  CHECK(root.read("d/3") == "third");
  CHECK(root.read("d/49").size() == 49 * 997);
}

TEST_CASE("a layer is extracted while it is downloaded") {
  const Folder root;
  const std::string tar = sample_tar();
  const std::string packed = testing::gzip_member(tar);
  LayerFile file(packed, tar, gzip_type);
  Feed feed(1);
  std::uint64_t extracted = 0;
  bool ended = false;
  std::optional<Result<Summary>> result;
  std::mutex mutex;
  std::condition_variable changed;
  std::thread extraction([&] {
    result = unpack(root.open(), {file.layer()}, feed, [&](const Progress& progress) {
      const std::lock_guard lock(mutex);
      extracted = progress.extracted;
      changed.notify_all();
      return Result<>();
    });
    const std::lock_guard lock(mutex);
    ended = true;
    changed.notify_all();
  });
  // Half of it must come out before the rest goes in.
  feed.set_available(0, packed.size() / 2);
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return ended || extracted >= packed.size() / 2 - 66'000; });
    CHECK_FALSE(ended);
  }
  for (std::uint64_t bytes = packed.size() / 2; bytes < packed.size(); bytes += 1000) {
    feed.set_available(0, bytes);
  }
  feed.set_available(0, packed.size());
  extraction.join();
  INFO((*result ? std::string() : result->error().text()));
  REQUIRE(*result);
  CHECK(root.read("d/49").size() == 49 * 997);
}

TEST_CASE("a layer is decompressed while the one below it is still being written") {
  const std::string lower_tar = TarBuilder().file("lower", "lower").finish();
  const std::string upper_tar = TarBuilder().file("upper", "upper").finish();
  LayerFile lower(testing::gzip_member(lower_tar), lower_tar, gzip_type);
  LayerFile upper(testing::gzip_member(upper_tar), upper_tar, gzip_type);
  const std::vector<Layer> layers = {lower.layer(), upper.layer()};
  Feed feed(2);
  for (std::size_t i = 0; i < layers.size(); ++i) feed.set_available(i, layers[i].size);
  BlockQueue queue(4, 64U << 10U);
  LayerReader reader(layers, feed, queue);
  Result<> read;
  std::thread reading([&] { read = reader.run(); });
  // Who writes is at this block, and does not give it back.
  const auto written = queue.take();
  const auto next = queue.take();
  const bool taken = written && next;
  if (!taken) queue.cancel();
  reading.join();
  REQUIRE(taken);
  CHECK(read);
  CHECK((*written)->last);
  CHECK((*written)->bytes() == lower_tar);
  CHECK((*next)->bytes() == upper_tar);
}

TEST_CASE("a layer that does not come ends the extraction") {
  const Folder root;
  LayerFile file(sample_tar());
  Feed feed(1);
  feed.set_available(0, 700);
  std::thread failing([&] { feed.fail(0); });
  const auto result = unpack(root.open(), {file.layer()}, feed, {});
  failing.join();
  CHECK(error_of(result).code() == Code::cancelled);
}

TEST_CASE("wrong digests are found") {
  const Folder root;
  const std::string tar = sample_tar();
  LayerFile file(testing::gzip_member(tar), tar, gzip_type);
  SECTION("of the compressed bytes") {
    file.layer().digest = "sha256:" + sys::sha256_hex("other");
    const auto error = error_of(unpack_all(root, {file.layer()}));
    CHECK(error.code() == Code::data_loss);
    CHECK(error.text().find("bytes have the digest") != std::string::npos);
  }
  SECTION("of the tar") {
    file.layer().diff_id = "sha256:" + sys::sha256_hex("other");
    const auto error = error_of(unpack_all(root, {file.layer()}));
    CHECK(error.code() == Code::data_loss);
    CHECK(error.text().find("configuration says") != std::string::npos);
  }
}

TEST_CASE("bytes after the archive's end count for the diff ID") {
  const Folder root;
  const std::string tar =
      TarBuilder().file("x", "x").finish() + std::string(600'000, '\0') + "tail";
  CHECK(apply_tar(root, tar));
  LayerFile file(tar);
  file.layer().diff_id = "sha256:" + sys::sha256_hex(tar.substr(0, tar.size() - 1));
  CHECK(error_of(unpack_all(root, {file.layer()})).code() == Code::data_loss);
}

TEST_CASE("a file that is longer or shorter than its descriptor says") {
  const Folder root;
  const std::string tar = sample_tar();
  LayerFile file(testing::gzip_member(tar), tar, gzip_type);
  SECTION("shorter") { file.layer().size += 100; }
  SECTION("longer") { file.layer().size -= 100; }
  CHECK(error_of(unpack_all(root, {file.layer()})).code() == Code::data_loss);
}

TEST_CASE("limits hold") {
  const Folder root;
  const std::string tar = sample_tar();
  LayerFile file(testing::gzip_member(tar), tar, gzip_type);
  SECTION("of bytes") { file.layer().limits.bytes = tar.size() - 1; }
  SECTION("of members") { file.layer().limits.entries = 49; }
  CHECK(error_of(unpack_all(root, {file.layer()})).code() == Code::resource_exhausted);
  file.layer().limits = {tar.size(), 50};
  CHECK(unpack_all(root, {file.layer()}));
}

TEST_CASE("an error in the tar ends the reading of a long layer") {
  const Folder root;
  const std::string tar =
      TarBuilder().file("a").file("a/b").file("big", std::string(32U << 20U, 'x')).finish();
  CHECK(refused(root, tar).code() == Code::invalid_argument);
}

TEST_CASE("what is thrown on the extracting thread is an error, and ends the reading") {
  const Folder root;
  LayerFile file(large_file_tar());
  Feed feed(1);
  feed.set_available(0, file.layer().size);
  const auto result = unpack(root.open(), {file.layer()}, feed,
                             [](const Progress&) -> Result<> { throw std::bad_alloc(); });
  CHECK(error_of(result).code() == Code::resource_exhausted);
}

TEST_CASE("garbage and emptiness are no layers") {
  const Folder root;
  LayerFile garbage("garbage", "garbage", gzip_type);
  CHECK(error_of(unpack_all(root, {garbage.layer()})).code() == Code::data_loss);
  LayerFile nothing("", "", gzip_type);
  CHECK(error_of(unpack_all(root, {nothing.layer()})).code() == Code::data_loss);
  LayerFile foreign(sample_tar(), sample_tar(), "text/html");
  CHECK(error_of(unpack_all(root, {foreign.layer()})).code() == Code::unimplemented);
}

TEST_CASE("errors name the layer and the member") {
  const Folder root;
  const std::string text = refused(root, TarBuilder().file("x").file("x/y")).text();
  CHECK(text.find("layer sha256:") != std::string::npos);
  CHECK(text.find("'x/y'") != std::string::npos);
}

}  // namespace
}  // namespace flintctl::archive
