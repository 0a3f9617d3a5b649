// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "provision/host_unit.hpp"
#include "provision/step.hpp"

namespace flintctl::provision {

/// What became of one step.
struct StepReport {
  std::string step;
  Finding finding;  ///< as check() had it before anything was changed
  bool changed = false;
  std::vector<std::string> notes;
  std::optional<Error> error;  ///< why it could not be checked or applied
  [[nodiscard]] bool in_place() const { return !error && finding.in_place(); }
};

/// The error with which apply() would refuse to begin, for a dry run: a step that cannot be
/// checked, or has an obstacle.
Result<> allow_apply(const StepReport& report);
Result<> allow_apply(const std::vector<StepReport>& reports);

/// What became of one recorded change.
struct UndoReport {
  Change change;
  enum class Outcome { would_undo, undone, kept } outcome = Outcome::undone;
  std::vector<std::string> notes;
};

/// Steps in the order in which one needs the other: applied in it, undone in reverse.
class Plan {
 public:
  Plan(HostPaths paths, Services& services) : paths_(std::move(paths)), services_(services) {}

  Plan& add(std::unique_ptr<Step> step);
  /// For its own words and those of all its steps; without one they are not said.
  Plan& set_voice(Voice voice);

  /// Every step's check: for `status` and `--dry-run`. Takes no lock and changes nothing; a step
  /// that cannot be checked has its error in its report. One that lacks a program is missing where
  /// a step before would bring that, and cannot be checked elsewhere.
  std::vector<StepReport> check();

  /// Checks every step, rehearses those where something is amiss, and changes nothing when one of
  /// them cannot be applied. Then applies each
  /// where something is amiss; told after each. Stops at the first failure, with what was done
  /// before it done and recorded. A step that is still not in place when it says it is done is a
  /// failure. One run at a time on a host: within `wait` for another,
  /// else aborted, which names its process.
  Result<> apply(const std::function<void(const StepReport&)>& told,
                 std::chrono::milliseconds wait = std::chrono::seconds(0));

  /// Undoes all recorded changes, last first; first asks every step whether it may. What this build
  /// has no step for is an error before anything is undone. With Data::remove refused (aborted)
  /// while a VM has a folder, running or not. On a full disk all is undone, and the error comes
  /// last.
  Result<> reset(Data data, const std::function<void(const UndoReport&)>& told);
  /// What reset() would undo.
  Result<std::vector<UndoReport>> plan_reset(Data data);

 private:
  /// The host's lock, with a word when another has it and is waited for.
  [[nodiscard]] Result<sys::FileLock> lock(std::chrono::milliseconds wait) const;
  /// The reports of check(), unless a step cannot be applied, by its report or when rehearsed.
  Result<std::vector<StepReport>> check_all(const std::function<void(const StepReport&)>& told);
  /// True when something was changed.
  Result<bool> apply(Step& step, StepReport report, Record& record,
                     const std::function<void(const StepReport&)>& told);
  Result<UndoReport> undo(const Change& change, Data data);
  /// What one step's folder held was another step's, and has gone since.
  Result<> undo_emptied_folders(Record& record, const std::function<void(const UndoReport&)>& told);
  Step* step_of(const Change& change);

  HostPaths paths_;
  Services& services_;
  std::vector<std::unique_ptr<Step>> steps_;
  Voice voice_;
};

/// Applies one step, whatever its check would say, under the host's lock and with its record: for a
/// command that makes one thing. What the step has to say.
Result<std::vector<std::string>> apply_alone(Step& step, const HostPaths& paths,
                                             std::chrono::milliseconds wait);

}  // namespace flintctl::provision
