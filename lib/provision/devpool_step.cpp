// SPDX-License-Identifier: Apache-2.0
#include "provision/devpool_step.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "provision/host_file.hpp"
#include "sys/file.hpp"
#include "sys/host.hpp"
#include "thinpool/backing.hpp"
#include "thinpool/deactivate.hpp"

namespace flintctl::provision {
namespace {

/// The arguments by which the unit makes the same pool again.
std::vector<std::string> arguments(const thinpool::Spec& spec) {
  std::vector<std::string> words = {"provision", "devpool",     "--no-unit",   "--name",
                                    spec.name,   "--directory", spec.directory};
  const auto add = [&words](const char* flag, const std::optional<std::uint64_t>& number) {
    if (!number) return;
    words.emplace_back(flag);
    words.push_back(fmt::format("{}", *number));
  };
  add("--data-size", spec.data_bytes);
  add("--metadata-size", spec.metadata_bytes);
  add("--low-water-mark", spec.low_water_blocks);
  if (spec.allocation == thinpool::Allocation::full) {
    words.insert(words.end(), {"--allocate", "full"});
  }
  return words;
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

Result<std::vector<HostUnit>> DevpoolStep::units() const {
  const std::string program = quote_argument(TRY(sys::own_executable()));
  std::string command = program;
  for (const std::string& word : arguments(spec_)) command += " " + quote_argument(word);
  std::vector<HostUnit> units;
  units.push_back({pool_unit_name(spec_.name),
                   fmt::format("# Made by 'flintctl provision'.\n"
                               "[Unit]\n"
                               "Description=flintctl's thin pool {}\n"
                               "RequiresMountsFor={}\n"
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
                               spec_.name, quote_argument(spec_.directory), command)});
  if (watch_.timer) add_watch(units, spec_.name, program);
  return units;
}

Result<Item> DevpoolStep::check_pool(Finding& finding) {
  const std::string subject = "pool " + spec_.name;
  if (::geteuid() != 0) {
    thinpool::Outcome outcome = TRY(thinpool::plan_unprivileged(spec_));
    finding.warnings = std::move(outcome.warnings);
    const bool active = outcome.change == thinpool::Change::unchanged;
    return Item{active ? State::in_place : State::missing, subject, {}};
  }
  const auto driver = drivers_.loaded_devmapper();
  if (!driver && driver.error().code() != Code::host_not_ready) return driver.error();
  // Before the driver is loaded there is no pool, and looking loads none.
  const thinpool::Outcome outcome =
      driver ? TRY(thinpool::plan(spec_, **driver, *TRY(drivers_.loaded_loops())))
             : TRY(thinpool::plan_inactive(spec_));
  finding.warnings = outcome.warnings;
  for (const std::string& difference : outcome.differences) {
    finding.warnings.push_back(
        fmt::format("pool '{}' is used as it is: {}", spec_.name, difference));
  }
  if (outcome.change == thinpool::Change::created) return Item{State::missing, subject, {}};
  if (outcome.change == thinpool::Change::reattached) {
    return Item{State::differs, subject, "is not active"};
  }
  return Item{State::in_place, subject, {}};
}

Result<Finding> DevpoolStep::check() {
  TRY(thinpool::check(spec_));
  Finding finding;
  finding.items.push_back(TRY(check_pool(finding)));
  if (!services_.running()) return finding;
  for (const HostUnit& unit : TRY(units())) {
    for (Item& item : TRY(check_unit(unit, paths_, services_))) {
      finding.items.push_back(std::move(item));
    }
  }
  return finding;
}

Result<> DevpoolStep::intend(devmapper::Driver& driver, loop::Driver& loops, Journal& journal) {
  const thinpool::Change change = TRY(thinpool::plan(spec_, driver, loops)).change;
  if (journal.find("pool", spec_.name) != nullptr) return {};
  const bool creates = change == thinpool::Change::created;
  if (!creates && change != thinpool::Change::reattached) return {};
  if (creates) TRY(intend_folders(spec_.directory, journal));
  // Files that were there before are not this step's to remove.
  return journal.intend(
      "pool", spec_.name,
      data::Value::object({{"directory", spec_.directory}, {"madeFiles", creates}}));
}

Result<> DevpoolStep::apply(Journal& journal) {
  devmapper::Driver* driver = TRY(drivers_.devmapper());
  loop::Driver* loops = TRY(drivers_.loops());
  TRY(intend(*driver, *loops, journal));
  outcome_ = TRY(thinpool::ensure(spec_, *driver, *loops));
  if (outcome_.change == thinpool::Change::adopted) TRY(remember_adoption(journal));
  if (!services_.running()) return {};
  for (const HostUnit& unit : TRY(units())) {
    TRY(install_unit(unit, paths_, services_, journal));
  }
  return {};
}

/// An adopted pool is news once: nothing is done to it, so only the record knows.
Result<> DevpoolStep::remember_adoption(Journal& journal) {
  const auto details = data::Value::object(
      {{"differences", data::Array(outcome_.differences.begin(), outcome_.differences.end())}});
  const Change* before = journal.find("adopted-pool", spec_.name);
  if (before == nullptr || before->details != details) {
    return journal.intend("adopted-pool", spec_.name, details);
  }
  outcome_.change = thinpool::Change::unchanged;
  return {};
}

Result<> DevpoolStep::allow_undo(const Change& change, Data /*data*/) {
  if (change.kind != "pool") return {};
  const auto driver = drivers_.loaded_devmapper();
  if (!driver) return {};
  return thinpool::refuse_in_use(change.target, **driver);
}

Result<Undone> DevpoolStep::undo(const Change& change, Data data, Notes& notes) {
  if (change.kind == "adopted-pool") return Undone::done;  // its maker's, as it was
  if (change.kind != "pool") return Step::undo(change, data, notes);
  // No driver, no pool.
  if (const auto driver = drivers_.loaded_devmapper()) {
    TRY(thinpool::deactivate(change.target, **driver));
  }
  if (!change.details.bool_or("madeFiles", false)) return Undone::done;
  const thinpool::BackingFiles files =
      thinpool::backing_files(change.details.string_or("directory"));
  bool any = false;
  for (const std::string& file : {files.data, files.metadata, files.unfinished_metadata}) {
    if (data == Data::remove) TRY(sys::remove_file(file));
    any = any || sys::exists(file);
  }
  return any ? Undone::kept : Undone::done;
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
