// SPDX-License-Identifier: Apache-2.0
// What the two containerd steps leave alone when they are undone.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "core/unique_fd.hpp"
#include "place.hpp"
#include "provision/containerd_process.hpp"
#include "provision/containerd_step.hpp"
#include "provision/containerd_system.hpp"
#include "provision/containerd_version.hpp"
#include "provision/plan.hpp"

using namespace flintctl;
using namespace flintctl::provision;
using testing::Place;

namespace {

constexpr auto block_of_ours =
    "# BEGIN flintctl: made by 'flintctl provision', taken back by 'flintctl provision reset'\n"
    "[plugins.'io.containerd.snapshotter.v1.devmapper']\npool_name = 'pool'\n";

UniqueFd serve(const std::string& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(fd.get(), 1) == 0);
  return fd;
}

/// The host's containerd whose configuration got our table, with what it was before beside it.
struct System : Place {
  std::string config = paths.etc + "/containerd/config.toml";
  ContainerdStatus status;  ///< of the one that runs
  SystemContainerd wanted;
  Plan plan{paths, services};

  System() {
    wanted.config_path = config;
    wanted.pool = "pool";
    wanted.status = [this](const std::string&) -> Result<ContainerdStatus> { return status; };
    plan.add(std::make_unique<SystemContainerdStep>(paths, wanted, services));
    write(config + ".flintctl-bak", "version = 2\n");
    auto record = Record::open(paths.record());
    REQUIRE(record);
    REQUIRE(record->put({"containerd-system", "table", config, {}}));
  }
  Result<> reset() {
    return plan.reset(Data::remove, [](const UndoReport&) {});
  }
};

}  // namespace

TEST_CASE("a table whose marks are not whole is refused, and its backup stays") {
  System host;
  const auto text =
      GENERATE(as<std::string>(), block_of_ours, "version = 2\n[plugins.x]\n# END flintctl\n");
  host.write(host.config, text);
  const auto reset = host.reset();
  REQUIRE_FALSE(reset);
  CHECK(reset.error().code() == Code::aborted);
  CHECK(reset.error().text().find(host.config) != std::string::npos);
  CHECK(Place::read(host.config) == text);
  CHECK(sys::exists(host.config + ".flintctl-bak"));
  // Somebody takes it out, and changes something else.
  host.write(host.config, "version = 3\n");
  REQUIRE(host.reset());
  CHECK(sys::exists(host.config + ".flintctl-bak"));
  CHECK(host.recorded() == 0);
}

TEST_CASE("a configuration comes back byte for byte, and a backup that stays is named") {
  System host;
  const std::string block = std::string(block_of_ours) + "# END flintctl\n";
  const auto reset = [&] {
    Notes notes;
    REQUIRE(host.plan.reset(Data::keep, [&](const UndoReport& report) {
      notes.insert(notes.end(), report.notes.begin(), report.notes.end());
    }));
    return notes;
  };
  const std::string old = GENERATE("version = 2", "version = 2\n", "# only a comment", "");
  host.write(host.config + ".flintctl-bak", old);
  SECTION("it does") {
    host.write(host.config, with_block(old, block));
    reset();
    CHECK(sys::read_file(host.config).value() == old);
    CHECK_FALSE(sys::exists(host.config + ".flintctl-bak"));
  }
  SECTION("somebody took it away, and the next run wrote a new one") {
    if (old.empty()) return;
    host.write(host.config, block);
    const Notes notes = reset();
    CHECK_FALSE(sys::exists(host.config));
    CHECK(Place::read(host.config + ".flintctl-bak") == old);
    CHECK(std::any_of(notes.begin(), notes.end(), [&](const std::string& note) {
      return note == "what " + host.config + " was before is " + host.config + ".flintctl-bak";
    }));
  }
}

TEST_CASE("nothing is undone under a containerd that runs with the snapshotter") {
  System host;
  host.write(host.config, "version = 2\n");
  host.status.owner = ContainerdOwner::other;
  host.status.pid = 7;
  host.status.snapshotters = {{"devmapper", SnapshotterState::State::ok, {}}};
  const auto reset = host.reset();
  REQUIRE_FALSE(reset);
  CHECK(reset.error().code() == Code::aborted);
  CHECK(reset.error().text().find("process 7") != std::string::npos);
  CHECK(reset.error().hint().find("systemctl stop containerd.service") != std::string::npos);
  CHECK_FALSE(host.plan.plan_reset(Data::keep));
  CHECK(host.recorded() == 1);
  // It runs without our table, or it is stopped.
  host.status.snapshotters.front().state = SnapshotterState::State::skipped;
  REQUIRE(host.reset());
  CHECK(host.recorded() == 0);
}

namespace {

/// The same with programs that look like containerd and what it needs, and the table in place.
struct Configured : System {
  std::string path_before = std::getenv("PATH");

