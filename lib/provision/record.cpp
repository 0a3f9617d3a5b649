// SPDX-License-Identifier: Apache-2.0
#include "provision/record.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "sys/file.hpp"

namespace flintctl::provision {
namespace {

constexpr std::int64_t format_version = 1;

bool same_name(const Change& a, const Change& b) {
  return a.step == b.step && a.kind == b.kind && a.target == b.target;
}

std::string to_text(const std::vector<Change>& changes) {
  data::Array list;
  for (const Change& change : changes) {
    list.push_back(data::Value::object({{"step", change.step},
                                        {"kind", change.kind},
                                        {"target", change.target},
                                        {"details", change.details}}));
  }
  const auto document =
      data::Value::object({{"version", format_version}, {"changes", std::move(list)}});
  return data::to_json(document, data::Layout::indented) + "\n";
}

Result<std::vector<Change>> from_text(const std::string& text) {
  const data::Value document = TRY(data::parse_json(text));
  if (document.integer_or("version") != format_version) {
    return Error(Code::invalid_argument,
                 fmt::format("version {} is not known here", document.integer_or("version")))
        .with_hint("use the flintctl that wrote it");
  }
  std::vector<Change> changes;
  const data::Value* list = document.find("changes");
  if (list == nullptr || !list->is_array()) {
    return Error(Code::invalid_argument, "'changes' is missing");
  }
  for (const data::Value& entry : list->elements()) {
    Change change{entry.string_or("step"), entry.string_or("kind"), entry.string_or("target"), {}};
    if (const data::Value* details = entry.find("details")) change.details = *details;
    changes.push_back(std::move(change));
  }
  return changes;
}

}  // namespace

Result<Record> Record::open(const std::string& directory) {
  Record record(directory);
  const auto text = sys::read_file(record.path());
  if (!text) {
    if (text.error().code() == Code::not_found) return record;
    return Error(text.error());
  }
  auto changes = from_text(*text);
  if (!changes) {
    const std::string hint(changes.error().hint());
    return std::move(changes)
        .error()
        .with_code(Code::data_loss)
        .context(fmt::format("reading the record of what was changed, {}", record.path()))
        .with_hint(hint.empty() ? "move it away to go on: 'provision reset' then no longer knows "
                                  "what to undo"
                                : hint);
  }
  record.changes_ = std::move(*changes);
  return record;
}

const Change* Record::find(std::string_view step, std::string_view kind,
                           std::string_view target) const {
  for (const Change& change : changes_) {
    if (change.step == step && change.kind == kind && change.target == target) return &change;
  }
  return nullptr;
}

Result<> Record::put(Change change) {
  std::vector<Change> next = changes_;
  const auto found = std::find_if(next.begin(), next.end(),
                                  [&](const Change& other) { return same_name(other, change); });
  if (found == next.end()) {
    next.push_back(std::move(change));
  } else if (found->details == change.details) {
    return {};
  } else {
    found->details = std::move(change.details);
  }
  return save(next);
}

Result<> Record::remove(const Change& change) {
  std::vector<Change> next;
  std::copy_if(changes_.begin(), changes_.end(), std::back_inserter(next),
               [&](const Change& other) { return !same_name(other, change); });
  auto saved = save(next);
  changes_ = std::move(next);
  unsaved_ = !saved;
  return saved;
}

Result<> Record::finish() {
  if (!unsaved_ && !changes_.empty()) return {};
  TRY(save(changes_));
  unsaved_ = false;
  return {};
}

Result<> Record::save(const std::vector<Change>& changes) {
  const auto what = [] { return "recording what is changed on this host"; };
  // Under the host's lock: what is there is a killed run's.
  TRY(sys::remove_unfinished_writes(path()).context(what()));
  if (changes.empty()) {
    TRY(sys::remove_file(path()).context(what()));
    ::rmdir(directory_.c_str());
  } else {
    TRY(sys::make_directories(directory_, 0700).context(what()));
    TRY(sys::write_file_atomic(path(), to_text(changes), 0600).context(what()));
  }
  changes_ = changes;
  return {};
}

}  // namespace flintctl::provision
