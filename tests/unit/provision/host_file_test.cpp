// SPDX-License-Identifier: Apache-2.0
#include "provision/host_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "place.hpp"
#include "provision/host_unit.hpp"

using namespace flintctl;
using namespace flintctl::provision;
using testing::Place;

namespace {

/// A file whose install was cut off at each point that a kill can leave behind.
struct Cut : Place {
  HostFile file{paths.etc + "/x.conf", "ours\n"};
  std::string backup = paths.etc + "/x.conf.flintctl-bak-then";
  Result<Record> record = Record::open(paths.record());

  Cut() { write(file.path, "theirs\n"); }
  void intend() {
    REQUIRE(record);
    Journal journal(*record, "step");
    // The digest of "ours\n".
    REQUIRE(install_file({root + "/scratch", file.text}, journal));
    const Change* scratch = journal.find("file", root + "/scratch");
    REQUIRE(scratch != nullptr);
    REQUIRE(journal.intend("file", file.path,
                           data::Value::object({{"sha256", scratch->details.string_or("sha256")},
                                                {"backup", backup}})));
  }
  Undone undo() {
    const Change* change = record->find("step", "file", file.path);
    REQUIRE(change != nullptr);
    std::vector<std::string> notes;
    const auto undone = undo_file_change(*change, Data::keep, notes);
    REQUIRE(undone);
    return *undone;
  }
};

}  // namespace

TEST_CASE("a replacement that was killed is finished by the next run, then undone") {
  Cut cut;
  const auto reached = GENERATE(0, 1, 2);
  cut.intend();
  if (reached >= 1) REQUIRE(::link(cut.file.path.c_str(), cut.backup.c_str()) == 0);
  if (reached >= 2) REQUIRE(sys::write_file_atomic(cut.file.path, cut.file.text, 0644));
  Journal journal(*cut.record, "step");
  REQUIRE(install_file(cut.file, journal));
  CHECK(Place::read(cut.file.path) == "ours\n");
  CHECK(Place::read(cut.backup) == "theirs\n");
  CHECK(cut.undo() == Undone::done);
  CHECK(Place::read(cut.file.path) == "theirs\n");
  CHECK(sys::list_directory(cut.paths.etc).value() == std::vector<std::string>{"x.conf"});
}

TEST_CASE("a replacement that was killed can be undone without being finished") {
  Cut cut;
  const auto reached = GENERATE(0, 1, 2);
  cut.intend();
  if (reached >= 1) REQUIRE(::link(cut.file.path.c_str(), cut.backup.c_str()) == 0);
  if (reached >= 2) REQUIRE(sys::write_file_atomic(cut.file.path, cut.file.text, 0644));
  CHECK(cut.undo() == Undone::done);
  CHECK(Place::read(cut.file.path) == "theirs\n");
  CHECK(sys::list_directory(cut.paths.etc).value() == std::vector<std::string>{"x.conf"});
}

TEST_CASE("a file of ours may change with a release and still be undone") {
  Place place;
  auto record = Record::open(place.paths.record());
  Journal journal(*record, "step");
  const std::string path = place.paths.etc + "/x.conf";
  REQUIRE(install_file({path, "first\n"}, journal));
  REQUIRE(install_file({path, "second\n"}, journal));
  CHECK(journal.notes().empty());
  std::vector<std::string> notes;
  REQUIRE(undo_file_change(*journal.find("file", path), Data::keep, notes));
  CHECK_FALSE(sys::exists(path));
}

TEST_CASE("a folder that cannot be written says which") {
  Place place;
  place.write(place.paths.etc, "no folder");
  auto record = Record::open(place.paths.record());
  Journal journal(*record, "step");
  const auto installed = install_file({place.paths.etc + "/x.conf", "x\n"}, journal);
  REQUIRE_FALSE(installed);
  CHECK(installed.error().text().find(place.paths.etc) != std::string::npos);
}

TEST_CASE("a file that others can write is not in place, and is written anew without a backup") {
  Place place;
  auto record = provision::Record::open(place.paths.record()).value();
  provision::Journal journal(record, "step");
  const HostFile file{place.paths.etc + "/a.conf", "text\n"};
  REQUIRE(install_file(file, journal));
  std::filesystem::permissions(file.path, std::filesystem::perms::all);
  const Item found = check_file(file);
  CHECK(found.state == State::differs);
  CHECK(found.detail == "can be written by others (0777)");
  REQUIRE(install_file(file, journal));
  CHECK(check_file(file).state == State::in_place);
  CHECK(sys::list_directory(place.paths.etc)->size() == 1);
}

