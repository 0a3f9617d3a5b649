// SPDX-License-Identifier: Apache-2.0
#include "apt/packages.hpp"

#include "support/fake_apt.hpp"

using namespace flintctl;
using apt::Packages;
using testing::FakeApt;
using Broken = Packages::Broken;

TEST_CASE(
    "what installing would bring anew comes with what it needs first, and nothing is changed") {
  const FakeApt fake;
  fake.offer("libx", "", "");
  fake.offer("tool", "libx", "tool");
  const auto planned = fake.packages().plan({"tool"}, Broken::refuse);
  REQUIRE(planned);
  CHECK(*planned == std::vector<std::string>{"libx", "tool"});
  CHECK(fake.state("tool") == "none");
  REQUIRE(fake.packages().install({"tool"}, Broken::refuse));
  CHECK(fake.state("libx") == "installed");
  CHECK(fake.packages().state("tool").value() == Packages::State::installed);
  CHECK(fake.packages().plan({"tool"}, Broken::refuse).value().empty());
}

TEST_CASE("a package that is not known, or not to be fetched, is an error of its own kind") {
  const FakeApt fake;
  CHECK(fake.packages().plan({"tool"}, Broken::refuse).error().code() == Code::not_found);
  fake.offer("tool", "", "tool");
  fake.touch("lists/tool/gone");
  const auto gone = fake.packages().install({"tool"}, Broken::refuse);
  CHECK(gone.error().code() == Code::unavailable);
  CHECK(gone.error().text() ==
        "apt-get: Failed to fetch http://127.0.0.1/tool.deb  404  Not Found");
  fake.offer("tool", "", "tool", "remote");
  REQUIRE(fake.packages().update());
}

TEST_CASE("what a package's script says is the error, not that dpkg failed") {
  const FakeApt fake;
  fake.offer("tool", "", "tool");
  fake.touch("lists/tool/fails");
  const auto failed = fake.packages().install({"tool"}, Broken::refuse);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().text() ==
        "apt-get: error processing package tool (--configure): installed tool package "
        "post-installation script subprocess returned error exit status 1");
}

TEST_CASE("a run that was broken off is told, and ended") {
  const FakeApt fake;
  fake.offer("libx", "", "");
  fake.offer("tool", "libx", "tool");
  fake.touch("lists/libx/dies");
  CHECK_FALSE(fake.packages().install({"tool"}, Broken::refuse));
  CHECK(fake.packages().state("libx").value() == Packages::State::halfway);
  CHECK(fake.packages().unfinished());
  CHECK_FALSE(fake.packages().plan({"tool"}, Broken::refuse));
  CHECK(fake.packages().install({"tool"}, Broken::mend).error().code() == Code::aborted);
  REQUIRE(fake.packages().configure());
  REQUIRE(fake.packages().install({"tool"}, Broken::mend));
  CHECK(fake.state("libx") == "installed");
}

TEST_CASE("dpkg's journal tells that a run was broken off") {
  const FakeApt fake;
  CHECK_FALSE(fake.packages().unfinished());
  fake.touch("dpkg/updates/tmp.i");
  CHECK_FALSE(fake.packages().unfinished());
  fake.touch("dpkg/updates/0001");
  CHECK(fake.packages().unfinished());
}

TEST_CASE("a package is removed unless another depends on it, and its settings stay") {
  const FakeApt fake;
  fake.offer("libx", "", "");
  fake.offer("tool", "libx", "tool");
  REQUIRE(fake.packages().install({"tool"}, Broken::refuse));
  const auto refused = fake.packages().remove("libx");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::aborted);
  CHECK(refused.error().message() == "tool depends on libx");
  REQUIRE(fake.packages().remove("tool"));
  REQUIRE(fake.packages().remove("libx"));
  CHECK(fake.packages().state("tool").value() == Packages::State::absent);
  CHECK(fake.packages().state("never").value() == Packages::State::absent);
}

TEST_CASE("a file's package is named, if it has one") {
  const FakeApt fake;
  fake.offer("tool", "", "tool");
  REQUIRE(fake.packages().install({"tool"}, Broken::refuse));
  CHECK(fake.packages().owner(fake.program("tool")).value() == "tool");
  CHECK(fake.packages().owner("/nowhere").value().empty());
}

TEST_CASE("a host without apt-get has no such packages") {
  apt::Programs programs;
  programs.apt_get = "/nowhere/apt-get";
  const Packages packages(programs);
  CHECK_FALSE(packages.available());
  const auto refused = packages.install({"tool"}, Broken::refuse);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::host_not_ready);
}

TEST_CASE("the reason is the line that says most") {
  CHECK(
      apt::reason("Reading lists...\nE: Could not get lock /var/lib/dpkg/lock-frontend. It is held "
                  "by process 7 (apt)\nN: Be aware that…\nE: Unable to acquire the dpkg frontend "
                  "lock (/var/lib/dpkg/lock-frontend), is another process using it?\n") ==
      "Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7 (apt)");
  CHECK(apt::reason(
            "Waiting for cache lock: Could not get lock /x. It is held by process 7 (apt)\n"
            "E: Unable to acquire the dpkg frontend lock (/x), is another process using it?") ==
        "Could not get lock /x. It is held by process 7 (apt)");
  CHECK(apt::reason("W: old\nE: first\nE: Packages need to be removed but remove is disabled.\n") ==
        "Packages need to be removed but remove is disabled.");
  CHECK(apt::reason("one\n  two\n\n") == "two");
  CHECK(apt::reason("").empty());
}
