// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "provision/record.hpp"
#include "sys/lock.hpp"

namespace flintctl::provision {

/// Where a host keeps what provisioning touches; tests name folders of their own.
struct HostPaths {
  std::string etc = "/etc";
  std::string run = "/run";
  std::string state = "/var/lib/flintctl";
  std::string run_directory = "/run/flintctl";
  [[nodiscard]] std::string units() const { return etc + "/systemd/system"; }
  [[nodiscard]] std::string record() const { return state + "/host"; }
  /// A folder for each VM: of inventory::Paths.
  [[nodiscard]] std::string vms() const { return state + "/vm"; }
  /// Of sys::FactCache.
  [[nodiscard]] std::string facts() const { return run_directory + "/facts"; }
  [[nodiscard]] std::string lock() const { return sys::lock_path(run_directory, "host"); }
};

enum class State { in_place, missing, differs };

/// One thing a step answers for, as the host has it now.
struct Item {
  State state = State::in_place;
  std::string subject;          ///< "/etc/modules-load.d/flintctl.conf", "module dm_thin_pool"
  std::string detail;           ///< why it is not in place, or what it is; may be empty
  std::string verb = "create";  ///< what applying would do when it is missing
  /// Why applying would be refused: it becomes the finding's, which has the first one.
  std::optional<Error> obstacle = {};
  /// What works, and a person should know all the same: becomes one of the finding's warnings.
  std::string warning = {};
  /// Amiss, and waits for a person: applying leaves it as it is.
  bool waits = false;
};

/// All that a step answers for.
struct Finding {
  std::vector<Item> items;
  std::vector<std::string> warnings;  ///< what works, and a person should know all the same
  /// Why applying would be refused, which no earlier step changes: an input that is missing.
  std::optional<Error> obstacle;
  std::vector<std::string> brings = {};  ///< programs that applying would install
  /// The program without which no more can be said, of those that a step before may bring.
  std::string lacks = {};
  [[nodiscard]] bool in_place() const;
  /// In place but for what waits for a person.
  [[nodiscard]] bool applied() const;
};

/// What a step writes its intentions to while it applies.
class Journal {
 public:
  Journal(Record& record, std::string step) : record_(record), step_(std::move(step)) {}

  /// On disk when it returns; only then may the change be made.
  Result<> intend(const std::string& kind, const std::string& target,
                  data::Value details = data::Value::object()) {
    return record_.put({step_, kind, target, std::move(details)});
  }
  /// Takes an intention back that came to nothing; fine when it is not recorded.
  Result<> forget(const std::string& kind, const std::string& target) {
    return find(kind, target) == nullptr ? Result<>() : record_.remove({step_, kind, target, {}});
  }
  /// What this step intended earlier, in this run or one before; or nullptr.
  [[nodiscard]] const Change* find(std::string_view kind, std::string_view target) const {
    return record_.find(step_, kind, target);
  }
  /// All that this step intended, oldest first.
  [[nodiscard]] std::vector<Change> changes() const {
    std::vector<Change> own;
    for (const Change& change : record_.changes()) {
      if (change.step == step_) own.push_back(change);
    }
    return own;
  }
  /// A word to the person, printed with the step's report: "the old file is kept as …".
  void note(std::string line) { notes_.push_back(std::move(line)); }
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

 private:
  Record& record_;
  std::string step_;
  std::vector<std::string> notes_;
};

/// Words to a person, a line each.
using Notes = std::vector<std::string>;

/// Where a word goes that a person should read at once: for whom a run waits.
using Voice = std::function<void(const std::string&)>;

/// What becomes of disk contents when a change is undone.
enum class Data { keep, remove };
enum class Undone {
  done,  ///< or there was nothing to undo: the change is forgotten
  kept,  ///< left on purpose (data): the change stays recorded
};

/// One idempotent part of making a host ready. A subclass gives its name and three functions;
/// Plan (provision/plan.hpp) does order, record, locks and reports. To make one: list what it
/// answers for in check(); in apply() do only what check() found amiss, each change after
/// `journal.intend(…)`; in undo() take back one change of a kind of your own. Files, links, folders
/// and units (provision/host_file.hpp, provision/host_unit.hpp) undo themselves.
class Step {
 public:
  virtual ~Step() = default;

  void set_voice(Voice voice) { voice_ = std::move(voice); }

  /// A word for reports and the record; it never changes from release to release.
  [[nodiscard]] virtual std::string name() const = 0;
  /// Reads the host and changes nothing; never reads the record. An error when the step cannot be
  /// applied to this host at all.
  virtual Result<Finding> check() = 0;
  /// What check() may not try, because the kernel would load parts for it: asked of the steps that
  /// are to be applied, all before the first of them is. An error is one that apply() would meet.
  virtual Result<> rehearse() { return {}; }
  /// Makes it so. Called only when check() found something amiss, and may be called again after a
  /// run that was killed anywhere in it.
  virtual Result<> apply(Journal& journal) = 0;
  /// Refuses, before anything is undone, what must not be: a pool in use. The error names who.
  virtual Result<> allow_undo(const Change& /*change*/, Data /*data*/) { return {}; }
  /// Takes back one change of its own kind, by what the change says alone: the step may have been
  /// made with other settings. The change may be half done, not begun, or gone by another hand.
  /// `notes` gets what a person should know.
  virtual Result<Undone> undo(const Change& change, Data /*data*/, Notes& /*notes*/) {
    return Error(Code::internal, "step '" + name() + "' cannot undo a '" + change.kind + "'");
  }

 protected:
  void say(const std::string& word) const {
    if (voice_) voice_(word);
  }

 private:
  Voice voice_;
};

}  // namespace flintctl::provision
