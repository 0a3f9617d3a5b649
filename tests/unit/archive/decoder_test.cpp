// SPDX-License-Identifier: Apache-2.0
#include "archive/decoder.hpp"

#include "archive/compression.hpp"
#include "support/archive/compress.hpp"
#include "support/catch.hpp"
#include "sys/process.hpp"

namespace flintctl::archive {
namespace {

constexpr std::size_t no_limit = std::size_t{1} << 30U;

std::string numbers(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += std::to_string(i) + "\n";
  return text;
}

/// Feeds `input` in pieces and takes the output in pieces.
Result<std::string> decode_in_pieces(Compression compression, std::string_view input,
                                     std::size_t in_size, std::size_t out_size) {
  const auto decoder = make_decoder(compression);
  std::string output;
  std::string room(out_size, '\0');
  while (!input.empty()) {
    const auto step = TRY(decoder->decode(input.substr(0, in_size), room));
    output += room.substr(0, step.produced);
    input.remove_prefix(step.consumed);
  }
  for (;;) {
    const auto step = TRY(decoder->decode({}, room));
    output += room.substr(0, step.produced);
    if (step.produced < out_size) break;
  }
  TRY(decoder->finish());
  return output;
}

void require_data_loss(Compression compression, const std::string& input) {
  const auto result = decode_all(compression, input, no_limit);
  REQUIRE_FALSE(result);
  CHECK(result.error().code() == Code::data_loss);
}

TEST_CASE("what gzip(1) writes comes back whole, in pieces of any size") {
  const std::string text = numbers(200'000);
  const auto packed = sys::run({"/bin/gzip", "-9", "-c"}, text);
  REQUIRE(packed);
  for (const std::size_t size : {1UL, 7UL, 4096UL, 1UL << 20U}) {
    const auto back = decode_in_pieces(Compression::gzip, packed->out, std::max(size, 7UL), size);
    REQUIRE(back);
    CHECK(*back == text);
  }
}

TEST_CASE("a gzip stream may have several members") {
  std::string joined;
  std::string expected;
  for (int i = 0; i < 40; ++i) {
    // Real deflate blocks end at any bit, and the next member begins at the next byte.
    const std::string part = numbers(i * 17);
    const auto packed = sys::run({"/bin/gzip", "-c"}, part);
    REQUIRE(packed);
    joined += packed->out;
    expected += part;
  }
  for (const std::size_t size : {3UL, 1000UL, 1UL << 20U}) {
    const auto back = decode_in_pieces(Compression::gzip, joined, size, 4096);
    INFO((back ? std::string() : back.error().text()));
    REQUIRE(back);
    CHECK(*back == expected);
  }
}

TEST_CASE("what follows a gzip stream and is no member is an error") {
  const std::string member = testing::gzip_member("abc");
  require_data_loss(Compression::gzip, member + "garbage behind the stream");
  require_data_loss(Compression::gzip, member + std::string(64, '\0'));
  require_data_loss(Compression::gzip, member + member.substr(0, 5));
  const auto first = decode_all(Compression::gzip, member + "tail", no_limit, Extent::first);
  REQUIRE(first);
  CHECK(*first == "abc");
}

TEST_CASE("damage to a gzip stream is found") {
  const std::string member = testing::gzip_member(numbers(100));
  for (std::size_t i = 1; i < member.size(); i += 13) {
    require_data_loss(Compression::gzip, member.substr(0, i));
  }
  std::string wrong = member;
  wrong[wrong.size() / 2] = static_cast<char>(wrong[wrong.size() / 2] ^ 0x10);
  require_data_loss(Compression::gzip, wrong);
  std::string checksum = member;
  checksum[checksum.size() - 6] = static_cast<char>(checksum[checksum.size() - 6] ^ 1);
  require_data_loss(Compression::gzip, checksum);
  std::string method = member;
  method[2] = 7;
  require_data_loss(Compression::gzip, method);
}

TEST_CASE("zstd streams come back whole, several frames and skippable ones included") {
  const std::string text = numbers(50'000);
  const std::string skippable =
      std::string("\x52\x2a\x4d\x18", 4) + testing::little_endian(5, 4) + "hello";
  const std::string stream =
      skippable + testing::zstd_frame(text) + skippable + testing::zstd_frame("end");
  for (const std::size_t size : {5UL, 1000UL, 1UL << 20U}) {
    const auto back = decode_in_pieces(Compression::zstd, stream, size, 4096);
    REQUIRE(back);
    CHECK(*back == text + "end");
  }
  require_data_loss(Compression::zstd, stream.substr(0, stream.size() - 2));
  require_data_loss(Compression::zstd, stream + "garbage");
}

TEST_CASE("a zstd window beyond 128 MiB is refused") {
  CHECK(decode_all(Compression::zstd, testing::zstd_frame("x", 27), no_limit));
  const auto result = decode_all(Compression::zstd, testing::zstd_frame("x", 28), no_limit);
  REQUIRE_FALSE(result);
  CHECK(result.error().code() == Code::resource_exhausted);
  CHECK_FALSE(result.error().hint().empty());
}

TEST_CASE("a bomb stops at the limit") {
  const auto packed = sys::run({"/bin/gzip", "-9", "-c"}, std::string(64U << 20U, '\0'));
  REQUIRE(packed);
  CHECK(packed->out.size() < 100'000);
  const auto result = decode_all(Compression::gzip, packed->out, 1U << 20U);
  REQUIRE_FALSE(result);
  CHECK(result.error().code() == Code::resource_exhausted);
}

TEST_CASE("media types promise a compression") {
  const auto promised = [](const char* type) { return promised_compression(type).value_or({}); };
  CHECK(promised("application/vnd.oci.image.layer.v1.tar+gzip") == Compression::gzip);
  CHECK(promised("application/vnd.oci.image.layer.v1.tar+zstd") == Compression::zstd);
  CHECK(promised("application/vnd.docker.image.rootfs.diff.tar.gzip") == Compression::gzip);
  CHECK(promised("application/vnd.docker.image.rootfs.diff.tar.zstd") == Compression::zstd);
  CHECK(promised("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip") == Compression::gzip);
  CHECK(promised_compression("application/vnd.oci.image.layer.v1.tar"));
  for (const char* const type : {"", "text/plain", "application/vnd.oci.image.layer.v1.tar+xz",
                                 "application/vnd.oci.image.layer.v1.tar+gzip+encrypted"}) {
    const auto result = promised_compression(type);
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == Code::unimplemented);
  }
}

TEST_CASE("the bytes decide, unless they are not compressed at all") {
  const std::string gzip = testing::gzip_member("x");
  const std::string zstd = testing::zstd_frame("x");
  constexpr const char* tar = "application/vnd.oci.image.layer.v1.tar";
  constexpr const char* tar_gzip = "application/vnd.oci.image.layer.v1.tar+gzip";
  CHECK(choose_compression(tar, gzip).value_or({}) == Compression::gzip);
  CHECK(choose_compression(tar_gzip, zstd).value_or({}) == Compression::zstd);
  CHECK(choose_compression(tar, "plain").value_or(Compression::gzip) == Compression::none);
  const auto result = choose_compression(tar_gzip, "<html>");
  REQUIRE_FALSE(result);
  CHECK(result.error().code() == Code::data_loss);
  CHECK_FALSE(choose_compression(tar_gzip, ""));
}

}  // namespace
}  // namespace flintctl::archive
