// SPDX-License-Identifier: Apache-2.0
#include "provision/plan.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "provision/host_file.hpp"
#include "provision/program_need.hpp"
#include "sys/file.hpp"
#include "sys/interrupt.hpp"
#include "sys/lock.hpp"

namespace flintctl::provision {
namespace {

/// What the step finds, with what its items say in the finding's own fields.
Result<Finding> find(Step& step) {
  Finding finding = TRY(step.check());
  std::vector<std::string>& warnings = finding.warnings;
  for (const Item& item : finding.items) {
    if (!finding.obstacle) finding.obstacle = item.obstacle;
    const bool said = std::find(warnings.begin(), warnings.end(), item.warning) != warnings.end();
    if (!item.warning.empty() && !said) warnings.push_back(item.warning);
  }
  return finding;
}

/// `brought`: programs that steps before would install.
StepReport look(Step& step, const std::vector<std::string>& brought) {
  StepReport report;
  report.step = step.name();
  auto finding = find(step);
  if (!finding) {
    report.error = std::move(finding).error();
    return report;
  }
  report.finding = std::move(*finding);
  const std::string& lacks = report.finding.lacks;
  if (!lacks.empty() && std::find(brought.begin(), brought.end(), lacks) == brought.end()) {
    report.error = not_installed(lacks);
  }
  return report;
}

std::string first_amiss(const Finding& finding) {
  for (const Item& item : finding.items) {
    if (item.state == State::in_place || item.waits) continue;
    return item.detail.empty() ? item.subject : fmt::format("{} {}", item.subject, item.detail);
  }
  return {};
}

Error failed(const StepReport& report) {
  return Error(*report.error).context(fmt::format("step '{}'", report.step));
}

/// Their disks would go with the pool or containerd's data, and nothing could bring them back.
Result<> refuse_vms(const HostPaths& paths) {
  const std::vector<std::string> vms = TRY(sys::list_directory(paths.vms()));
  if (vms.empty()) return {};
  return Error(Code::aborted, fmt::format("the disks of {} would be destroyed: {}",
                                          vms.size() == 1 ? "a VM" : "VMs", fmt::join(vms, ", ")))
      .with_hint(
          fmt::format("delete VMs first: flintctl vm list -A, and flintctl gc for what no VM "
                      "has; of those lost already remove the folders in {}",
                      paths.vms()));
}

bool generic(const Change& change) { return is_file_kind(change) || change.kind == "unit"; }

}  // namespace

Result<> allow_apply(const StepReport& report) {
  std::optional<Error> error = report.error;
  if (!error && !report.in_place()) error = report.finding.obstacle;
  if (!error) return {};
  return std::move(*error).context(fmt::format("step '{}'", report.step));
}

Result<> allow_apply(const std::vector<StepReport>& reports) {
  for (const StepReport& report : reports) TRY(allow_apply(report));
  return {};
}

bool Finding::in_place() const {
  return std::all_of(items.begin(), items.end(),
                     [](const Item& item) { return item.state == State::in_place; });
}

bool Finding::applied() const {
  return std::all_of(items.begin(), items.end(),
                     [](const Item& item) { return item.state == State::in_place || item.waits; });
}

Plan& Plan::add(std::unique_ptr<Step> step) {
  step->set_voice(voice_);
  steps_.push_back(std::move(step));
  return *this;
}

Plan& Plan::set_voice(Voice voice) {
  voice_ = std::move(voice);
  for (const auto& step : steps_) step->set_voice(voice_);
  return *this;
}

Result<sys::FileLock> Plan::lock(std::chrono::milliseconds wait) const {
  auto locked = sys::FileLock::acquire(paths_.lock());
  const bool waits = !locked && locked.error().code() == Code::aborted && wait.count() > 0;
  if (!waits) return locked;
  if (voice_) voice_(locked.error().message() + ": waiting until it ends");
  return sys::FileLock::acquire(paths_.lock(), wait);
}

std::vector<StepReport> Plan::check() {
  std::vector<StepReport> reports;
  std::vector<std::string> brought;
  for (const auto& step : steps_) {
    reports.push_back(look(*step, brought));
    const std::vector<std::string>& more = reports.back().finding.brings;
    brought.insert(brought.end(), more.begin(), more.end());
  }
  return reports;
}

Result<std::vector<StepReport>> Plan::check_all(
    const std::function<void(const StepReport&)>& told) {
  std::vector<StepReport> reports = check();
  for (StepReport& report : reports) {
    auto allowed = allow_apply(report);
    if (allowed) continue;
    if (!report.error) report.error = report.finding.obstacle;
    told(report);
    return std::move(allowed).error();
  }
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (reports[i].finding.applied()) continue;
    auto rehearsed = steps_[i]->rehearse();
    if (rehearsed) continue;
    reports[i].error = std::move(rehearsed).error();
    told(reports[i]);
    return failed(reports[i]);
  }
  return reports;
}

