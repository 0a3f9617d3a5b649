// SPDX-License-Identifier: Apache-2.0
#include "provision/packages_step.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "place.hpp"
#include "provision/host_settings.hpp"
#include "provision/plan.hpp"
#include "support/fake_apt.hpp"

using namespace flintctl;
using namespace flintctl::provision;
using testing::FakeApt;
using testing::Place;
using Install = PackagesStep::Install;

namespace {

/// A step that cannot look at the host without the program "tool".
class User final : public Step {
 public:
  explicit User(std::string tool) : tool_(std::move(tool)) {}
  [[nodiscard]] std::string name() const override { return "user"; }
  Result<Finding> check() override {
    Finding finding;
    if (!sys::exists(tool_)) finding.lacks = tool_;
    finding.items.push_back({used_ ? State::in_place : State::missing, "what uses it", {}});
    return finding;
  }
  Result<> apply(Journal&) override {
    if (!sys::exists(tool_)) return Error(Code::internal, "applied without its tool");
    used_ = true;
    return {};
  }

 private:
  std::string tool_;
  bool used_ = false;
};

/// A host that is to have the programs "tool" and "other", of packages that need "libx".
struct Host : Place {
  FakeApt apt;
  std::vector<ProgramNeed> needs = {{apt.program("tool"), {}, "tools"},
                                    {apt.program("other"), {}, "other"}};
  Install install = Install::allowed;
  std::vector<std::string> notes;

  Host() {
    apt.offer("libx", "", "");
    apt.offer("tools", "libx", "tool");
    apt.offer("other", "libx tools", "other");
  }
  Plan plan() {
    Plan made(paths, services);
    made.add(std::make_unique<PackagesStep>(needs, install, services, apt.packages()));
    made.add(std::make_unique<User>(apt.program("tool")));
    return made;
  }
  Result<> apply() {
    return plan().apply([this](const StepReport& report) {
      for (const std::string& note : report.notes) notes.push_back(note);
    });
  }
  std::vector<std::string> reset() {
    std::vector<std::string> lines;
    Plan made = plan();
    const auto done = made.reset(Data::keep, [&](const UndoReport& report) {
      const bool kept = report.outcome == UndoReport::Outcome::kept;
      lines.push_back(report.change.target + (kept ? " kept" : ""));
      lines.insert(lines.end(), report.notes.begin(), report.notes.end());
    });
    INFO((done ? "" : done.error().text()));
    REQUIRE(done);
    return lines;
  }
  StepReport look() { return plan().check().front(); }
};

std::vector<std::string> programs(const HostSettings& settings) {
  std::vector<std::string> names;
  for (const ProgramNeed& need : needed_programs(settings)) names.push_back(need.program);
  return names;
}

}  // namespace

TEST_CASE(
    "missing programs come from their packages by one run, which is recorded with all it brings") {
  Host host;
  const auto before = host.look();
  CHECK(before.finding.items.front().subject == "package tools");
  CHECK(before.finding.items.front().verb == "install");
  CHECK(before.finding.brings.size() == 2);
  CHECK(host.apt.log().empty());
  REQUIRE(host.apply());
  CHECK(host.look().in_place());
  CHECK(host.recorded() == 3);
  CHECK(host.apt.called(" install -- tools other") == 3);  // planned, fetched, done
  CHECK(host.apt.called("update") == 0);

  const std::string log = host.apt.log();
  REQUIRE(host.apply());
  CHECK(host.apt.log() == log);
  CHECK(host.reset() == std::vector<std::string>{"other", "tools", "libx"});
  CHECK(host.apt.state("other") == "config-files");
  CHECK(host.recorded() == 0);
}

TEST_CASE("a program that is there is in place, whatever installed it, and stays at reset") {
  Host host;
  host.write(host.apt.program("tool"), "mine");
  REQUIRE(::chmod(host.apt.program("tool").c_str(), 0755) == 0);
  host.needs.pop_back();
  REQUIRE(host.apply());
  CHECK(host.apt.log().empty());
  CHECK(host.reset().empty());
  CHECK(Place::read(host.apt.program("tool")) == "mine");
}

TEST_CASE("a package that was there before is not removed") {
  Host host;
  REQUIRE(host.apt.packages().install({"libx"}, apt::Packages::Broken::refuse));
  REQUIRE(host.apply());
  CHECK(host.reset() == std::vector<std::string>{"other", "tools"});
  CHECK(host.apt.state("libx") == "installed");
}

TEST_CASE("a step that needs the program is planned, not refused, where a package brings it") {
  Host host;
  auto reports = host.plan().check();
  CHECK_FALSE(reports.at(1).error);
  CHECK(reports.at(1).finding.items.front().state == State::missing);
  host.install = Install::forbidden;
  reports = host.plan().check();
  REQUIRE(reports.at(1).error);
  CHECK(reports.at(1).error->code() == Code::host_not_ready);
}

