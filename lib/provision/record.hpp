// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "data/value.hpp"

namespace flintctl::provision {

/// One thing that provisioning made or altered on this host, written down before it was done: it
/// may be done, half done or not begun. (step, kind, target) names it.
struct Change {
  std::string step;    ///< the step that made it: "modules"
  std::string kind;    ///< "file", "link", "folder", "data", "unit", or a word of the step's own
  std::string target;  ///< a path or a name
  data::Value details = data::Value::object();  ///< what undoing it needs; no secrets
};

/// The changes of this host, in the order in which they were intended: what `provision reset`
/// undoes. Every alteration is on disk when the call returns (written, fsynced, renamed). Says
/// nothing about the state of the host: that is read from the host.
class Record {
 public:
  /// Reads `<directory>/record.json`; no file is an empty record, and opening makes none.
  /// data_loss when it cannot be understood.
  static Result<Record> open(const std::string& directory);

  [[nodiscard]] const std::vector<Change>& changes() const { return changes_; }
  /// The change of that name, or nullptr.
  [[nodiscard]] const Change* find(std::string_view step, std::string_view kind,
                                   std::string_view target) const;
  /// Appends a change, or replaces the details of the one that has its name. Nothing is written
  /// when the same is there already.
  Result<> put(Change change);
  /// Forgets a change, here even when that cannot be written: on a full disk what is undone makes
  /// room, and undoing it twice does no harm. The last one takes the file along.
  Result<> remove(const Change& change);
  /// Writes what remove() could not, and takes away what a killed run left of its first record.
  /// Under the host's lock.
  Result<> finish();

 private:
  explicit Record(std::string directory) : directory_(std::move(directory)) {}
  [[nodiscard]] std::string path() const { return directory_ + "/record.json"; }
  Result<> save(const std::vector<Change>& changes);

  std::string directory_;
  std::vector<Change> changes_;
  bool unsaved_ = false;  ///< the file still has what remove() forgot
};

}  // namespace flintctl::provision
