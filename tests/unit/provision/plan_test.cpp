// SPDX-License-Identifier: Apache-2.0
#include "provision/plan.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "place.hpp"
#include "provision/host_file.hpp"
#include "sys/lock.hpp"

using namespace flintctl;
using namespace flintctl::provision;
using testing::Place;

namespace {

constexpr const char* unit_text = "[Service]\nExecStart=/bin/true\n";

/// A step of every building block: two files, a folder with data, a unit. Stops, as a killed
/// process does, at the `die_at`-th call of intend() or right after it.
class Sample final : public Step {
 public:
  explicit Sample(Place& place) : place_(place) {}

  [[nodiscard]] std::string name() const override { return "sample"; }
  Result<Finding> check() override {
    Finding finding;
    for (const HostFile& file : files()) finding.items.push_back(check_file(file));
    finding.items.push_back(check_folder(data()));
    for (Item& item : TRY(check_unit(unit(), place_.paths, place_.services))) {
      finding.items.push_back(std::move(item));
    }
    return finding;
  }
  Result<> apply(Journal& journal) override {
    for (const HostFile& file : files()) TRY(install_file(file, journal));
    TRY(install_data_folder(data(), journal));
    TRY(journal.intend("switch", "on"));
    TRY(place_.fault.call("switch on"));
    return install_unit(unit(), place_.paths, place_.services, journal);
  }
  Result<> allow_undo(const Change& change, Data) override {
    if (change.kind != "switch" || !in_use) return {};
    return Error(Code::aborted, "process 7 uses the switch");
  }
  Result<Undone> undo(const Change& change, Data, Notes&) override {
    TRY(place_.fault.call("undo " + change.kind));
    return Undone::done;
  }

  bool in_use = false;

 private:
  [[nodiscard]] std::vector<HostFile> files() const {
    return {{place_.paths.etc + "/deep/a.conf", "a\n"}, {place_.paths.etc + "/b.conf", "b\n"}};
  }
  [[nodiscard]] HostFolder data() const { return {place_.root + "/data/pool", 0700}; }
  static HostUnit unit() { return {"flintctl-sample.service", unit_text}; }

  Place& place_;
};

/// A step of which only a try tells that it cannot be applied.
class Untried final : public Step {
 public:
  [[nodiscard]] std::string name() const override { return "untried"; }
  Result<Finding> check() override {
    Finding finding;
    finding.items.push_back({in_place ? State::in_place : State::missing, "it", {}});
    return finding;
  }
  Result<> rehearse() override {
    return Error(Code::host_not_ready, "the kernel has no such part");
  }
  Result<> apply(Journal&) override { return Error(Code::internal, "applied all the same"); }

  bool in_place = false;
};

struct Host : Place {
  Sample* sample = nullptr;
  Plan plan{paths, services};
  std::vector<StepReport> reports;

  Host() {
    auto step = std::make_unique<Sample>(*this);
    sample = step.get();
    plan.add(std::move(step));
  }
  Result<> apply() {
    reports.clear();
    return plan.apply([this](const StepReport& report) { reports.push_back(report); });
  }
  Result<> reset(Data data = Data::keep) {
    notes.clear();
    return plan.reset(data, [this](const UndoReport& report) {
      for (const std::string& note : report.notes) notes.push_back(note);
    });
  }
  bool in_place() { return plan.check().front().in_place(); }
  std::vector<std::string> notes;
};

}  // namespace

TEST_CASE("what only a try can tell is told before the first step is applied") {
  Host host;
  auto step = std::make_unique<Untried>();
  Untried& untried = *step;
  host.plan.add(std::move(step));
  const auto refused = host.apply();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::host_not_ready);
  CHECK(refused.error().text().find("step 'untried': the kernel has no such part") !=
        std::string::npos);
  REQUIRE(host.reports.size() == 1);
  CHECK(host.reports.front().step == "untried");
  CHECK(host.recorded() == 0);
  CHECK(host.fault.calls.empty());
  // Nothing is tried that is in place.
  untried.in_place = true;
  REQUIRE(host.apply());
}

TEST_CASE("a plan applies what is amiss, and then nothing") {
  Host host;
  CHECK_FALSE(host.in_place());
  CHECK_FALSE(sys::exists(host.paths.record()));
  REQUIRE(host.apply());
  CHECK(host.reports.front().changed);
  CHECK(host.in_place());
  CHECK(Place::read(host.paths.units() + "/flintctl-sample.service") == unit_text);
  CHECK(host.services.active.count("flintctl-sample.service") == 1);

  const auto calls = host.fault.calls.size();
  REQUIRE(host.apply());
  CHECK_FALSE(host.reports.front().changed);
  CHECK(host.fault.calls.size() == calls);
}