TEST_CASE(
    "where installing is forbidden nothing is installed, and the hint says what would do it") {
  Host host;
  host.install = Install::forbidden;
  const auto refused = host.apply();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::host_not_ready);
  CHECK(refused.error().hint() ==
        "install them: apt-get install tools other; host.toml has [packages] install = false");
  CHECK(host.apt.log().empty());
  CHECK(host.recorded() == 0);
  // Without them it works: they are missing, and nothing else is refused for that.
  for (ProgramNeed& need : host.needs) need.optional = true;
  const auto report = host.look();
  CHECK_FALSE(report.in_place());
  CHECK(report.finding.applied());
  CHECK(report.finding.items.front().state == State::missing);
  REQUIRE(report.finding.warnings.size() == 1);
  CHECK(report.finding.warnings.front().find("apt-get install tools other") != std::string::npos);
}

TEST_CASE("whoever changes packages meanwhile is named before he is waited for") {
  Host host;
  const std::string lock = host.apt.root + "/dpkg/lock-frontend";
  host.apt.touch("dpkg/lock-frontend");
  CHECK(host.apt.packages().holder().empty());
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t other = ::fork();
  if (other == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int file = ::open(lock.c_str(), O_RDWR);
    struct flock whole = {};
    whole.l_type = F_WRLCK;
    const bool taken = ::fcntl(file, F_SETLK, &whole) == 0;
    (void)!::write(ready[1], taken ? "y" : "n", 1);
    for (;;) ::pause();
  }
  char answer = 0;
  REQUIRE(::read(ready[0], &answer, 1) == 1);
  REQUIRE(answer == 'y');
  std::vector<std::string> words;
  const auto hear = [&words](const std::string& word) { words.push_back(word); };
  REQUIRE(host.plan().set_voice(hear).apply([](const StepReport&) {}));
  REQUIRE(host.plan().set_voice(hear).reset(Data::keep, [](const UndoReport&) {}));
  ::kill(other, SIGKILL);
  ::waitpid(other, nullptr, 0);
  REQUIRE(words.size() == 2);
  for (const std::string& word : words) {
    INFO(word);
    CHECK(word.find("process " + std::to_string(other) + " (") == 0);
    CHECK(word.find(") changes packages: waiting") != std::string::npos);
  }
  REQUIRE(host.plan().set_voice(hear).apply([](const StepReport&) {}));
  CHECK(words.size() == 2);
}

TEST_CASE("a host without apt-get is told which programs to install by its own means") {
  Host host;
  host.apt.programs.apt_get = "/nowhere/apt-get";
  const auto refused = host.apply();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::host_not_ready);
  CHECK(refused.error().text().find("tool, ") != std::string::npos);
  CHECK(std::string(refused.error().hint()).find("its own package manager") != std::string::npos);
  CHECK(host.recorded() == 0);
}

TEST_CASE("lists are fetched only when a package is not known or no longer to be had") {
  for (const char* trouble : {"unknown", "gone"}) {
    Host host;
    host.apt.offer("tools", "libx", "tool", "remote");
    if (std::string(trouble) == "gone") {
      host.apt.touch("lists/tools/gone");
    } else {
      REQUIRE(sys::remove_tree(host.apt.root + "/lists/tools"));
    }
    // An update in the fake brings files, and takes none away.
    const auto applied = host.apply();
    CHECK(host.apt.called("apt-get -q update") == 1);
    if (std::string(trouble) == "unknown") {
      REQUIRE(applied);
      CHECK(host.reset().size() == 3);
    } else {
      CHECK(applied.error().text().find("404") != std::string::npos);
      CHECK(applied.error().code() == Code::host_not_ready);
      CHECK(host.recorded() == 0);
    }
  }
}

TEST_CASE("apt-get that is killed anywhere leaves what the next run ends, or reset takes away") {
  for (const bool finished : {true, false}) {
    Host host;
    host.apt.touch("lists/libx/dies");
    REQUIRE_FALSE(host.apply());
    CHECK(host.recorded() == 3);
    CHECK(host.apt.state("libx") == "unpacked");
    if (finished) {
      REQUIRE(host.apply());
      CHECK(host.apt.called("--configure --pending") == 1);
      CHECK(host.look().in_place());
      CHECK(host.apt.state("libx") == "installed");
    }
    CHECK(host.reset() == std::vector<std::string>{"other", "tools", "libx"});
    CHECK(host.apt.state("libx") == "config-files");
    CHECK(host.apt.state("tools") == (finished ? "config-files" : "none"));
    CHECK(host.recorded() == 0);
  }
}