  Configured() {
    const std::string programs = root + "/bin";
    write(programs + "/containerd", "#!/bin/sh\nexec cat \"$2\"\n");
    REQUIRE(::chmod((programs + "/containerd").c_str(), 0755) == 0);
    for (const char* name : {"dmsetup", "mkfs.ext4", "blkdiscard"}) {
      REQUIRE(::symlink("/bin/true", (programs + "/" + name).c_str()) == 0);
    }
    ::setenv("PATH", (programs + ":" + path_before).c_str(), 1);
    write(config, "version = 2\n");
    const auto table = step(SystemContainerd::Restart::when_told).table();
    REQUIRE(table);
    write(config, "version = 2\n" + table->text);
    status.owner = ContainerdOwner::other;
  }
  ~Configured() { ::setenv("PATH", path_before.c_str(), 1); }

  SystemContainerdStep step(SystemContainerd::Restart restart) {
    SystemContainerd asked = wanted;
    asked.restart = restart;
    return {paths, asked, services};
  }
  [[nodiscard]] State unit_state(const Finding& finding) const {
    for (const Item& item : finding.items) {
      if (item.subject == "unit containerd.service") return item.state;
    }
    return State::in_place;
  }
};

}  // namespace

TEST_CASE("a configuration that takes no table is refused in our words before anything is made") {
  Configured host;
  REQUIRE(sys::remove_tree(host.paths.state));  // what System has in it
  struct Case {
    const char* text;
    const char* word;
  };
  const Case one = GENERATE(
      Case{"version = 2\n[plugins.'io.containerd.snapshotter.v1.devmapper']\n", "names no pool"},
      Case{"version = 2\nplugins = {}\n", "in braces"});
  host.write(host.config, one.text);
  for (int run = 0; run < 2; ++run) {
    const auto refused =
        run == 0 ? allow_apply(host.plan.check()) : host.plan.apply([](const StepReport&) {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Code::already_exists);
    CHECK(refused.error().text().find(one.word) != std::string::npos);
    CHECK_FALSE(refused.error().hint().empty());
  }
  CHECK(host.recorded() == 0);
  CHECK(Place::read(host.config) == one.text);
  CHECK(sys::list_directory(host.paths.etc + "/containerd").value() ==
        std::vector<std::string>{"config.toml", "config.toml.flintctl-bak"});
}

TEST_CASE("a restart that fails leaves the table that an earlier run wrote") {
  Configured host;
  const std::string before = Place::read(host.config);
  host.status.problem = "has no devmapper snapshotter";
  SystemContainerdStep step = host.step(SystemContainerd::Restart::now);
  host.fault.fail_at = 1;
  const auto failed = apply_alone(step, host.paths, std::chrono::seconds(1));
  REQUIRE_FALSE(failed);
  CHECK(host.fault.calls == std::vector<std::string>{"restart containerd.service"});
  CHECK(failed.error().text().find("its configuration is left as it is") != std::string::npos);
  CHECK(Place::read(host.config) == before);
}

TEST_CASE("a host's containerd that has to be restarted is not in place, and waits for a person") {
  Configured host;
  host.status.problem = "has no devmapper snapshotter";
  const StepReport looked = host.plan.check().front();
  CHECK_FALSE(looked.in_place());
  CHECK(looked.finding.applied());
  bool changed = true;
  REQUIRE(host.plan.apply([&](const StepReport& report) { changed = report.changed; }));
  CHECK_FALSE(changed);
  CHECK(host.fault.calls.empty());
  host.status.problem.clear();
  CHECK(host.plan.check().front().in_place());
}

TEST_CASE("a host's containerd that no boot starts is not in place") {
  Configured host;
  CHECK(host.plan.check().front().in_place());
  host.services.file_words["containerd.service"] = "disabled";
  const StepReport disabled = host.plan.check().front();
  CHECK_FALSE(disabled.in_place());
  CHECK(disabled.finding.warnings.front().find("systemctl enable containerd.service") !=
        std::string::npos);
  REQUIRE(host.plan.apply([](const StepReport&) {}));
  host.services.file_words["containerd.service"] = "masked";
  CHECK(host.unit_state(host.plan.check().front().finding) == State::differs);
  const auto refused = host.plan.apply([](const StepReport&) {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::host_not_ready);
  CHECK(refused.error().hint() == "systemctl unmask containerd.service");
}

TEST_CASE("a containerd that was started before its configuration changed runs by an older one") {
  Place place;
  const std::string path = place.root + "/config.toml";
  place.write(path, "version = 2\n");
  OwnContainerd own{sys::Process::open(::getpid()).value(), path, "", std::chrono::hours(1)};
  CHECK(outdated_config(own, path) == "containerd runs by an older " + path);
  CHECK(outdated_config(own, "/etc/other.toml").find("not by /etc/other.toml") !=
        std::string::npos);
  const auto age_file = [&](std::int64_t seconds) {
    timespec now = {};
    REQUIRE(::clock_gettime(CLOCK_REALTIME, &now) == 0);
    const timespec then = {now.tv_sec - seconds, now.tv_nsec};
    const timespec times[] = {then, then};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
  };
  age_file(3601);
  CHECK(outdated_config(own, path).empty());
  age_file(-3600);  // a clock that was put back
  CHECK(outdated_config(own, path).empty());
  age_file(3599);
  CHECK_FALSE(outdated_config(own, path).empty());
}

TEST_CASE("the log's name stands for itself in the unit, and what runs is seen without a program") {
  Place place;
  PrivateContainerd wanted;
  wanted.settings.address = place.root + "/run/c/containerd.sock";
  wanted.start.config_path = place.root + "/etc/c.toml";
  wanted.start.binary = "/bin/true";
  wanted.start.log_file = place.root + "/my %n log.log";
  CHECK(ContainerdStep(place.paths, wanted, place.services)
            .unit()
            ->text.find("StandardOutput=append:" + place.root + "/my %%n log.log\n") !=
        std::string::npos);
  wanted.source.emplace();
  wanted.source->sha256 = std::string(64, '0');
  ContainerdStep step(place.paths, wanted, place.services);
  auto found = step.check();
  REQUIRE(found);
  CHECK(found->items[0].state == State::missing);
  place.write(wanted.start.config_path, "version = 2\n");
  found = step.check();
  REQUIRE(found);
  CHECK(found->items[0].state == State::in_place);
  CHECK(found->items[1].state == State::missing);  // nothing runs there
}

TEST_CASE("a root that was narrowed gets its mode back once nothing is kept in it") {
  Place place;
  PrivateContainerd wanted;
  wanted.settings.root = place.root + "/c";
  wanted.settings.state = place.root + "/run/c";
  wanted.settings.address = place.root + "/run/c/containerd.sock";
  wanted.settings.version = *parse_containerd_version("containerd x v1.7.0");
  wanted.start.config_path = place.root + "/etc/c.toml";
  wanted.start.log_file = place.root + "/log/c.log";
  wanted.start.binary = place.root + "/containerd";
  place.write(wanted.start.binary,
              "#!/bin/sh\n[ \"$1\" != --version ] || exec echo containerd x v1.7.0\nexit 1\n");
  REQUIRE(::chmod(wanted.start.binary.c_str(), 0755) == 0);
  REQUIRE(sys::make_directories(wanted.settings.root, 0755));
  const auto mode = [&] {
    struct stat status = {};
    REQUIRE(::stat(wanted.settings.root.c_str(), &status) == 0);
    return status.st_mode & 07777U;
  };
  Plan plan(place.paths, place.services);
  plan.add(std::make_unique<ContainerdStep>(place.paths, wanted, place.services));
  for (int run = 0; run < 2; ++run) {  // its containerd ends at once
    CHECK_FALSE(plan.apply([](const StepReport&) {}));
    REQUIRE(mode() == 0700);
  }
  const std::string data = wanted.settings.root + "/io.containerd.content.v1.content/x";
  place.write(data, "kept");
  REQUIRE(plan.reset(Data::keep, [](const UndoReport&) {}));
  CHECK(mode() == 0700);
  CHECK(Place::read(data) == "kept");
  REQUIRE(plan.reset(Data::remove, [](const UndoReport&) {}));
  CHECK(mode() == 0755);
  CHECK(place.recorded() == 0);
}

TEST_CASE("a backup that says what the file says goes") {
  System host;
  host.write(host.config, "version = 2\n");
  REQUIRE(host.reset());
  CHECK_FALSE(sys::exists(host.config + ".flintctl-bak"));
}

TEST_CASE("a failed restart says whether the old configuration is in use") {
  const auto text = [](const Result<>& restored) {
    return failed_restart("containerd.service", Error(Code::unknown, "is masked"), restored).text();
  };
  CHECK(text({}).find("was restarted with that") != std::string::npos);
  CHECK(text(Error(Code::unknown, "is masked")).find("could not be restarted") !=
        std::string::npos);
}

TEST_CASE("a state folder in which somebody serves a socket stays") {
  Place place;
  const std::string folder = place.root + "/run/c";
  REQUIRE(sys::make_directories(folder));
  ContainerdStep step(place.paths, PrivateContainerd(), place.services);
  const Change change{"containerd", "state", folder, {}};
  Notes notes;
  {
    const UniqueFd server = serve(folder + "/containerd.sock");
    REQUIRE(step.undo(change, Data::remove, notes));
    CHECK(notes.size() == 1);
    CHECK(sys::exists(folder + "/containerd.sock"));
  }
  REQUIRE(step.undo(change, Data::remove, notes));
  CHECK_FALSE(sys::exists(folder));
}