TEST_CASE("reset undoes everything but data, and the rest when asked") {
  Host host;
  REQUIRE(host.apply());
  host.write(host.root + "/data/pool/disk", "precious");
  REQUIRE(host.reset());
  CHECK_FALSE(sys::exists(host.paths.etc));
  CHECK(host.services.active.empty());
  CHECK(Place::read(host.root + "/data/pool/disk") == "precious");
  CHECK(host.recorded() == 2);  // the data, and the folder that it lies in
  REQUIRE(host.reset(Data::remove));
  CHECK_FALSE(sys::exists(host.root + "/data"));
  CHECK(host.recorded() == 0);
}

TEST_CASE("status is read from the host, whatever the record says") {
  Host host;
  REQUIRE(host.apply());
  const auto broken = GENERATE(0, 1, 2, 3, 4);
  if (broken == 0) REQUIRE(sys::remove_file(host.paths.etc + "/b.conf"));
  if (broken == 1) host.write(host.paths.etc + "/b.conf", "edited\n");
  if (broken == 2) REQUIRE(sys::remove_tree(host.root + "/data"));
  if (broken == 3) host.services.active.clear();
  if (broken == 4) {
    REQUIRE(
        sys::remove_file(host.paths.units() + "/multi-user.target.wants/flintctl-sample.service"));
  }
  CHECK_FALSE(host.in_place());
  REQUIRE(host.apply());
  CHECK(host.in_place());
}

TEST_CASE("a foreign file at our path is kept, named, and brought back by reset") {
  Host host;
  host.write(host.paths.etc + "/b.conf", "somebody's\n");
  REQUIRE(host.apply());
  REQUIRE(host.reports.front().notes.size() == 1);
  CHECK(host.reports.front().notes.front().find("kept as") != std::string::npos);
  CHECK(Place::read(host.paths.etc + "/b.conf") == "b\n");
  REQUIRE(host.reset());
  CHECK(Place::read(host.paths.etc + "/b.conf") == "somebody's\n");
  CHECK(sys::list_directory(host.paths.etc).value().size() == 1);
}

TEST_CASE("what was edited since is left alone by reset, with a word") {
  Host host;
  REQUIRE(host.apply());
  host.write(host.paths.etc + "/b.conf", "edited\n");
  REQUIRE(host.reset());
  CHECK(Place::read(host.paths.etc + "/b.conf") == "edited\n");
  REQUIRE(host.notes.size() == 2);  // this one, and the data that is kept
}

TEST_CASE("something foreign where our link belongs is refused") {
  Host host;
  host.write(host.paths.units() + "/multi-user.target.wants/flintctl-sample.service", "mine");
  const auto applied = host.apply();
  REQUIRE_FALSE(applied);
  CHECK(applied.error().code() == Code::already_exists);
}

TEST_CASE("nothing is undone while one step refuses, and it is named who uses it") {
  Host host;
  REQUIRE(host.apply());
  host.sample->in_use = true;
  const auto reset = host.reset(Data::remove);
  REQUIRE_FALSE(reset);
  CHECK(reset.error().text().find("process 7") != std::string::npos);
  CHECK(host.in_place());
}

TEST_CASE("a VM's disk does not go with the data, whether the VM runs or not") {
  Host host;
  REQUIRE(sys::make_directories(host.paths.vms() + "/0123456789abcdef"));
  REQUIRE(host.reset(Data::remove));  // nothing of ours holds a disk
  REQUIRE(host.apply());
  CHECK_FALSE(host.plan.plan_reset(Data::remove));
  const auto refused = host.reset(Data::remove);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text().find("0123456789abcdef") != std::string::npos);
  CHECK(host.in_place());
  REQUIRE(host.reset(Data::keep));
  REQUIRE(sys::remove_tree(host.paths.vms()));
  REQUIRE(host.reset(Data::remove));
}

TEST_CASE("a record that cannot be written keeps nothing from being undone") {
  Host host;
  REQUIRE(host.apply());
  host.write(host.root + "/data/pool/disk", "precious");
  struct rlimit before = {};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const auto data = GENERATE(Data::remove, Data::keep);
  // As on a full disk: no record can be written (a lock can, elsewhere), and all can be removed.
  const struct rlimit none = {64, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &none) == 0);
  const auto reset = host.reset(data);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, handler);
  CHECK_FALSE(sys::exists(host.paths.etc));
  CHECK(host.services.active.empty());
  // Nothing is left to write down, or it is said that it could not be.
  CHECK(reset.has_value() == (data == Data::remove));
  REQUIRE(host.reset(data));
  CHECK(host.recorded() == (data == Data::remove ? 0 : 2));
}

