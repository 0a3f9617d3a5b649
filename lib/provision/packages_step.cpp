// SPDX-License-Identifier: Apache-2.0
#include "provision/packages_step.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace flintctl::provision {
namespace {

using Broken = apt::Packages::Broken;

/// Each package once, in order of need.
std::vector<std::string> packages_of(const std::vector<ProgramNeed>& needs) {
  std::vector<std::string> names;
  for (const ProgramNeed& need : needs) {
    if (std::find(names.begin(), names.end(), need.package) == names.end()) {
      names.push_back(need.package);
    }
  }
  return names;
}

std::string programs_of(const std::vector<ProgramNeed>& needs, const std::string& package = {}) {
  std::vector<std::string> names;
  for (const ProgramNeed& need : needs) {
    if (package.empty() || need.package == package) names.push_back(need.program);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

/// What a person could do instead.
constexpr auto by_hand =
    "install it by hand, or have nothing installed here: [packages] install = false in host.toml";

}  // namespace

std::vector<ProgramNeed> PackagesStep::missing() const {
  // dpkg is asked only in the rare case that it has something to tell.
  const bool unfinished = packages_.unfinished();
  const auto halfway = [&](const std::string& package) {
    const auto state = unfinished ? packages_.state(package) : apt::Packages::State::installed;
    return state && *state == apt::Packages::State::halfway;
  };
  std::vector<ProgramNeed> missing;
  std::copy_if(needs_.begin(), needs_.end(), std::back_inserter(missing),
               [&](const ProgramNeed& need) { return !find(need) || halfway(need.package); });
  return missing;
}

std::optional<Error> PackagesStep::refusal(const std::vector<ProgramNeed>& missing) const {
  if (missing.empty()) return std::nullopt;
  const bool forbidden = install_ == Install::forbidden;
  if (!forbidden && packages_.available()) return std::nullopt;
  const std::string packages = fmt::format("{}", fmt::join(packages_of(missing), " "));
  return Error(Code::host_not_ready, fmt::format("programs are missing: {}", programs_of(missing)))
      .with_hint(forbidden
                     ? fmt::format("install them: apt-get install {}; host.toml has [packages] "
                                   "install = false",
                                   packages)
                     : fmt::format("this host has no apt-get: install them by its own package "
                                   "manager (Debian's packages are {})",
                                   packages));
}

Result<Finding> PackagesStep::check() {
  Finding finding;
  std::vector<ProgramNeed> wanted = missing();
  for (const ProgramNeed& need : needs_) {
    if (auto path = find(need)) {
      finding.items.push_back({State::in_place, "program " + need.program, *std::move(path)});
    }
  }
  if (const auto refused = refusal(wanted)) {
    // What is not needed is missing all the same, and for a person to install.
    const auto begin = std::stable_partition(
        wanted.begin(), wanted.end(), [](const ProgramNeed& need) { return !need.optional; });
    if (const auto warned = refusal({begin, wanted.end()})) {
      finding.warnings.push_back(fmt::format("{}: {}", warned->message(), warned->hint()));
    }
    std::for_each(begin, wanted.end(), [&](const ProgramNeed& need) {
      Item item{State::missing, "program " + need.program, "of the package " + need.package};
      item.waits = true;
      finding.items.push_back(std::move(item));
    });
    wanted.erase(begin, wanted.end());
    finding.obstacle = refusal(wanted);
  }
  for (const std::string& package : packages_of(wanted)) {
    finding.items.push_back(
        {State::missing, "package " + package, "for " + programs_of(wanted, package), "install"});
  }
  if (!finding.obstacle) {
    for (const ProgramNeed& need : wanted) finding.brings.push_back(need.program);
  }
  if (wanted.empty() && packages_.unfinished()) {
    finding.warnings.emplace_back(
        "dpkg runs, or was broken off while it installed something: dpkg --configure -a ends that");
  }
  return finding;
}

void PackagesStep::say_holder() const {
  const std::string who = packages_.holder();
  if (!who.empty()) say(fmt::format("{} changes packages: waiting for up to two minutes", who));
}

/// Fetches, records what is new by it, then installs.
Result<> PackagesStep::install_known(const std::vector<std::string>& names, Broken broken,
                                     Journal& journal) const {
  const std::vector<std::string> fresh = TRY(packages_.plan(names, broken));
  TRY(packages_.fetch(names, broken));
  for (const std::string& name : fresh) {
    TRY(journal.intend("package", name));
  }
  return packages_.install(names, broken);
}

Result<> PackagesStep::install(const std::vector<std::string>& names, Journal& journal) {
  // A run of ours before this one, which did not come to its end: what it left is ours to mend.
  const bool resumes = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return journal.find("package", name) != nullptr;
  });
  const Broken broken = resumes ? Broken::mend : Broken::refuse;
  say_holder();
  auto installed = install_known(names, broken, journal);
  if (!installed && installed.error().code() == Code::aborted && resumes) {
    TRY(packages_.configure());
    installed = install_known(names, broken, journal);
  }
  const bool stale = !installed && (installed.error().code() == Code::not_found ||
                                    installed.error().code() == Code::unavailable);
  if (stale) {
    TRY(packages_.update());
    installed = install_known(names, broken, journal);
  }
  if (installed) return {};
  Error error = std::move(installed).error();
  const bool broken_off = error.code() == Code::aborted;
  return std::move(error)
      .with_code(Code::host_not_ready)
      .with_hint(broken_off ? "another's run of dpkg was broken off: end it with dpkg --configure "
                              "-a, then run this again"
                            : by_hand);
}

/// What a package starts by itself runs beside what flintctl starts.
void PackagesStep::note_units(const std::vector<ProgramNeed>& was_missing, Journal& journal) {
  if (!services_.running()) return;
  for (const ProgramNeed& need : was_missing) {
    if (need.unit.empty()) continue;
    const auto state = services_.state(need.unit);
    if (!state || !state->active) continue;
    journal.note(
        fmt::format("the package {0} started a {1} of its own, which flintctl does not need; "
                    "unless you do: systemctl disable --now {1}",
                    need.package, need.unit));
  }
}

Result<> PackagesStep::apply(Journal& journal) {
  const std::vector<ProgramNeed> wanted = missing();
  if (auto refused = refusal(wanted)) return *std::move(refused);
  const std::vector<std::string> names = packages_of(wanted);
  TRY(install(names, journal).context(fmt::format("installing {}", fmt::join(names, ", "))));
  note_units(wanted, journal);
  for (const ProgramNeed& need : missing()) {
    return Error(Code::host_not_ready, fmt::format("the package {} is installed and brought no {}",
                                                   need.package, need.program))
        .with_hint(
            fmt::format("if its files are damaged: apt-get install --reinstall {}", need.package));
  }
  return {};
}

Result<Undone> PackagesStep::undo(const Change& change, Data data, Notes& notes) {
  if (change.kind != "package") return Step::undo(change, data, notes);
  // A killed run's apt-get may still be at it.
  if (!settled_) {
    say_holder();
    TRY(packages_.settle());
  }
  settled_ = true;
  if (TRY(packages_.state(change.target)) == apt::Packages::State::absent) return Undone::done;
  auto removed = packages_.remove(change.target);
  if (removed) return Undone::done;
  if (removed.error().code() != Code::aborted) {
    return std::move(removed).error().with_hint(
        fmt::format("see to it, then run this again: dpkg --remove {}", change.target));
  }
  notes.push_back(
      fmt::format("the package {} stays: {}", change.target, removed.error().message()));
  return Undone::kept;
}

}  // namespace flintctl::provision