TEST_CASE("what is no regular file is refused before anything is recorded, and stays at reset") {
  Place place;
  auto record = Record::open(place.paths.record());
  REQUIRE(record);
  Journal journal(*record, "step");
  const HostFile file{place.paths.etc + "/x.conf", "ours\n"};
  REQUIRE(sys::make_directories(place.paths.etc));
  const auto kind = GENERATE(0, 1, 2);
  if (kind == 0) REQUIRE(::symlink("/nowhere", file.path.c_str()) == 0);
  if (kind == 1) REQUIRE(::mkfifo(file.path.c_str(), 0600) == 0);
  if (kind == 2) REQUIRE(::symlink("/dev/null", file.path.c_str()) == 0);
  CHECK(check_file(file).obstacle);
  const auto installed = install_file(file, journal);
  REQUIRE_FALSE(installed);
  CHECK(installed.error().code() == Code::already_exists);
  CHECK(installed.error().text().find(file.path) != std::string::npos);
  CHECK(record->changes().empty());
  std::vector<std::string> notes;
  REQUIRE(undo_file_change({"step", "file", file.path, {}}, Data::remove, notes));
  CHECK(notes.size() == 1);
  struct stat status = {};
  REQUIRE(::lstat(file.path.c_str(), &status) == 0);
  CHECK_FALSE(S_ISREG(status.st_mode));
}

TEST_CASE("a link to a file is kept beside ours and comes back") {
  Place place;
  auto record = Record::open(place.paths.record());
  REQUIRE(record);
  Journal journal(*record, "step");
  const HostFile file{place.paths.etc + "/x.conf", "ours\n"};
  place.write(place.root + "/elsewhere", "theirs\n");
  REQUIRE(sys::make_directories(place.paths.etc));
  REQUIRE(::symlink((place.root + "/elsewhere").c_str(), file.path.c_str()) == 0);
  REQUIRE(install_file(file, journal));
  CHECK(Place::read(place.root + "/elsewhere") == "theirs\n");
  std::vector<std::string> notes;
  REQUIRE(undo_file_change(*record->find("step", "file", file.path), Data::keep, notes));
  CHECK(Place::read(file.path) == "theirs\n");
}

TEST_CASE("nothing is removed by a recorded path that is relative") {
  Place place;
  place.write(place.root + "/log/precious", "x");
  const std::string before = std::filesystem::current_path();
  std::filesystem::current_path(place.root);
  const auto kind = GENERATE(as<std::string>(), "data", "file", "folder", "link");
  std::vector<std::string> notes;
  const auto undone = undo_file_change({"step", kind, "log", {}}, Data::remove, notes);
  std::filesystem::current_path(before);
  REQUIRE(undone);
  CHECK(notes.size() == 1);
  CHECK(sys::exists(place.root + "/log/precious"));
}

TEST_CASE("a unit that another flintctl wrote says which") {
  Place place;
  const HostUnit unit{"flintctl-x.service", "[Service]\nExecStart=/usr/bin/flintctl x\n"};
  place.write(place.paths.units() + "/" + unit.name, "[Service]\nExecStart=/opt/flintctl x\n");
  auto items = check_unit(unit, place.paths, place.services);
  REQUIRE(items);
  CHECK(items->front().detail == "starts /opt/flintctl, not /usr/bin/flintctl");
  place.write(place.paths.units() + "/" + unit.name, unit.text + "#\n");
  items = check_unit(unit, place.paths, place.services);
  REQUIRE(items);
  CHECK(items->front().detail == "has other contents");
}

TEST_CASE("words and names as systemd reads them") {
  CHECK(quote_argument("--name=a-b:c") == "--name=a-b:c");
  CHECK(quote_argument("a b") == "\"a b\"");
  CHECK(quote_argument("50%\"$x\\") == "\"50%%\\\"$$x\\\\\"");
  CHECK(quote_argument("") == "\"\"");
  CHECK(escape_unit_name("flintlock-dev-thinpool") == "flintlock-dev-thinpool");
  CHECK(escape_unit_name("a@b+c") == "a\\x40b\\x2bc");
}

TEST_CASE("half-written files of killed runs go with the next run and with reset") {
  Place place;
  auto record = Record::open(place.paths.record());
  Journal journal(*record, "step");
  const std::string path = place.paths.etc + "/x.conf";
  place.write(path + ".0123abcd.tmp", "half");
  place.write(place.paths.etc + "/y.conf.0123abcd.tmp", "another's");
  place.write(place.paths.record() + "/record.json.0123abcd.tmp", "{");
  REQUIRE(install_file({path, "whole\n"}, journal));
  CHECK(sys::list_directory(place.paths.etc).value() ==
        std::vector<std::string>{"x.conf", "y.conf.0123abcd.tmp"});
  CHECK(sys::list_directory(place.paths.record()).value().size() == 1);
}