TEST_CASE("a run that failed at any call converges when run again, and can be reset") {
  for (int n = 1;; ++n) {
    Host host;
    host.write(host.paths.etc + "/b.conf", "somebody's\n");
    host.fault.fail_at = n;
    const auto applied = host.apply();
    if (!host.fault.struck) break;
    INFO("call " << n);
    REQUIRE_FALSE(applied);
    if (n % 2 == 0) {
      REQUIRE(host.reset(Data::remove));
      CHECK(Place::read(host.paths.etc + "/b.conf") == "somebody's\n");
      CHECK(host.services.active.empty());
      CHECK(host.recorded() == 0);
    }
    REQUIRE(host.apply());
    CHECK(host.in_place());
  }
}

TEST_CASE("a step that claims to be done and is not is a failure") {
  class Liar final : public Step {
    [[nodiscard]] std::string name() const override { return "liar"; }
    Result<Finding> check() override {
      return Finding{{{State::missing, "the thing", {}}}, {}, {}};
    }
    Result<> apply(Journal&) override { return {}; }
  };
  Place place;
  Plan plan(place.paths, place.services);
  plan.add(std::make_unique<Liar>());
  const auto applied = plan.apply([](const StepReport&) {});
  REQUIRE_FALSE(applied);
  CHECK(applied.error().text().find("the thing") != std::string::npos);
}

TEST_CASE("what a later step cannot do keeps the earlier ones from beginning") {
  class Stuck final : public Step {
   public:
    explicit Stuck(bool sees_it_as_error) : sees_it_as_error_(sees_it_as_error) {}
    [[nodiscard]] std::string name() const override { return "stuck"; }
    Result<Finding> check() override {
      Error why(Code::invalid_argument, "no disk is named");
      if (sees_it_as_error_) return why;
      return Finding{{{State::missing, "the disk", {}}}, {}, std::move(why)};
    }
    Result<> apply(Journal&) override { return {}; }

   private:
    bool sees_it_as_error_;
  };
  Host host;
  host.plan.add(std::make_unique<Stuck>(GENERATE(false, true)));
  // A dry run ends as the run would.
  const auto allowed = allow_apply(host.plan.check());
  const auto applied = host.apply();
  REQUIRE_FALSE(applied);
  CHECK(applied.error().code() == Code::invalid_argument);
  CHECK(applied.error().text() == "step 'stuck': no disk is named");
  REQUIRE_FALSE(allowed);
  CHECK(allowed.error().text() == applied.error().text());
  REQUIRE(host.reports.size() == 1);
  CHECK(host.reports.front().step == "stuck");
  CHECK(host.recorded() == 0);
  CHECK_FALSE(sys::exists(host.paths.etc));
  CHECK(host.services.active.empty());
}

TEST_CASE("two runs at once: the second says who holds the lock") {
  Host host;
  const auto lock = sys::FileLock::acquire(host.paths.lock());
  REQUIRE(lock);
  const auto applied = host.apply();
  REQUIRE_FALSE(applied);
  CHECK(applied.error().code() == Code::aborted);
  CHECK(applied.error().text().find(std::to_string(::getpid())) != std::string::npos);
  CHECK(applied.error().text().find("unit_provision") != std::string::npos);  // its command
  // Where it is to wait it says so before.
  std::vector<std::string> words;
  host.plan.set_voice([&words](const std::string& word) { words.push_back(word); });
  CHECK_FALSE(host.apply());
  CHECK(words.empty());
  CHECK_FALSE(host.plan.apply([](const StepReport&) {}, std::chrono::milliseconds(1)));
  REQUIRE(words.size() == 1);
  CHECK(words.front() == applied.error().message() + ": waiting until it ends");
}

TEST_CASE("a record that cannot be understood stops a run before it changes anything") {
  Host host;
  host.write(host.paths.record() + "/record.json", "{");
  const auto applied = host.apply();
  REQUIRE_FALSE(applied);
  CHECK(applied.error().code() == Code::data_loss);
  CHECK_FALSE(sys::exists(host.paths.etc));
}

TEST_CASE("without systemd no unit is written") {
  Host host;
  host.services.runs = false;
  REQUIRE(host.apply());
  CHECK(host.in_place());
  CHECK_FALSE(sys::exists(host.paths.units()));
}
