// SPDX-License-Identifier: Apache-2.0
#include "archive/tar_reader.hpp"

#include "archive/pax.hpp"
#include "support/archive/tar_builder.hpp"
#include "support/catch.hpp"

namespace flintctl::archive {
namespace {

using namespace std::string_view_literals;
using testing::TarBuilder;

/// Hands out bytes in pieces of a fixed size.
class Pieces final : public ByteSource {
 public:
  Pieces(std::string bytes, std::size_t size) : bytes_(std::move(bytes)), size_(size) {}
  Result<std::string_view> next() override {
    const auto piece = std::string_view(bytes_).substr(position_, size_);
    position_ += piece.size();
    return piece;
  }

 private:
  std::string bytes_;
  std::size_t size_;
  std::size_t position_ = 0;
};

struct Member {
  TarEntry entry;
  std::string data;  ///< as the file would read
};

Result<std::vector<Member>> read_all(const std::string& tar, std::size_t piece = 1U << 20U) {
  Pieces source(tar, piece);
  TarReader reader(source);
  std::vector<Member> members;
  for (;;) {
    auto entry = TRY(reader.next());
    if (!entry) return members;
    Member member = {*std::move(entry), {}};
    for (;;) {
      const auto part = TRY(reader.read());
      if (!part) break;
      member.data.resize(part->offset, '\0');
      member.data += part->bytes;
    }
    if (member.entry.size < 1U << 20U) member.data.resize(member.entry.size, '\0');
    members.push_back(std::move(member));
  }
}

std::vector<Member> members_of(const std::string& tar, std::size_t piece = 1U << 20U) {
  auto members = read_all(tar, piece);
  INFO((members ? std::string() : members.error().text()));
  REQUIRE(members);
  return *std::move(members);
}

Code code_of(const std::string& tar) {
  const auto members = read_all(tar);
  REQUIRE_FALSE(members);
  return members.error().code();
}

TEST_CASE("members come with their data, whatever the pieces") {
  TarBuilder tar;
  tar.file("empty").file("one", "1").file("block", std::string(512, 'b'));
  tar.file("more", std::string(100'000, 'm')).folder("folder/").symlink("link", "target");
  for (const std::size_t piece : {1UL, 100UL, 512UL, 513UL, 1UL << 20U}) {
    const auto members = members_of(tar.finish(), piece);
    REQUIRE(members.size() == 6);
    CHECK(members[1].data == "1");
    CHECK(members[2].data == std::string(512, 'b'));
    CHECK(members[3].data == std::string(100'000, 'm'));
    CHECK(members[4].entry.type == TarEntry::Type::directory);
    CHECK(members[5].entry.link == "target");
  }
}

TEST_CASE("data that nobody reads are skipped") {
  TarBuilder tar;
  tar.file("a", std::string(3000, 'a')).file("b", "b");
  Pieces source(tar.finish(), 700);
  TarReader reader(source);
  REQUIRE(reader.next());
  const auto second = reader.next();
  REQUIRE(second);
  CHECK((*second)->name == "b");
}

TEST_CASE("an archive ends with its stream or two blocks of zeros") {
  TarBuilder tar;
  tar.file("a", "a");
  CHECK(members_of(tar.unfinished()).size() == 1);
  CHECK(members_of(tar.unfinished() + std::string(512, '\0')).size() == 1);
  CHECK(members_of(tar.finish() + "anything at all").size() == 1);
  CHECK(members_of("").empty());
  CHECK(code_of(tar.unfinished() + std::string(512, '\0') + tar.finish()) == Code::data_loss);
}

TEST_CASE("a cut archive is found wherever the cut is") {
  TarBuilder tar;
  tar.file("a", std::string(600, 'a'));
  const std::string whole = tar.unfinished();
  for (std::size_t length = 1; length < whole.size(); length += 37) {
    CHECK(code_of(whole.substr(0, length)) == Code::data_loss);
  }
}

TEST_CASE("names keep their bytes in every format") {
  const std::string decomposed = "e\xcc\x81";  // é in two code points: no other name than it says
  const std::string broken = "caf\xe9\xff";
  TarBuilder tar;
  tar.file(decomposed).file(broken);
  tar.add({.name = "x", .pax = {{"path", decomposed}}});
  tar.add({.name = "x", .pax = {{"path", broken}}});
  tar.add({.name = "x", .type = '2', .pax = {{"linkpath", decomposed}}});
  tar.file(std::string(300, 'n') + decomposed);
  const auto members = members_of(tar.finish());
  CHECK(members[0].entry.name == decomposed);
  CHECK(members[1].entry.name == broken);
  CHECK(members[2].entry.name == decomposed);
  CHECK(members[3].entry.name == broken);
  CHECK(members[4].entry.link == decomposed);
  CHECK(members[5].entry.name == std::string(300, 'n') + decomposed);
}

TEST_CASE("ustar joins prefix and name") {
  const auto ustar = [](std::string& block) {
    block.replace(257, 8,
                  std::string_view("ustar\0"
                                   "00",
                                   8));
    block.replace(345, 7, "pre/fix");
  };
  const auto members = members_of(TarBuilder::header({.name = "name"}, ustar));
  CHECK(members[0].entry.name == "pre/fix/name");
}

TEST_CASE("a prefix in place of GNU's times is one, as Go before 1.8 wrote it") {
  const auto name_with = [](std::size_t offset, const std::string& text) {
    const auto members = members_of(TarBuilder::header(
        {.name = "name"}, [&](std::string& block) { block.replace(offset, text.size(), text); }));
    REQUIRE(members.size() == 1);
    return members[0].entry.name;
  };
  CHECK(name_with(345, "usr/share") == "usr/share/name");
  CHECK(name_with(345, "0123/a") == "0123/a/name");
  CHECK(name_with(345, "123456712345/a") == "123456712345/a/name");  // the first is a time
  CHECK(name_with(345, "not-\xc3\xa9") == "name");
  const std::string atime = "07346545000";
  CHECK(name_with(345, atime) == "name");
  const auto timed = members_of(TarBuilder::header(
      {.name = "name"}, [&](std::string& block) { block.replace(345, atime.size(), atime); }));
  REQUIRE(timed[0].entry.atime);
  CHECK(timed[0].entry.atime->tv_sec == 07346545000);
}

TEST_CASE("of PAX attributes of one name the last counts, among however many") {
  PaxRecords records;
  constexpr int count = 400'000;
  for (int i = 0; i < count; ++i) {
    records.emplace_back("SCHILY.xattr.user." + std::to_string(i), "first");
  }
  records.emplace_back("SCHILY.xattr.user.7", "last");
  TarEntry entry;
  REQUIRE(merge_pax(records, entry));
  REQUIRE(entry.xattrs.size() == count);
  CHECK(entry.xattrs[6].first == "user.6");
  CHECK(entry.xattrs[7].first == "user.8");
  CHECK(entry.xattrs.back() == std::pair(std::string("user.7"), std::string("last")));
}

TEST_CASE("PAX records override the header") {
  TarBuilder tar;
  tar.add({.name = "x",
           .data = "123456",
           .size = 0,
           .pax = {{"size", "6"},
                   {"uid", "4000000000"},
                   {"gid", "70000"},
                   {"mtime", "1500000000.123456789123"},
                   {"atime", "1600000000.5"},
                   {"SCHILY.xattr.user.a", std::string("b\0c\n", 4)},
                   {"SCHILY.xattr.user.empty", ""},
                   {"comment", "nothing"}}});
  tar.file("next");
  const auto members = members_of(tar.finish());
  REQUIRE(members.size() == 2);
  const TarEntry& entry = members[0].entry;
  CHECK(members[0].data == "123456");
  CHECK(entry.uid == 4'000'000'000);
  CHECK(entry.gid == 70'000);
  CHECK(entry.mtime.tv_sec == 1'500'000'000);
  CHECK(entry.mtime.tv_nsec == 123'456'789);
  REQUIRE(entry.atime);
  CHECK(entry.atime->tv_nsec == 500'000'000);
  REQUIRE(entry.xattrs.size() == 2);
  CHECK(entry.xattrs[0] == std::pair(std::string("user.a"), std::string("b\0c\n", 4)));
  CHECK(entry.xattrs[1] == std::pair(std::string("user.empty"), std::string()));
  CHECK(members[1].entry.xattrs.empty());
}

TEST_CASE("global PAX headers say nothing about members") {
  TarBuilder tar;
  tar.add_extension('g', TarBuilder::pax_body({{"path", "everywhere"}, {"uid", "7"}}));
  tar.file("name");
  const auto members = members_of(tar.finish());
  REQUIRE(members.size() == 1);
  CHECK(members[0].entry.name == "name");
}

TEST_CASE("numbers beyond octal are base 256") {
  TarBuilder tar;
  tar.add({.name = "x", .uid = 3'000'000'000, .gid = 2'097'152, .mtime = -5});
  const auto members = members_of(tar.finish());
  CHECK(members[0].entry.uid == 3'000'000'000);
  CHECK(members[0].entry.gid == 2'097'152);
  CHECK(members[0].entry.mtime.tv_sec == -5);
}

TEST_CASE("tar numbers") {
  const auto number = [](std::string_view text) { return parse_tar_number(text).value_or(-99); };
  CHECK(number("0000644\0") == 0644);
  CHECK(number("   644 \0") == 0644);
  CHECK(number(std::string_view("\0\0\0\0", 4)) == 0);
  CHECK(number("77777777777777777777") == 0777777777777777777777LL >> 3);
  CHECK(number("\x80\0\0\x01"sv.substr(0, 4)) == 1);
  CHECK(number("\xff\xff\xff\xfe") == -2);
  CHECK_FALSE(parse_tar_number("12x4"));
  CHECK_FALSE(parse_tar_number("9"));
  CHECK_FALSE(parse_tar_number("7777777777777777777777777"));
  CHECK_FALSE(parse_tar_number("\x80\x01\0\0\0\0\0\0\0\0\0\0"sv.substr(0, 12)));
}

TEST_CASE("sizes that cannot be are refused") {
  TarBuilder tar;
  SECTION("negative") { tar.add({.name = "x", .size = -2}); }
  SECTION("negative in PAX") { tar.add({.name = "x", .pax = {{"size", "-1"}}}); }
  SECTION("no number in PAX") { tar.add({.name = "x", .pax = {{"size", "1k"}}}); }
  SECTION("more than there is") { tar.add({.name = "x", .size = std::int64_t{1} << 62}); }
  CHECK(code_of(tar.finish()) == Code::data_loss);
}

TEST_CASE("extension headers are bounded") {
  TarBuilder name;
  name.add({.name = "././@LongLink", .type = 'L', .size = std::int64_t{4} << 30});
  CHECK(code_of(name.finish()) == Code::invalid_argument);
  TarBuilder pax;
  pax.add({.name = "x", .type = 'x', .size = std::int64_t{1} << 40});
  CHECK(code_of(pax.finish()) == Code::invalid_argument);
}

TEST_CASE("damaged PAX records are refused") {
  for (const char* const body : {"x", "5 a=b", "99 a=b\n", "6 ab\n\n", "3 =\n", "-6 a=b\n",
                                 "6 a=b\nx", "99999999999999999999 a=b\n"}) {
    TarBuilder tar;
    tar.add_extension('x', body).file("x");
    INFO(body);
    CHECK(code_of(tar.finish()) == Code::data_loss);
  }
}

TEST_CASE("members of unknown type are refused") {
  TarBuilder tar;
  tar.add({.name = "x", .type = 'M'});
  CHECK(code_of(tar.finish()) == Code::invalid_argument);
}

TEST_CASE("links and folders have no data, whatever their size says") {
  TarBuilder tar;
  tar.add({.name = "link", .type = '1', .link = "a", .size = 5}).file("next", "n");
  const auto members = members_of(tar.finish());
  REQUIRE(members.size() == 2);
  CHECK(members[1].data == "n");
}

TEST_CASE("a name in a slash is a folder in the oldest archives only") {
  TarBuilder tar;
  tar.add({.name = "old/", .type = '\0'}).add({.name = "new/", .type = '0'});
  const auto members = members_of(tar.finish());
  CHECK(members[0].entry.type == TarEntry::Type::directory);
  CHECK(members[1].entry.type == TarEntry::Type::file);
}

std::string wrong_checksum() {
  std::string block = TarBuilder::header({.name = "x"});
  block[0] = 'y';
  return block;
}

TEST_CASE("a wrong checksum is found") { CHECK(code_of(wrong_checksum()) == Code::data_loss); }

// Sparse files: "AB", a hole of 998 bytes, "CD", a hole to 3000.
const std::string sparse_file = "AB" + std::string(998, '\0') + "CD" + std::string(1998, '\0');

TEST_CASE("sparse files of all formats read alike") {
  TarBuilder tar;
  SECTION("old GNU") {
    tar.raw(
        TarBuilder::header({.name = "sparse", .type = 'S', .data = "ABCD"}, [](std::string& block) {
          TarBuilder::put_number(block, 386, 12, 0);
          TarBuilder::put_number(block, 398, 12, 2);
          TarBuilder::put_number(block, 410, 12, 1000);
          TarBuilder::put_number(block, 422, 12, 2);
          TarBuilder::put_number(block, 483, 12, 3000);
        }));
    tar.raw("ABCD" + std::string(508, '\0'));
  }
  SECTION("old GNU with an extension block") {
    tar.raw(
        TarBuilder::header({.name = "sparse", .type = 'S', .data = "ABCD"}, [](std::string& block) {
          TarBuilder::put_number(block, 386, 12, 0);
          TarBuilder::put_number(block, 398, 12, 2);
          block[482] = 1;
          TarBuilder::put_number(block, 483, 12, 3000);
        }));
    std::string extension(512, '\0');
    TarBuilder::put_number(extension, 0, 12, 1000);
    TarBuilder::put_number(extension, 12, 12, 2);
    tar.raw(extension + "ABCD" + std::string(508, '\0'));
  }
  SECTION("PAX 0.0") {
    tar.add({.name = "sparse",
             .data = "ABCD",
             .pax = {{"GNU.sparse.size", "3000"},
                     {"GNU.sparse.numblocks", "2"},
                     {"GNU.sparse.offset", "0"},
                     {"GNU.sparse.numbytes", "2"},
                     {"GNU.sparse.offset", "1000"},
                     {"GNU.sparse.numbytes", "2"}}});
  }
  SECTION("PAX 0.1") {
    tar.add({.name = "GNUSparseFile.0/x",
             .data = "ABCD",
             .pax = {{"GNU.sparse.size", "3000"},
                     {"GNU.sparse.name", "sparse"},
                     {"GNU.sparse.map", "0,2,1000,2"}}});
  }
  SECTION("PAX 1.0") {
    std::string map = "2\n0\n2\n1000\n2\n";
    map.resize(512, '\0');
    tar.add({.name = "GNUSparseFile.0/x",
             .data = map + "ABCD",
             .pax = {{"GNU.sparse.major", "1"},
                     {"GNU.sparse.minor", "0"},
                     {"GNU.sparse.name", "sparse"},
                     {"GNU.sparse.realsize", "3000"}}});
  }
  tar.file("next", "n");
  const auto members = members_of(tar.finish(), 100);
  REQUIRE(members.size() == 2);
  CHECK(members[0].entry.name == "sparse");
  CHECK(members[0].entry.size == 3000);
  CHECK(members[0].data == sparse_file);
  CHECK(members[1].data == "n");
}

TEST_CASE("sparse maps that lie are refused") {
  const auto sparse = [](const std::string& map, const std::string& size) {
    TarBuilder tar;
    tar.add(
        {.name = "x", .data = "ABCD", .pax = {{"GNU.sparse.size", size}, {"GNU.sparse.map", map}}});
    return tar.finish();
  };
  CHECK(members_of(sparse("0,4", "4")).size() == 1);
  for (const char* const map : {"", "0,2", "0,5", "2,2,0,2", "0,3,2,1", "0,2,99,2", "0,4,", "0,x",
                                "-1,4", "9223372036854775807,4", "0,9223372036854775807"}) {
    INFO(map);
    CHECK(code_of(sparse(map, "100")) == Code::data_loss);
  }
  CHECK(code_of(sparse("0,4", "3")) == Code::data_loss);
}

TEST_CASE("a sparse file's name holds no NUL, which would hide where it climbs") {
  TarBuilder tar;
  tar.add({.name = "x",
           .data = "ABCD",
           .pax = {{"GNU.sparse.size", "4"},
                   {"GNU.sparse.map", "0,4"},
                   {"GNU.sparse.name", std::string("..\0x", 4)}}});
  CHECK(code_of(tar.finish()) == Code::data_loss);
}

TEST_CASE("a stored sparse map that does not end is refused") {
  const auto sparse = [](const std::string& map) {
    TarBuilder tar;
    tar.add(
        {.name = "x",
         .data = map,
         .pax = {
             {"GNU.sparse.major", "1"}, {"GNU.sparse.minor", "0"}, {"GNU.sparse.realsize", "10"}}});
    return tar.finish();
  };
  CHECK(code_of(sparse(std::string(1024, '1'))) == Code::data_loss);
  CHECK(code_of(sparse("1\n0\n")) == Code::data_loss);
  CHECK(code_of(sparse("99999999\n" + std::string(503, '0'))) == Code::resource_exhausted);
}

TEST_CASE("PAX times") {
  const auto time = [](std::string_view text) {
    const auto value = parse_pax_time(text);
    return value ? std::pair(value->tv_sec, value->tv_nsec) : std::pair(time_t{-1}, -1L);
  };
  CHECK(time("0") == std::pair(time_t{0}, 0L));
  CHECK(time("12.000000001") == std::pair(time_t{12}, 1L));
  CHECK(time("-1.5") == std::pair(time_t{-2}, 500'000'000L));
  CHECK(time("-9223372036854775808.5").first == std::numeric_limits<time_t>::min());
  CHECK_FALSE(parse_pax_time(""));
  CHECK_FALSE(parse_pax_time("1.x"));
  CHECK_FALSE(parse_pax_time("99999999999999999999"));
}

}  // namespace
}  // namespace flintctl::archive
