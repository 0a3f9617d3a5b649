// SPDX-License-Identifier: Apache-2.0
#include "provision/devpool_step.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "lvm/names.hpp"
#include "provision/host_file.hpp"
#include "sys/file.hpp"
#include "sys/host.hpp"
#include "thinpool/backing.hpp"
#include "thinpool/deactivate.hpp"
#include "thinpool/metadata.hpp"
#include "thinpool/table.hpp"
#include "thinpool/users.hpp"

namespace flintctl::provision {
namespace {

/// The arguments by which the unit brings the same pool back.
std::vector<std::string> arguments(const thinpool::Spec& spec, const thinpool::Outcome& pool) {
  std::vector<std::string> words = {"provision", "devpool",     "--at-boot",   "--name",
                                    spec.name,   "--directory", pool.directory};
  // What the person asked for counts from the next boot on; else it is as it is.
  std::uint64_t low_water = thinpool::PoolTable().low_water_blocks;
  if (const auto table = thinpool::parse_pool_table(pool.line)) low_water = table->low_water_blocks;
  low_water = spec.low_water_blocks.value_or(low_water);
  if (low_water != thinpool::PoolTable().low_water_blocks) {
    words.insert(words.end(), {"--low-water-mark", fmt::format("{}", low_water)});
  }
  return words;
}

bool any_exists(const thinpool::BackingFiles& files) {
  return sys::exists(files.data) || sys::exists(files.metadata) ||
         sys::exists(files.unfinished_metadata);
}

/// A failed check is a failed unit: in the journal, and in `systemctl --failed`.
void add_watch(std::vector<HostUnit>& units, const std::string& pool, const std::string& program) {
  const std::string name = fmt::format("flintctl-pool-check-{}", escape_unit_name(pool));
  HostUnit service{name + ".service",
                   fmt::format("# Made by 'flintctl provision'.\n"
                               "[Unit]\n"
                               "Description=Check of flintctl's thin pool {0}\n"
                               "After={1}\n"
                               "\n"
                               "[Service]\n"
                               "Type=oneshot\n"
                               "ExecStart={2} pool check {3}\n",
                               pool, pool_unit_name(pool), program, quote_argument(pool))};
  service.wanted_by.clear();
  service.run = HostUnit::Run::not_started;
  HostUnit timer{name + ".timer",
                 fmt::format("# Made by 'flintctl provision'.\n"
                             "[Unit]\n"
                             "Description=Regular check of flintctl's thin pool {}\n"
                             "\n"
                             "[Timer]\n"
                             "OnActiveSec=5min\n"
                             "OnUnitActiveSec=5min\n"
                             "\n"
                             "[Install]\n"
                             "WantedBy=timers.target\n",
                             pool)};
  timer.wanted_by = "timers.target";
  units.push_back(std::move(service));
  units.push_back(std::move(timer));
}

}  // namespace

std::string pool_unit_name(const std::string& pool) {
  return fmt::format("flintctl-pool-{}.service", escape_unit_name(pool));
}

Result<std::vector<HostUnit>> DevpoolStep::units(const thinpool::Outcome& pool) const {
  std::vector<HostUnit> units;
  if (!services_.running()) return units;
  const std::string program = quote_argument(TRY(sys::own_executable()));
  std::string command = program;
  for (const std::string& word : arguments(spec_, pool)) command += " " + quote_argument(word);
  const HostUnit boot{pool_unit_name(spec_.name),
                      fmt::format("# Made by 'flintctl provision'.\n"
                                  "[Unit]\n"
                                  "Description=flintctl's thin pool {}\n"
                                  "RequiresMountsFor={} {}\n"
                                  "After=systemd-modules-load.service systemd-udevd.service "
                                  "local-fs.target\n"
                                  "Before=containerd.service\n"
                                  "\n"
                                  "[Service]\n"
                                  "Type=oneshot\n"
                                  "RemainAfterExit=yes\n"
                                  "ExecStart={}\n"
                                  "\n"
                                  "[Install]\n"
                                  "WantedBy=multi-user.target\n",
                                  spec_.name, quote_argument(pool.directory), program, command)};
  if (!pool.directory.empty()) units.push_back(boot);
  if (watch_.timer) add_watch(units, spec_.name, program);
  return units;
}

std::string DevpoolStep::not_brought_back() const {
  return fmt::format(
      "nothing of flintctl's brings pool '{}' back after a reboot: it is not on two files 'data' "
      "and 'metadata' in one folder",
      spec_.name);
}

Result<> DevpoolStep::refuse_logical() {
  if (!lvm::parse_dm_name(spec_.name)) return {};
  return thinpool::refuse_logical(spec_.name, paths_.etc, drivers_.lvm());
}

Result<thinpool::Outcome> DevpoolStep::look(Finding& finding) {
  const std::string subject = "pool " + spec_.name;
  if (::geteuid() != 0) {
    thinpool::Outcome outcome = TRY(thinpool::plan_unprivileged(spec_));
    finding.warnings = outcome.warnings;
    const bool active = outcome.change == thinpool::Change::unchanged;
    finding.items.push_back({active ? State::in_place : State::missing, subject, {}});
    return outcome;
  }
  TRY(refuse_logical());
  const auto driver = drivers_.loaded_devmapper();
  if (!driver && driver.error().code() != Code::host_not_ready) return driver.error();
  // Before the driver is loaded there is no pool, and looking loads none.
  thinpool::Outcome outcome =
      driver ? TRY(thinpool::plan(spec_, **driver, *TRY(drivers_.loaded_loops())))
             : TRY(thinpool::plan_inactive(spec_));
  finding.warnings = outcome.warnings;
  for (const std::string& difference : outcome.differences) {
    finding.warnings.push_back(
        fmt::format("pool '{}' is used as it is: {}", spec_.name, difference));
  }
  if (outcome.directory.empty() && !outcome.unwell) finding.warnings.push_back(not_brought_back());
  Item item{State::in_place, subject, {}};
  if (outcome.change == thinpool::Change::created) item.state = State::missing;
  if (outcome.change == thinpool::Change::reattached) {
    item = {State::differs, subject, "is not active"};
  }
  if (outcome.unwell) {
    item = {State::differs, subject, outcome.unwell->message(), {}, outcome.unwell};
  }
  finding.items.push_back(std::move(item));
  return outcome;
}

Result<Finding> DevpoolStep::check() {
  TRY(thinpool::check(spec_));
  Finding finding;
  const thinpool::Outcome pool = TRY(look(finding));
  for (const HostUnit& unit : TRY(units(pool))) {
    for (Item& item : TRY(check_unit(unit, paths_, services_))) {
      finding.items.push_back(std::move(item));
    }
  }
  return finding;
}

Result<> DevpoolStep::keep_recorded_files(const Change& pool, Journal& journal) {
  const std::string directory = pool.details.string_or("directory");
  if (!pool.details.bool_or("madeFiles", false) ||
      !any_exists(thinpool::backing_files(directory))) {
    return {};
  }
  journal.note(fmt::format("the files of another pool '{}' are kept in {}", spec_.name, directory));
  return journal.intend("pool-files", directory);
}

Result<> DevpoolStep::intend(const thinpool::Outcome& plan, Journal& journal) {
  const bool creates = plan.change == thinpool::Change::created;
  const bool reattaches = plan.change == thinpool::Change::reattached;
  const Change* before = journal.find("pool", spec_.name);
  const bool elsewhere =
      before != nullptr && before->details.string_or("directory") != plan.directory;
  if (elsewhere && !plan.directory.empty()) TRY(keep_recorded_files(Change(*before), journal));
  if (!creates && !reattaches) {
    // An active pool in another folder is not the one that the record speaks of.
    return elsewhere && !plan.directory.empty() ? journal.forget("pool", spec_.name) : Result<>();
  }
  if (creates) TRY(intend_folders(spec_.directory, journal));
  if (creates || elsewhere || before == nullptr) {
    // Files that were there before are not this step's to remove, unless it made them once.
    const bool made = creates || journal.find("pool-files", spec_.directory) != nullptr;
    TRY(journal.intend("pool", spec_.name,
                       data::Value::object({{"directory", spec_.directory}, {"madeFiles", made}})));
  }
  return journal.forget("pool-files", spec_.directory);
}

Result<> DevpoolStep::apply(Journal& journal) {
  TRY(refuse_logical());
  devmapper::Driver* driver = TRY(drivers_.devmapper());
  loop::Driver* loops = TRY(drivers_.loops());
  const thinpool::Outcome plan = TRY(thinpool::plan(spec_, *driver, *loops));
  TRY(intend(plan, journal));
  auto made = thinpool::ensure(spec_, *driver, *loops);
  if (!made) {
    const bool nothing = plan.change == thinpool::Change::created &&
                         !any_exists(thinpool::backing_files(spec_.directory));
    // Else the record would speak of files that somebody else may make there.
    if (nothing) static_cast<void>(journal.forget("pool", spec_.name));
    return std::move(made).error();
  }
  outcome_ = *std::move(made);
  if (outcome_.directory.empty()) outcome_.warnings.push_back(not_brought_back());
  if (outcome_.change == thinpool::Change::adopted) TRY(remember_adoption(journal));
  for (const HostUnit& unit : TRY(units(outcome_))) {
    TRY(install_unit(unit, paths_, services_, journal));
  }
  return {};
}

/// An adopted pool is news once: nothing is done to it, so only the record knows.
Result<> DevpoolStep::remember_adoption(Journal& journal) {
  const auto details = data::Value::object(
      {{"differences", data::Array(outcome_.differences.begin(), outcome_.differences.end())},
       {"directory", outcome_.directory}});
  const Change* before = journal.find("adopted-pool", spec_.name);
  if (before == nullptr || before->details != details) {
    return journal.intend("adopted-pool", spec_.name, details);
  }
  outcome_.change = thinpool::Change::unchanged;
  return {};
}

namespace {

/// The folder whose files undoing the change removes; empty when it leaves all files.
std::string removed_with(const Change& change, Data data) {
  if (data != Data::remove) return {};
  if (change.kind == "pool-files") return change.target;
  const bool made = change.kind == "pool" && change.details.bool_or("madeFiles", false);
  return made ? change.details.string_or("directory") : std::string();
}

/// `pool`: the device that goes before them.
Result<> refuse_used_files(const std::string& directory, const std::string& pool,
                           devmapper::Driver& driver, loop::Driver& loops) {
  const auto user = TRY(thinpool::find_user(thinpool::backing_files(directory), driver, loops));
  if (!user || user->device == pool) return {};
  return Error(Code::aborted,
               fmt::format("{} is in use by the device '{}'", user->file, user->device))
      .with_hint("flintctl provision reset without --delete-data leaves it alone");
}

}  // namespace

Result<> DevpoolStep::allow_undo(const Change& change, Data data) {
  const bool pool = change.kind == "pool";
  if (!pool && change.kind != "pool-files") return {};
  const auto driver = drivers_.loaded_devmapper();
  if (!driver) return {};
  if (pool) TRY(thinpool::refuse_in_use(change.target, **driver));
  const std::string directory = removed_with(change, data);
  if (directory.empty()) return {};
  return refuse_used_files(directory, pool ? change.target : std::string(), **driver,
                           *TRY(drivers_.loaded_loops()));
}

Result<Undone> DevpoolStep::undo(const Change& change, Data data, Notes& notes) {
  if (change.kind == "adopted-pool") return Undone::done;  // its maker's, as it was
  const bool pool = change.kind == "pool";
  if (!pool && change.kind != "pool-files") return Step::undo(change, data, notes);
  // No driver, no pool.
  if (const auto driver = drivers_.loaded_devmapper(); driver && pool) {
    TRY(thinpool::deactivate(change.target, **driver));
  }
  const std::string made = removed_with(change, Data::remove);
  if (made.empty()) return Undone::done;
  const thinpool::BackingFiles files = thinpool::backing_files(made);
  if (data == Data::remove) {
    for (const std::string& file : {files.data, files.metadata, files.unfinished_metadata}) {
      TRY(sys::remove_file(file));
    }
    TRY(thinpool::remove_old_metadata(files));
  }
  return any_exists(files) ? Undone::kept : Undone::done;
}

namespace {

/// Before the rules that would read the device: 13-dm-disk.rules, Debian's
/// 60-persistent-storage-dm.rules. Those that name it come first in one and later in the other, so
/// the name is taken from sysfs.
HostFile udev_rules(const HostPaths& paths, const std::string& pool) {
  return {
      fmt::format("{}/udev/rules.d/12-flintctl-{}.rules", paths.etc, pool),
      fmt::format("# What lies on a guest's disk is the guest's: the host does not look into it, "
                  "so that it can\n# neither be fooled by it nor hold the device. Made by "
                  "'flintctl provision'.\n"
                  "SUBSYSTEM==\"block\", ATTR{{dm/name}}==\"{}-snap-*\", "
                  "ENV{{DM_UDEV_DISABLE_SUBSYSTEM_RULES_FLAG}}=\"1\", "
                  "ENV{{DM_UDEV_DISABLE_DISK_RULES_FLAG}}=\"1\", "
                  "ENV{{DM_UDEV_DISABLE_OTHER_RULES_FLAG}}=\"1\", OPTIONS+=\"nowatch\"\n",
                  pool)};
}

}  // namespace

Result<Finding> UdevStep::check() {
  Finding finding;
  finding.items.push_back(check_file(udev_rules(paths_, pool_)));
  return finding;
}

Result<> UdevStep::apply(Journal& journal) {
  // udevd sees by itself that its rules changed.
  return install_file(udev_rules(paths_, pool_), journal);
}

}  // namespace flintctl::provision