TEST_CASE("a program that is there and not yet configured is not in place") {
  Host host;
  host.apt.touch("lists/other/dies");
  REQUIRE_FALSE(host.apply());
  CHECK(sys::exists(host.apt.program("other")));
  CHECK(host.look().finding.items.front().subject == "program " + host.apt.program("tool"));
  CHECK_FALSE(host.look().in_place());
  REQUIRE(host.apply());
  CHECK(host.apt.state("other") == "installed");
  CHECK(host.look().in_place());
}

TEST_CASE("another's run that was broken off is not meddled with, but told") {
  Host host;
  host.apt.touch("dpkg/updates/0001");
  const auto refused = host.apply();
  REQUIRE_FALSE(refused);
  CHECK(std::string(refused.error().hint()).find("dpkg --configure -a") != std::string::npos);
  CHECK(host.apt.called("--configure --pending") == 0);
}

TEST_CASE("a package that another one needs by now stays, and stays recorded until it does not") {
  Host host;
  REQUIRE(host.apply());
  host.apt.offer("theirs", "libx", "");
  REQUIRE(host.apt.packages().install({"theirs"}, apt::Packages::Broken::refuse));
  CHECK(host.reset() == std::vector<std::string>{"other", "tools", "libx kept",
                                                 "the package libx stays: theirs depends on libx"});
  CHECK(host.recorded() == 1);
  REQUIRE(host.apt.packages().remove("theirs"));
  CHECK(host.reset() == std::vector<std::string>{"libx"});
  CHECK(host.recorded() == 0);
}

TEST_CASE("a package that lacks the program is told apart from one that cannot be installed") {
  Host host;
  host.needs.push_back({host.apt.program("ghost"), {}, "tools"});
  const auto refused = host.apply();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text().find("brought no " + host.apt.program("ghost")) !=
        std::string::npos);
  CHECK(std::string(refused.error().hint()).find("--reinstall tools") != std::string::npos);
}

TEST_CASE("a unit that a package starts unasked is told") {
  Host host;
  host.needs.front().unit = "theirs.service";
  host.services.active.insert("theirs.service");
  REQUIRE(host.apply());
  REQUIRE(host.notes.size() == 1);
  CHECK(host.notes.front().find("systemctl disable --now theirs.service") != std::string::npos);
}

TEST_CASE("a run of dpkg that was broken off is a warning when all programs are there") {
  Host host;
  REQUIRE(host.apply());
  host.apt.touch("dpkg/updates/0001");
  CHECK(host.look().in_place());
  REQUIRE(host.look().finding.warnings.size() == 1);
  CHECK(host.look().finding.warnings.front().find("dpkg --configure -a") != std::string::npos);
}

TEST_CASE("virtiofsd is in QEMU's package until Debian 12, and in its own since") {
  CHECK(virtiofsd_package("12.11\n") == "qemu-system-common");
  CHECK(virtiofsd_package("bookworm/sid\n") == "qemu-system-common");
  CHECK(virtiofsd_package("13.1\n") == "virtiofsd");
  CHECK(virtiofsd_package("") == "virtiofsd");
}

TEST_CASE("what is needed follows from the settings") {
  HostSettings settings;
  settings.private_containerd.start.snapshotter = "devmapper";
  CHECK(programs(settings) == std::vector<std::string>{"thin_check", "thin_repair", "containerd",
                                                       "dmsetup", "mkfs.ext4", "blkdiscard",
                                                       "qemu-system-x86_64"});
  settings.devpool = false;
  settings.private_containerd.source.emplace();  // its own program, which calls the host's
  CHECK(programs(settings) ==
        std::vector<std::string>{"dmsetup", "mkfs.ext4", "blkdiscard", "qemu-system-x86_64"});
  settings.containerd = false;
  settings.lvm = true;
  settings.network = true;
  settings.network_spec.dhcp = NetworkSpec::Dhcp::dnsmasq;
  VmmSource firecracker;
  firecracker.name = "firecracker";
  firecracker.url = "https://example.org/x";
  settings.vmms.push_back(firecracker);
  CHECK(programs(settings) ==
        std::vector<std::string>{"lvm", "thin_check", "thin_repair", "dnsmasq"});
  VmmSource virtiofsd;
  virtiofsd.name = "virtiofsd";
  settings.vmms = {virtiofsd};
  CHECK(programs(settings).at(4) == "virtiofsd");
  CHECK(programs(settings).at(5) == "qemu-system-x86_64");  // with it alone no VM starts
  for (const ProgramNeed& need : needed_programs(settings)) CHECK_FALSE(need.package.empty());
}
