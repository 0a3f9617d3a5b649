// SPDX-License-Identifier: Apache-2.0
#include "provision/host_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "place.hpp"
#include "provision/host_unit.hpp"
#include "provision/plan.hpp"

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

TEST_CASE("a backup of a file of ours that was edited stays, with a word when it is undone") {
  Place place;
  auto record = Record::open(place.paths.record());
  Journal journal(*record, "step");
  const std::string path = place.paths.etc + "/x.conf";
  REQUIRE(install_file({path, "ours\n"}, journal));
  place.write(path, "edited\n");
  REQUIRE(install_file({path, "ours\n"}, journal));
  place.write(path + ".flintctl-bak", "another's\n");
  std::vector<std::string> notes;
  REQUIRE(undo_file_change(*journal.find("file", path), Data::keep, notes));
  CHECK_FALSE(sys::exists(path));
  REQUIRE(notes.size() == 1);
  const std::string backup = notes.front().substr(notes.front().rfind(' ') + 1);
  CHECK(notes.front() == path + ", as somebody had edited it, stays as " + backup);
  CHECK(Place::read(backup) == "edited\n");
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

TEST_CASE("a unit's program is named without the quotes that systemd needs") {
  Place place;
  const HostUnit unit{"flintctl-x.service", "[Service]\nExecStart=\"/o/a b%%\" x\n"};
  place.write(place.paths.units() + "/" + unit.name, "[Service]\nExecStart=\"/o/c \\\"d$$\" x\n");
  const auto items = check_unit(unit, place.paths, place.services);
  REQUIRE(items);
  CHECK(items->front().detail == "starts /o/c \"d$, not /o/a b%");
}

TEST_CASE("a unit whose program a reboot may take away is warned of, once a step") {
  struct Two final : Step {
    explicit Two(Place& place) : place_(place) {}
    [[nodiscard]] std::string name() const override { return "two"; }
    Result<Finding> check() override {
      Finding finding;
      for (const char* name : {"flintctl-a.service", "flintctl-b.service"}) {
        for (Item& item : TRY(check_unit(unit(name), place_.paths, place_.services))) {
          finding.items.push_back(std::move(item));
        }
      }
      return finding;
    }
    Result<> apply(Journal& journal) override {
      TRY(install_unit(unit("flintctl-a.service"), place_.paths, place_.services, journal));
      return install_unit(unit("flintctl-b.service"), place_.paths, place_.services, journal);
    }
    HostUnit unit(const std::string& name) const {
      return {name, "[Service]\nExecStart=" + program + " x\n"};
    }
    std::string program = "/tmp/flintctl";

   private:
    Place& place_;
  };
  Place place;
  Plan plan(place.paths, place.services);
  auto step = std::make_unique<Two>(place);
  std::string& program = step->program;
  plan.add(std::move(step));
  REQUIRE(plan.check().front().finding.warnings.size() == 1);
  CHECK(plan.check().front().finding.warnings.front().starts_with("/tmp/flintctl "));
  std::vector<std::string> told;
  REQUIRE(plan.apply([&](const StepReport& report) { told = report.finding.warnings; }));
  CHECK(told.size() == 1);
  program = "/usr/local/bin/flintctl";
  CHECK(plan.check().front().finding.warnings.empty());
}

namespace {

/// A unit that is installed, with what says so.
struct Installed : Place {
  HostUnit unit{"flintctl-x-y.service", "[Service]\nExecStart=/bin/true\n"};
  std::string file = paths.units() + "/" + unit.name;
  std::string link = paths.units() + "/multi-user.target.wants/" + unit.name;
  Record record = Record::open(paths.record()).value();
  Journal journal{record, "step"};

  Result<> install() { return install_unit(unit, paths, services, journal); }
  bool in_place() {
    const auto items = check_unit(unit, paths, services);
    REQUIRE(items);
    return std::all_of(items->begin(), items->end(),
                       [](const Item& item) { return item.state == State::in_place; });
  }
  void link_to(const std::string& target) const {
    REQUIRE(sys::remove_file(link));
    REQUIRE(sys::make_directories(paths.units() + "/multi-user.target.wants"));
    REQUIRE(::symlink(target.c_str(), link.c_str()) == 0);
  }
};

}  // namespace

TEST_CASE("a link of systemctl's leads to the unit as ours does, and goes with it") {
  Installed host;
  REQUIRE(host.install());
  host.link_to(host.file);
  CHECK(host.in_place());
  const auto calls = host.fault.calls.size();
  REQUIRE(host.install());
  CHECK(host.fault.calls.size() == calls + 1);  // started, which does nothing
  std::vector<std::string> notes;
  const bool dangles = GENERATE(false, true);
  if (dangles) REQUIRE(sys::remove_file(host.file));
  const Change* change = host.record.find("step", "link", host.link);
  REQUIRE(change != nullptr);
  REQUIRE(undo_file_change(*change, Data::keep, notes));
  std::error_code failed;
  CHECK(std::filesystem::read_symlink(host.link, failed).empty());
}

TEST_CASE("a link that leads elsewhere is refused before the unit's file is replaced") {
  Installed host;
  host.write(host.file, "theirs\n");
  host.link_to(GENERATE(as<std::string>(), "/nowhere", "../other.service"));
  const auto items = check_unit(host.unit, host.paths, host.services);
  REQUIRE(items);
  REQUIRE((*items)[1].obstacle);
  CHECK((*items)[1].obstacle->code() == Code::already_exists);
  CHECK_FALSE(host.install());
  CHECK(Place::read(host.file) == "theirs\n");
  CHECK(host.record.changes().empty());
}

TEST_CASE("a drop-in of another's that decides what a unit starts is named and refused") {
  Installed host;
  REQUIRE(host.install());
  const std::string folder =
      GENERATE(as<std::string>(), "/etc/systemd/system/flintctl-x-y.service.d",
               "/run/systemd/system/flintctl-x-.service.d", "/run/systemd/system/service.d");
  const std::string path = host.root + folder + "/x.conf";
  host.write(path, "[Service]\nEnvironment=ExecStart=x\n# ExecStart=\nTimeoutStartSec=5\n");
  CHECK(host.in_place());
  host.write(path, GENERATE(as<std::string>(), "[Service]\nExecStart=\nExecStart=/bin/true\n",
                            "[Unit]\n ConditionPathExists = /nowhere\n"));
  CHECK_FALSE(host.in_place());
  const auto refused = host.install();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::already_exists);
  CHECK(refused.error().text().find(path) != std::string::npos);
  REQUIRE(sys::remove_file(path));
  CHECK(host.in_place());
}

TEST_CASE("systemd reads its files again only for a unit that it knows by an older one") {
  Installed host;
  const auto reloads = [&] {
    return std::count(host.fault.calls.begin(), host.fault.calls.end(), "reload units");
  };
  REQUIRE(host.install());
  CHECK(reloads() == 0);
  host.services.outdated.insert(host.unit.name);
  REQUIRE(host.install());
  CHECK(reloads() == 1);
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
