// SPDX-License-Identifier: Apache-2.0
// Layers that were made to harm: each is refused for a reason, or does what it may do inside the
// root, and in either case nothing outside is touched.
#include <fcntl.h>

#include <functional>
#include <optional>

#include "support/archive/compress.hpp"
#include "unpacking.hpp"

namespace flintctl::archive {
namespace {

using testing::Folder;
using testing::gzip_member;
using testing::TarBuilder;
using testing::zstd_frame;

/// A layer as a registry would serve it, and what must become of it.
struct Case {
  std::string name;
  std::string tar;                ///< what the diff ID is of
  std::optional<Code> refused;    ///< none: applied, harmlessly
  std::string bytes = {};         ///< compressed; empty: the tar
  const char* type = plain_type;  ///< media type
  std::function<void(Layer&)> lie = {};
};

std::string tar_of(const std::function<void(TarBuilder&)>& fill) {
  TarBuilder tar;
  fill(tar);
  return tar.finish();
}

Case refused(std::string name, Code code, const std::function<void(TarBuilder&)>& fill) {
  return {std::move(name), tar_of(fill), code};
}
Case harmless(std::string name, const std::function<void(TarBuilder&)>& fill) {
  return {std::move(name), tar_of(fill), std::nullopt};
}

std::vector<Case> path_escapes() {
  constexpr Code bad = Code::invalid_argument;
  return {
      refused("a name above the root", bad, [](auto& t) { t.file("../evil"); }),
      refused("a name far above the root", bad,
              [](auto& t) { t.file("../../../../etc/cron.d/x"); }),
      refused("a name that climbs back out", bad, [](auto& t) { t.file("a/b/../../../evil"); }),
      refused("an absolute name that climbs", bad, [](auto& t) { t.file("/../evil"); }),
      refused("a folder above the root", bad, [](auto& t) { t.folder("../outside", 0777); }),
      refused("a link above the root", bad, [](auto& t) { t.symlink("../evil", "x"); }),
      refused("a PAX path above the root", bad,
              [](auto& t) {
                t.add({.name = "fine", .pax = {{"path", "../evil"}}});
              }),
      refused("a GNU long name above the root", bad,
              [](auto& t) { t.file("../" + std::string(120, 'e')); }),
      refused("the name of the folder above", bad, [](auto& t) { t.folder("..", 0); }),
      harmless("an absolute name", [](auto& t) { t.file("/outside/evil"); }),
      harmless("a name full of slashes", [](auto& t) { t.file("////outside////evil"); }),
      harmless("a name with a backslash", [](auto& t) { t.file("..\\evil"); }),
      harmless("names that only look like dots", [](auto& t) { t.file("...").file("..x/y"); }),
  };
}

std::vector<Case> link_races() {
  return {
      harmless("a link to the folder above, then a file through it",
               [](auto& t) { t.symlink("up", "..").file("up/evil"); }),
      harmless("a link far up, then a file through it",
               [](auto& t) { t.symlink("up", "../../../../../..").file("up/evil"); }),
      harmless("a folder replaced by a link, then a file through it",
               [](auto& t) { t.folder("d").symlink("d", "../outside").file("d/evil"); }),
      harmless("a folder with a file replaced by a link, then another file",
               [](auto& t) { t.file("d/a").symlink("d", "../outside").file("d/evil"); }),
      harmless(
          "a link that is changed between two files",
          [](auto& t) {
            t.folder("in").symlink("l", "in").file("l/a").symlink("l", "../outside").file("l/evil");
          }),
      harmless("a chain of links out",
               [](auto& t) {
                 t.symlink("a", "b").symlink("b", "c").symlink("c", "../outside").file("a/evil");
               }),
      harmless("a link through another link's parent",
               [](auto& t) { t.symlink("a/b", "..").symlink("c", "a/b/../../..").file("c/evil"); }),
      harmless("a file over a link to outside",
               [](auto& t) { t.symlink("s", "../secret").file("s", "overwritten"); }),
      harmless("a folder over a link to outside",
               [](auto& t) { t.symlink("s", "../outside").folder("s", 0777); }),
      harmless("an owner and a mode for a link to outside",
               [](auto& t) {
                 t.symlink("s", "../secret")
                     .add({.name = "s", .type = '2', .link = "../secret", .mode = 0});
               }),
      harmless("a folder's time through a link that replaced it",
               [](auto& t) {
                 t.add({.name = "d", .type = '5', .mtime = 7}).symlink("d", "../outside");
               }),
      refused("a loop of two links", Code::invalid_argument,
              [](auto& t) { t.symlink("a", "b").symlink("b", "a").file("a/x"); }),
      refused("a link to itself", Code::invalid_argument,
              [](auto& t) { t.symlink("a", "a").file("a/x"); }),
  };
}

std::vector<Case> hard_links() {
  return {
      refused("a hard link above the root", Code::invalid_argument,
              [](auto& t) { t.hard_link("stolen", "../secret"); }),
      refused("a hard link far above the root", Code::invalid_argument,
              [](auto& t) { t.hard_link("stolen", "../../../../etc/shadow"); }),
      refused("a hard link to an absolute path of the host", Code::not_found,
              [](auto& t) { t.hard_link("stolen", "/etc/shadow"); }),
      refused("a hard link through a link to outside", Code::not_found,
              [](auto& t) { t.symlink("s", "..").hard_link("stolen", "s/secret"); }),
      refused("a hard link to a folder", Code::permission_denied,
              [](auto& t) { t.folder("d").hard_link("h", "d"); }),
      refused("a hard link to itself", Code::not_found, [](auto& t) { t.hard_link("h", "h"); }),
      refused("a hard link to the root", Code::invalid_argument,
              [](auto& t) { t.hard_link("h", "/"); }),
      refused("a hard link to nothing", Code::not_found, [](auto& t) { t.hard_link("h", "gone"); }),
      harmless("a hard link to a link to outside",
               [](auto& t) { t.symlink("s", "../secret").hard_link("h", "s"); }),
      harmless("a file over one name of a hard link",
               [](auto& t) { t.file("a", "1").hard_link("b", "a").file("a", "2"); }),
  };
}

std::vector<Case> whiteouts() {
  constexpr Code bad = Code::invalid_argument;
  return {
      refused("a whiteout of its own folder", bad, [](auto& t) { t.file("d/.wh."); }),
      refused("a whiteout of dot", bad, [](auto& t) { t.file("d/.wh.."); }),
      refused("a whiteout of the folder above", bad, [](auto& t) { t.file("d/.wh..."); }),
      refused("a whiteout above the root", bad, [](auto& t) { t.file("../.wh.secret"); }),
      refused("an opaque marker above the root", bad, [](auto& t) { t.file("../.wh..wh..opq"); }),
      harmless("a whiteout through a link to outside",
               [](auto& t) { t.symlink("up", "..").file("up/.wh.secret"); }),
      harmless("an opaque marker through a link to outside",
               [](auto& t) { t.symlink("up", "../outside").file("up/.wh..wh..opq"); }),
      harmless("a whiteout of a link to outside",
               [](auto& t) { t.symlink("l", "../secret").file(".wh.l"); }),
      harmless("a whiteout of a folder with links to outside",
               [](auto& t) { t.symlink("d/out", "../../outside").file(".wh.d"); }),
      harmless("a whiteout of a whiteout", [](auto& t) { t.file(".wh..wh.x"); }),
      harmless("a whiteout that is a folder", [](auto& t) { t.folder(".wh.d", 0777); }),
  };
}

std::vector<Case> names_and_numbers() {
  constexpr Code bad = Code::invalid_argument;
  return {
      refused("a device with a major number Linux does not have", bad,
              [](auto& t) { t.add({.name = "c", .type = '3', .major = 4096}); }),
      refused("a device with a minor number Linux does not have", bad,
              [](auto& t) { t.add({.name = "c", .type = '4', .minor = 1 << 20}); }),
      refused("a device with a negative number", Code::data_loss,
              [](auto& t) { t.add({.name = "c", .type = '3', .major = -1}); }),
      refused("an owner that means nobody", bad,
              [](auto& t) { t.add({.name = "u", .uid = 4'294'967'295}); }),
      refused("a negative owner", bad, [](auto& t) { t.add({.name = "u", .gid = -5}); }),
      refused("an owner beyond 32 bits", bad,
              [](auto& t) { t.add({.name = "u", .uid = std::int64_t{1} << 40}); }),
      refused("a member of unknown type", bad, [](auto& t) { t.add({.name = "x", .type = 'Z'}); }),
      refused("a name with a component of 256 bytes", Code::unknown,
              [](auto& t) { t.file(std::string(256, 'n')); }),
      refused("a name longer than a path", Code::unknown,
              [](auto& t) {
                std::string deep;
                for (int i = 0; i < 3000; ++i) deep += "d/";
                t.file(deep + "x");
              }),
      refused("a link that says nothing", Code::not_found, [](auto& t) { t.symlink("s", ""); }),
      refused("a link longer than a path", Code::unknown,
              [](auto& t) { t.symlink("s", std::string(5000, 's')); }),
      refused("a file below a file", bad, [](auto& t) { t.file("a").file("a/b"); }),
      harmless("a set-user-ID file of the image's",
               [](auto& t) { t.add({.name = "su", .data = "x", .mode = 06755}); }),
      harmless("a world-writable root", [](auto& t) { t.folder("./", 0777); }),
      harmless("a time before all times", [](auto& t) { t.add({.name = "old", .mtime = -1}); }),
      harmless("a time after all times",
               [](auto& t) { t.add({.name = "late", .mtime = std::int64_t{1} << 50}); }),
  };
}

/// A single header block whose numbers say what no data can keep.
std::string lone_header(std::int64_t size, char type = '0') {
  return TarBuilder::header({.name = "x", .type = type, .size = size});
}

std::vector<Case> sizes() {
  const auto raw = [](const std::string& bytes) { return TarBuilder().raw(bytes).finish(); };
  const std::string whole = TarBuilder().file("a", std::string(5000, 'a')).finish();
  const auto sparse = [](const std::string& size, const std::string& map) {
    return tar_of([&](TarBuilder& t) {
      t.add({.name = "s",
             .data = "ABCD",
             .pax = {{"GNU.sparse.size", size},
                     {"GNU.sparse.major", "0"},
                     {"GNU.sparse.minor", "1"},
                     {"GNU.sparse.map", map}}});
    });
  };
  constexpr Code lost = Code::data_loss;
  return {
      {"a negative size", raw(lone_header(-5)), lost},
      {"a size larger than the archive", raw(lone_header(std::int64_t{1} << 40)), lost},
      {"the largest size there is", raw(lone_header(std::numeric_limits<std::int64_t>::max())),
       lost},
      {"a huge extension header", raw(lone_header(std::int64_t{1} << 30, 'x')),
       Code::invalid_argument},
      {"a huge GNU long name", raw(lone_header(std::int64_t{1} << 30, 'L')),
       Code::invalid_argument},
      {"a negative PAX size", tar_of([](auto& t) {
         t.add({.name = "x", .pax = {{"size", "-1"}}});
       }),
       lost},
      {"a PAX size that is no number", tar_of([](auto& t) {
         t.add({.name = "x", .pax = {{"size", "many"}}});
       }),
       lost},
      {"an archive that ends in a member", whole.substr(0, 2000), lost},
      {"an archive that ends in a header", whole.substr(0, 300), lost},
      {"a header with a wrong checksum", 'b' + whole.substr(1), lost},
      {"a zero block between members",
       TarBuilder().file("a").raw(std::string(512, '\0')).file("b").finish(), lost},
      {"a sparse map beyond the file", sparse("10", "0,2,50000,2"), lost},
      {"a sparse map that overlaps", sparse("100", "0,3,2,1"), lost},
      {"a negative sparse map", sparse("100", "-4,4"), lost},
      {"a sparse map of more data than there are", sparse("100", "0,50"), lost},
      {"a file of 8 EiB that is one hole", sparse("9223372036854775807", "0,4"), Code::unknown},
  };
}

std::vector<Case> streams() {
  const std::string tar = TarBuilder().file("a", std::string(300'000, 'a')).finish();
  const std::string gzip = gzip_member(tar);
  const std::string zstd = zstd_frame(tar);
  std::string flipped = gzip;
  flipped[gzip.size() - 6] = static_cast<char>(flipped[gzip.size() - 6] ^ 1);
  constexpr Code lost = Code::data_loss;
  const auto bomb = [](Layer& layer) { layer.limits.bytes = 100'000; };
  return {
      {"a truncated gzip stream", tar, lost, gzip.substr(0, gzip.size() - 9), gzip_type},
      {"a gzip stream without its checksum", tar, lost, gzip.substr(0, gzip.size() - 4), gzip_type},
      {"a gzip stream with a wrong checksum", tar, lost, flipped, gzip_type},
      {"garbage after a gzip stream", tar, lost, gzip + "garbage", gzip_type},
      {"a second gzip member that the diff ID does not cover", tar, lost,
       gzip + gzip_member("more"), gzip_type},
      {"a truncated zstd stream", tar, lost, zstd.substr(0, zstd.size() - 3), zstd_type},
      {"garbage after a zstd stream", tar, lost, zstd + "garbage", zstd_type},
      {"a zstd window of 2 GiB", tar, Code::resource_exhausted, zstd_frame(tar, 31), zstd_type},
      {"no gzip where the media type says so", tar, lost, std::string(4096, 'n'), gzip_type},
      {"a media type that is no layer's", tar, Code::unimplemented, tar, "application/x-evil"},
      {"an encrypted layer's media type", tar, Code::unimplemented, tar,
       "application/vnd.oci.image.layer.v1.tar+gzip+encrypted"},
      {"a gzip bomb", tar, Code::resource_exhausted, gzip, gzip_type, bomb},
      {"a zstd bomb", tar, Code::resource_exhausted, zstd, zstd_type, bomb},
      {"a tar larger than it may be", tar, Code::resource_exhausted, tar, plain_type, bomb},
      {"more files than there may be", tar_of([](auto& t) {
         for (int i = 0; i < 50; ++i) t.file("f" + std::to_string(i));
       }),
       Code::resource_exhausted, "", plain_type, [](Layer& l) { l.limits.entries = 20; }},
      {"a digest of other bytes", tar, lost, gzip, gzip_type,
       [](Layer& l) { l.digest = "sha256:" + std::string(64, '0'); }},
      {"a diff ID of another tar", tar, lost, gzip, gzip_type,
       [](Layer& l) { l.diff_id = "sha256:" + std::string(64, '0'); }},
      {"bytes after the tar's end that the diff ID covers", tar + std::string(9000, 'z'),
       std::nullopt},
  };
}

/// A root with something beside it that no layer may reach.
struct Cage {
  Folder outer;
  std::string root = outer.path("root");
  struct stat secret = {};
  Cage() {
    ::mkdir(root.c_str(), 0755);
    ::mkdir(outer.path("outside").c_str(), 0755);
    outer.write("outside/kept", "kept");
    outer.write("secret", "secret");
    secret = outer.status("secret");
  }
  [[nodiscard]] UniqueFd open() const {
    return UniqueFd(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  [[nodiscard]] bool untouched() const {
    const auto now = outer.status("secret");
    const auto beside = sys_names();
    return outer.read("secret") == "secret" && outer.read("outside/kept") == "kept" &&
           now.st_nlink == 1 && now.st_mode == secret.st_mode && now.st_uid == secret.st_uid &&
           now.st_mtim.tv_sec == secret.st_mtim.tv_sec && beside == 3 &&
           outer.status("outside").st_nlink == 2 && outer.mode("outside") == 0755;
  }

 private:
  [[nodiscard]] std::ptrdiff_t sys_names() const {
    return std::distance(std::filesystem::directory_iterator(outer.path()), {});
  }
};

TEST_CASE("no hostile layer does harm") {
  const auto group = GENERATE(values(
      {&path_escapes, &link_races, &hard_links, &whiteouts, &names_and_numbers, &sizes, &streams}));
  for (const Case& hostile : group()) {
    INFO(hostile.name);
    const Cage cage;
    const std::string& bytes = hostile.bytes.empty() ? hostile.tar : hostile.bytes;
    LayerFile file(bytes, hostile.tar, hostile.type);
    if (hostile.lie) hostile.lie(file.layer());
    Feed feed(1);
    feed.set_available(0, file.layer().size);
    const auto result = unpack(cage.open(), {file.layer()}, feed, {});
    INFO((result ? "applied" : result.error().text()));
    CHECK(result.has_value() == !hostile.refused.has_value());
    if (!result && hostile.refused) {
      CHECK(static_cast<int>(result.error().code()) == static_cast<int>(*hostile.refused));
      CHECK(result.error().text().size() < 1000);
    }
    CHECK(cage.untouched());
  }
}

}  // namespace
}  // namespace flintctl::archive
