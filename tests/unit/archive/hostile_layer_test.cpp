// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>

#include "archive/applier.hpp"
#include "unpacking.hpp"

namespace flintctl::archive {
namespace {

using testing::Folder;
using testing::TarBuilder;

/// A root with something beside it that no layer may reach.
struct Cage {
  Folder outer;
  std::string root = outer.path("root");
  Cage() {
    ::mkdir(root.c_str(), 0755);
    ::mkdir(outer.path("outside").c_str(), 0755);
    outer.write("secret", "secret");
  }

  Result<Summary> apply(const TarBuilder& tar) const {
    LayerFile file(tar.finish());
    Feed feed(1);
    feed.set_available(0, file.layer().size);
    return unpack(UniqueFd(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
                  {file.layer()}, feed, {});
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    return outer.read("root/" + name);
  }
  [[nodiscard]] bool untouched() const {
    return outer.read("secret") == "secret" && outer.status("secret").st_nlink == 1 &&
           outer.status("outside").st_nlink == 2 &&
           std::filesystem::is_empty(outer.path("outside")) && !outer.has("evil");
  }
};

TEST_CASE("names that climb above the root are refused, and the member is named") {
  for (const char* const name :
       {"../evil", "../../../../outside/evil", "a/../../evil", "a/b/../../../evil", "..",
        "/../evil", "./../evil", "a/../..", "../.wh.secret", "a/../../.wh..wh..opq"}) {
    const Cage cage;
    TarBuilder tar;
    tar.file("before", "1").file(name, "2");
    INFO(name);
    const auto result = cage.apply(tar);
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == Code::invalid_argument);
    CHECK(result.error().text().find(fmt::format("'{}'", name)) != std::string::npos);
    CHECK_FALSE(result.error().hint().empty());
    CHECK(cage.untouched());
  }
}

TEST_CASE("absolute names and names that climb within the root are taken") {
  const Cage cage;
  TarBuilder tar;
  tar.file("/outside/abs", "1").file("./dot", "2").file("a/../b/./c", "3").file("..x/...", "4");
  REQUIRE(cage.apply(tar));
  CHECK(cage.untouched());
  CHECK(cage.read("outside/abs") == "1");
  CHECK(cage.read("dot") == "2");
  CHECK(cage.read("b/c") == "3");
  CHECK(cage.read("..x/...") == "4");
}

TEST_CASE("names of the root itself are ignored") {
  const Cage cage;
  TarBuilder tar;
  tar.folder("/", 0).folder(".", 0).folder("a/..", 0).file("x", "x");
  tar.folder("", 0);
  REQUIRE(cage.apply(tar));
  CHECK((cage.outer.mode("root") & 0700U) == 0700);
  CHECK(cage.outer.mode("") == 0755);
  CHECK(cage.read("x") == "x");
}

TEST_CASE("links in a parent lead nowhere outside") {
  const Cage cage;
  TarBuilder tar;
  tar.symlink("up", "../outside").file("up/evil", "1");
  tar.symlink("abs", cage.outer.path("outside")).file("abs/evil", "2");
  tar.symlink("far", "../../../../../../..").file("far/evil4", "3");
  tar.symlink("one", "two").symlink("two", "/../outside").file("one/evil", "4");
  REQUIRE(cage.apply(tar));
  CHECK(cage.untouched());
  CHECK(cage.read("outside/evil") == "4");  // "../outside" at the root is "/outside" in it
  CHECK(cage.read("evil4") == "3");
}

TEST_CASE("a link as the last name is replaced, not followed") {
  const Cage cage;
  TarBuilder tar;
  tar.symlink("s", cage.outer.path("secret")).file("s", "mine");
  tar.symlink("d", cage.outer.path("outside")).folder("d", 0700);
  REQUIRE(cage.apply(tar));
  CHECK(cage.untouched());
  CHECK(cage.read("s") == "mine");
  CHECK(cage.outer.mode("outside") == 0755);
}

TEST_CASE("a metadata change reaches a link, not its target") {
  const Cage cage;
  TarBuilder tar;
  tar.add({.name = "s", .type = '2', .link = cage.outer.path("secret"), .mode = 0, .mtime = 7});
  const auto before = cage.outer.status("secret");
  REQUIRE(cage.apply(tar));
  CHECK(cage.outer.status("secret").st_mtim.tv_sec == before.st_mtim.tv_sec);
  CHECK(cage.outer.status("secret").st_mode == before.st_mode);
}

TEST_CASE("a folder's time is not set through a link that replaced it") {
  const Cage cage;
  const auto before = cage.outer.status("outside");
  TarBuilder tar;
  tar.add({.name = "d", .type = '5', .mode = 0755, .mtime = 7});
  tar.symlink("d", cage.outer.path("outside"));
  REQUIRE(cage.apply(tar));
  CHECK(cage.outer.status("outside").st_mtim.tv_sec == before.st_mtim.tv_sec);
}

TEST_CASE("hard links to outside are refused") {
  const Cage cage;
  for (const std::string& target :
       {std::string("../secret"), cage.outer.path("secret"), std::string("s/secret"),
        std::string("../../../../../etc/hostname")}) {
    TarBuilder tar;
    tar.symlink("s", "..").hard_link("stolen", target);
    const auto result = cage.apply(tar);
    INFO(target);
    REQUIRE_FALSE(result);
    CHECK_FALSE(result.error().hint().empty());
    CHECK(cage.untouched());
  }
}

TEST_CASE("a hard link to a link that points outside is the link again") {
  const Cage cage;
  TarBuilder tar;
  tar.symlink("s", cage.outer.path("secret")).hard_link("h", "s");
  REQUIRE(cage.apply(tar));
  CHECK(cage.untouched());
  CHECK(cage.outer.link("root/h") == cage.outer.path("secret"));
}

TEST_CASE("hard links to the root, to folders and to nothing are refused") {
  for (const char* const target : {"", "/", "..", "d", "nothing", "self"}) {
    const Cage cage;
    TarBuilder tar;
    tar.folder("d").hard_link("self", target);
    INFO(target);
    CHECK_FALSE(cage.apply(tar));
  }
}

TEST_CASE("whiteouts that would remove their own folder or the one above are refused") {
  for (const char* const name : {".wh.", ".wh..", ".wh...", "d/.wh.", "d/.wh..", "d/.wh..."}) {
    const Cage cage;
    REQUIRE(cage.apply(TarBuilder().file("d/kept")));
    const auto result = cage.apply(TarBuilder().file(name));
    INFO(name);
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == Code::invalid_argument);
    CHECK(cage.outer.has("root/d/kept"));
    CHECK(cage.untouched());
  }
}

TEST_CASE("whiteouts and opaque markers do not reach outside") {
  const Cage cage;
  cage.outer.write("outside-file", "kept");
  TarBuilder tar;
  tar.symlink("up", "..").file("up/.wh.secret").file("up/.wh..wh..opq");
  tar.symlink("abs", cage.outer.path()).file("abs/.wh.outside-file");
  tar.symlink("l", cage.outer.path("secret")).file(".wh.l");
  REQUIRE(cage.apply(tar));
  CHECK(cage.untouched());
  CHECK(cage.outer.read("outside-file") == "kept");
}

TEST_CASE("a tree removed by a whiteout may hold links to outside") {
  const Cage cage;
  TarBuilder tar;
  tar.symlink("d/e/out", cage.outer.path("outside")).symlink("d/up", "..").file("d/e/f");
  tar.file(".wh.d");
  REQUIRE(cage.apply(tar));
  CHECK(cage.untouched());
  CHECK_FALSE(cage.outer.has("root/d"));
}

TEST_CASE("a file where a folder should be is an error that names the member") {
  const Cage cage;
  const auto result = cage.apply(TarBuilder().file("a").file("a/b"));
  REQUIRE_FALSE(result);
  CHECK(result.error().code() == Code::invalid_argument);
  CHECK(result.error().text().find("a/b") != std::string::npos);
}

TEST_CASE("loops of links end") {
  const Cage cage;
  TarBuilder tar;
  tar.symlink("a", "b").symlink("b", "a").file("a/x");
  CHECK_FALSE(cage.apply(tar));
  TarBuilder self;
  self.symlink("c", "c/c").file("c/x");
  CHECK_FALSE(cage.apply(self));
}

TEST_CASE("missing targets of links are made inside") {
  const Cage cage;
  TarBuilder tar;
  tar.symlink("var/run", "/run/deep").file("var/run/x", "x");
  REQUIRE(cage.apply(tar));
  CHECK(cage.read("run/deep/x") == "x");
}

TEST_CASE("names that no filesystem can hold are errors") {
  const Cage cage;
  CHECK_FALSE(cage.apply(TarBuilder().file(std::string(256, 'n'))));
  CHECK_FALSE(cage.apply(TarBuilder().file(std::string(300, 'n') + "/x")));
  std::string deep;
  for (int i = 0; i < 3000; ++i) deep += "d/";
  CHECK_FALSE(cage.apply(TarBuilder().file(deep + "x")));
  CHECK_FALSE(cage.apply(TarBuilder().symlink("s", std::string(5000, 's'))));
  CHECK_FALSE(cage.apply(TarBuilder().symlink("empty", "")));
}

TEST_CASE("trees deeper than a path is long cannot be built by links") {
  const Cage cage;
  std::string step;
  for (int i = 0; i < 14; ++i) step += std::string(200, 'd') + "/";
  TarBuilder tar;
  tar.folder(step).symlink("s", step).folder("s/" + step);
  CHECK_FALSE(cage.apply(tar));
}

TEST_CASE("owners and devices that Linux does not have are refused") {
  const Cage cage;
  for (const std::int64_t id :
       {std::int64_t{-1}, std::int64_t{4'294'967'295}, std::int64_t{1} << 40}) {
    CHECK_FALSE(cage.apply(TarBuilder().add({.name = "u", .uid = id})));
    CHECK_FALSE(cage.apply(TarBuilder().add({.name = "g", .gid = id})));
  }
  CHECK_FALSE(cage.apply(TarBuilder().add({.name = "c", .type = '3', .major = 4096})));
  CHECK_FALSE(cage.apply(TarBuilder().add({.name = "c", .type = '3', .minor = 1 << 20})));
  CHECK_FALSE(cage.apply(TarBuilder().add({.name = "c", .type = '4', .major = -1})));
}

TEST_CASE("an error does not carry a layer's megabytes") {
  const Cage cage;
  const auto result = cage.apply(TarBuilder().file(std::string(1 << 19, 'n')));
  REQUIRE_FALSE(result);
  CHECK(result.error().text().size() < 1000);
}

}  // namespace
}  // namespace flintctl::archive