Result<> Plan::apply(const std::function<void(const StepReport&)>& told,
                     std::chrono::milliseconds wait) {
  const sys::FileLock held = TRY(lock(wait));
  Record record = TRY(Record::open(paths_.record()));
  std::vector<StepReport> reports = TRY(check_all(told));
  bool changed = false;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    TRY(sys::check_interrupt());
    Step& step = *steps_[i];
    // What an earlier step changed may be what this one looks at.
    StepReport report = changed ? look(step, {}) : std::move(reports[i]);
    const bool changes = TRY(apply(step, std::move(report), record, told));
    changed = changed || changes;
  }
  return {};
}

Result<bool> Plan::apply(Step& step, StepReport report, Record& record,
                         const std::function<void(const StepReport&)>& told) {
  if (!report.error && report.finding.applied()) {
    told(report);
    return false;
  }
  if (!report.error) {
    Journal journal(record, step.name());
    auto applied = step.apply(journal);
    report.notes = journal.notes();
    if (!applied) {
      report.error = std::move(applied).error();
    } else if (const auto after = find(step); !after) {
      report.error = after.error();
    } else if (!after->applied()) {
      report.error = Error(Code::unknown, fmt::format("after it was applied, {} is still amiss",
                                                      first_amiss(*after)));
    } else {
      report.finding.warnings = after->warnings;
    }
    report.changed = !report.error;
  }
  told(report);
  if (report.error) return failed(report);
  return true;
}

Result<std::vector<std::string>> apply_alone(Step& step, const HostPaths& paths,
                                             std::chrono::milliseconds wait) {
  const sys::FileLock lock = TRY(sys::FileLock::acquire(paths.lock(), wait));
  Record record = TRY(Record::open(paths.record()));
  Journal journal(record, step.name());
  TRY(step.apply(journal));
  return journal.notes();
}

Step* Plan::step_of(const Change& change) {
  for (const auto& step : steps_) {
    if (step->name() == change.step) return step.get();
  }
  return nullptr;
}

Result<std::vector<UndoReport>> Plan::plan_reset(Data data) {
  const Record record = TRY(Record::open(paths_.record()));
  if (data == Data::remove && !record.changes().empty()) TRY(refuse_vms(paths_));
  std::vector<UndoReport> reports;
  for (auto change = record.changes().rbegin(); change != record.changes().rend(); ++change) {
    Step* step = step_of(*change);
    if (step == nullptr && !generic(*change)) {
      return Error(Code::unimplemented,
                   fmt::format("this flintctl does not know how to undo the {} {} of step '{}'",
                               change->kind, change->target, change->step))
          .with_hint("use the flintctl that made it");
    }
    if (step != nullptr) TRY(step->allow_undo(*change, data));
    const bool stays = change->kind == "data" && data == Data::keep;
    reports.push_back(
        {*change, stays ? UndoReport::Outcome::kept : UndoReport::Outcome::would_undo, {}});
  }
  return reports;
}

Result<> Plan::reset(Data data, const std::function<void(const UndoReport&)>& told) {
  const sys::FileLock lock = TRY(sys::FileLock::acquire(paths_.lock()));
  const std::vector<UndoReport> planned = TRY(plan_reset(data));
  Record record = TRY(Record::open(paths_.record()));
  for (const UndoReport& next : planned) {
    TRY(sys::check_interrupt());
    UndoReport report =
        TRY(undo(next.change, data)
                .context(fmt::format("undoing the {} {} of step '{}'", next.change.kind,
                                     next.change.target, next.change.step)));
    // Not yet written down where the disk is full or read-only: finish() says so in the end.
    if (report.outcome == UndoReport::Outcome::undone) (void)record.remove(next.change);
    told(report);
  }
  TRY(undo_emptied_folders(record, told));
  TRY(record.finish().context("what could be undone is undone"));
  if (services_.running() && !planned.empty()) TRY(services_.reload());
  return {};
}

Result<> Plan::undo_emptied_folders(Record& record,
                                    const std::function<void(const UndoReport&)>& told) {
  const std::vector<Change> left(record.changes().rbegin(), record.changes().rend());
  for (const Change& change : left) {
    if (change.kind != "folder") continue;
    const UndoReport report = TRY(undo(change, Data::keep));
    if (report.outcome != UndoReport::Outcome::undone) continue;
    (void)record.remove(change);
    told(report);
  }
  return {};
}

Result<UndoReport> Plan::undo(const Change& change, Data data) {
  UndoReport report{change, UndoReport::Outcome::undone, {}};
  Undone undone = Undone::done;
  if (is_file_kind(change)) {
    undone = TRY(undo_file_change(change, data, report.notes));
  } else if (change.kind == "unit") {
    if (services_.running()) TRY(services_.stop(change.target));
  } else {
    undone = TRY(step_of(change)->undo(change, data, report.notes));
  }
  if (undone == Undone::kept) report.outcome = UndoReport::Outcome::kept;
  return report;
}

}  // namespace flintctl::provision
