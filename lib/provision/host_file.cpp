// SPDX-License-Identifier: Apache-2.0
#include "provision/host_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <optional>
#include <utility>

#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/sha256.hpp"

namespace flintctl::provision {
namespace {

constexpr auto backup_mark = ".flintctl-bak-";

std::string parent_of(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

std::string utc_stamp() {
  const std::time_t now = std::time(nullptr);
  std::tm parts = {};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
  return text;
}

/// What a link says, or nothing when there is none at the path.
std::string link_text(const std::string& path) {
  std::error_code failed;
  const auto target = std::filesystem::read_symlink(path, failed);
  return failed ? std::string() : target.string();
}

/// Where a link at `path` that says `text` leads, whether anything is there or not.
std::string link_end(const std::string& path, const std::string& text) {
  std::error_code failed;
  const auto end =
      std::filesystem::weakly_canonical(std::filesystem::path(path).parent_path() / text, failed);
  return failed ? std::string() : end.string();
}

/// Whether the link at `path`, if one is there, leads where one that says `target` would.
bool leads_to(const std::string& path, const std::string& target) {
  const std::string text = link_text(path);
  if (text.empty() || text == target) return text == target;
  const std::string end = link_end(path, text);
  return !end.empty() && end == link_end(path, target);
}

/// What stands at the path and is neither a regular file nor a link to one: of it no backup could
/// be kept. Empty when nothing does.
std::string foreign_kind(const std::string& path) {
  struct stat status = {};
  if (::lstat(path.c_str(), &status) != 0) return {};
  if (S_ISLNK(status.st_mode)) {
    struct stat target = {};
    if (::stat(path.c_str(), &target) == 0 && S_ISREG(target.st_mode)) return {};
    return fmt::format("a link to {}, which is no regular file", link_text(path));
  }
  if (S_ISREG(status.st_mode)) return {};
  return S_ISDIR(status.st_mode) ? "a folder" : "no regular file";
}

/// Who besides root, and whoever runs this, may change the file: what it says is done as root.
std::string foreign_writer(const std::string& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) return {};
  if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
    return fmt::format("belongs to the user {}", status.st_uid);
  }
  constexpr mode_t others_write = S_IWGRP | S_IWOTH;
  if ((status.st_mode & others_write) == 0) return {};
  return fmt::format("can be written by others ({:04o})", status.st_mode & 07777U);
}

std::optional<Error> refuse_foreign(const std::string& path) {
  const std::string kind = foreign_kind(path);
  if (kind.empty()) return {};
  return Error(Code::already_exists, fmt::format("{} is {}", path, kind))
      .with_hint("move it away if nothing needs it");
}

/// A name beside `path` that nothing has.
std::string backup_name(const std::string& path) {
  const std::string base = fmt::format("{}{}{}", path, backup_mark, utc_stamp());
  std::string name = base;
  for (int number = 1; sys::exists(name); ++number) name = fmt::format("{}-{}", base, number);
  return name;
}

/// The old bytes under a second name; the rename that follows leaves them there.
Result<> keep_backup(const std::string& path, const std::string& backup) {
  if (::link(path.c_str(), backup.c_str()) != 0) {
    return sys::last_error(fmt::format("keeping the old {} as {}", path, backup));
  }
  return {};
}

/// A word about each backup that stays, of a file of ours that somebody edited.
void note_backups(const std::string& path, std::vector<std::string>& notes) {
  const std::string start = std::filesystem::path(path).filename().string() + backup_mark;
  for (const std::string& name : sys::list_directory(parent_of(path)).value_or({})) {
    if (!name.starts_with(start)) continue;
    const std::string backup = fmt::format("{}/{}", parent_of(path), name);
    const bool said = std::any_of(notes.begin(), notes.end(), [&](const std::string& note) {
      return note.ends_with(" " + backup);
    });
    if (!said)
      notes.push_back(fmt::format("{}, as somebody had edited it, stays as {}", path, backup));
  }
}

/// The folders above `path` that are missing, highest first.
std::vector<std::string> missing_folders(std::string path) {
  std::vector<std::string> missing;
  for (; path.size() > 1 && !sys::exists(path); path = parent_of(path)) missing.push_back(path);
  std::reverse(missing.begin(), missing.end());
  return missing;
}

Result<Undone> undo_file(const Change& change, std::vector<std::string>& notes) {
  const std::string& path = change.target;
  TRY(sys::remove_unfinished_writes(path));
  const std::string backup = change.details.string_or("backup");
  const bool has_backup = !backup.empty() && sys::exists(backup);
  if (const std::string kind = foreign_kind(path); !kind.empty()) {
    notes.push_back(fmt::format("{} is {} by now and is left as it is", path, kind));
    if (has_backup) notes.push_back(fmt::format("what was there before is {}", backup));
    return Undone::done;
  }
  if (sys::exists(path)) {
    const std::string text = TRY(sys::read_file(path));
    const bool ours = sys::sha256_hex(text) == change.details.string_or("sha256");
    if (!ours && has_backup && TRY(sys::read_file(backup)) == text) {
      // Killed between backup and replacement: the file is still what it was.
      TRY(sys::remove_file(backup));
      return Undone::done;
    }
    if (!ours) {
      // Without a backup: nothing was replaced yet, or it was edited since.
      notes.push_back(fmt::format("{} was changed by another hand and is left as it is", path));
      if (has_backup) notes.push_back(fmt::format("what was there before is {}", backup));
      return Undone::done;
    }
  }
  if (!has_backup) {
    TRY(sys::remove_file(path));
    return Undone::done;
  }
  if (::rename(backup.c_str(), path.c_str()) != 0) {
    return sys::last_error(fmt::format("bringing back {} from {}", path, backup));
  }
  notes.push_back(fmt::format("{} is again what it was before", path));
  return Undone::done;
}

Result<Undone> undo_link(const Change& change) {
  const std::string to = change.details.string_or("to");
  if (!to.empty() && leads_to(change.target, to)) TRY(sys::remove_file(change.target));
  return Undone::done;
}

Result<Undone> undo_folder(const Change& change, Data data) {
  if (::rmdir(change.target.c_str()) == 0) return Undone::done;
  // What others put into it is theirs; data that was kept may go another day.
  if (errno == ENOTEMPTY || errno == EEXIST) {
    return data == Data::keep ? Undone::kept : Undone::done;
  }
  if (errno == ENOENT || errno == ENOTDIR || errno == EBUSY) return Undone::done;
  return sys::last_error(fmt::format("removing the folder {}", change.target));
}

Result<Undone> undo_data(const Change& change, Data data, std::vector<std::string>& notes) {
  if (!sys::exists(change.target)) return Undone::done;
  if (data == Data::keep) {
    notes.push_back(fmt::format("{} is kept with all that lies in it", change.target));
    return Undone::kept;
  }
  TRY(sys::remove_tree(change.target));
  return Undone::done;
}

}  // namespace

Result<> intend_folders(const std::string& path, Journal& journal) {
  for (const std::string& folder : missing_folders(path)) {
    TRY(journal.intend("folder", folder));
  }
  return {};
}

Item check_file(const HostFile& file) {
  if (auto refusal = refuse_foreign(file.path)) {
    return {State::differs, file.path, "is " + foreign_kind(file.path), {}, std::move(refusal)};
  }
  const auto text = sys::read_file(file.path);
  if (text) {
    if (*text != file.text) return {State::differs, file.path, "has other contents"};
    const std::string writer = foreign_writer(file.path);
    return {writer.empty() ? State::in_place : State::differs, file.path, writer};
  }
  if (text.error().code() == Code::not_found) return {State::missing, file.path, {}};
  return {State::differs, file.path, text.error().text()};
}

Result<> install_file(const HostFile& file, Journal& journal) {
  if (check_file(file).state == State::in_place) return {};
  if (auto refusal = refuse_foreign(file.path)) return *std::move(refusal);
  TRY(intend_folders(parent_of(file.path), journal));
  const Change* before = journal.find("file", file.path);
  std::string backup = before != nullptr ? before->details.string_or("backup") : std::string();
  std::string kept;  // a second backup, when a file of ours was edited
  if (const auto text = sys::read_file(file.path)) {
    const bool ours =
        before != nullptr && before->details.string_or("sha256") == sys::sha256_hex(*text);
    // Equal to its backup: the run that made that was killed before it wrote.
    const bool saved = !backup.empty() && sys::read_file(backup).value_or({}) == *text;
    if (!ours && !saved) {
      kept = !backup.empty() && !sys::exists(backup) ? backup : backup_name(file.path);
      // Only what was there before the first run comes back.
      if (before == nullptr) backup = kept;
    }
  }
  TRY(journal.intend(
      "file", file.path,
      data::Value::object({{"sha256", sys::sha256_hex(file.text)}, {"backup", backup}})));
  TRY(sys::make_directories(parent_of(file.path)));
  TRY(sys::remove_unfinished_writes(file.path));
  if (!kept.empty()) {
    TRY(keep_backup(file.path, kept));
    journal.note(fmt::format("{} was not ours: the old file is kept as {}", file.path, kept));
  }
  return sys::write_file_atomic(file.path, file.text, file.mode);
}

Item check_link(const HostLink& link) {
  if (leads_to(link.path, link.target)) return {State::in_place, link.path, {}};
  const std::string there = link_text(link.path);
  if (there.empty() && !sys::exists(link.path)) return {State::missing, link.path, {}};
  return {
      State::differs,
      link.path,
      there.empty() ? "is no link" : "leads to " + there,
      {},
      Error(Code::already_exists, fmt::format("{} exists and is not the link to {} that is needed",
                                              link.path, link.target))
          .with_hint("remove it if nothing needs it")};
}

Result<> install_link(const HostLink& link, Journal& journal) {
  Item found = check_link(link);
  if (found.state == State::in_place) return {};
  if (found.obstacle) return *std::move(found.obstacle);
  TRY(intend_folders(parent_of(link.path), journal));
  TRY(journal.intend("link", link.path, data::Value::object({{"to", link.target}})));
  TRY(sys::make_directories(parent_of(link.path)));
  if (::symlink(link.target.c_str(), link.path.c_str()) != 0) {
    return sys::last_error(fmt::format("making the link {}", link.path));
  }
  return {};
}

Item check_folder(const HostFolder& folder) {
  if (sys::is_directory(folder.path)) return {State::in_place, folder.path, {}};
  if (sys::exists(folder.path)) return {State::differs, folder.path, "is no folder"};
  return {State::missing, folder.path, {}};
}

Result<> install_folder(const HostFolder& folder, Journal& journal) {
  TRY(intend_folders(folder.path, journal));
  return sys::make_directories(folder.path, folder.mode);
}

Result<> install_data_folder(const HostFolder& folder, Journal& journal) {
  TRY(intend_folders(parent_of(folder.path), journal));
  if (!sys::exists(folder.path)) TRY(journal.intend("data", folder.path));
  return sys::make_directories(folder.path, folder.mode);
}

bool is_file_kind(const Change& change) {
  return change.kind == "file" || change.kind == "link" || change.kind == "folder" ||
         change.kind == "data";
}

Result<Undone> undo_file_change(const Change& change, Data data, std::vector<std::string>& notes) {
  if (!change.target.starts_with('/')) {
    // Whoever resets stands somewhere else than whoever made it.
    notes.push_back(fmt::format("where {} lies is not recorded: it is left", change.target));
    return Undone::done;
  }
  if (change.kind == "file") {
    const Undone undone = TRY(undo_file(change, notes));
    note_backups(change.target, notes);
    return undone;
  }
  if (change.kind == "link") return undo_link(change);
  if (change.kind == "folder") return undo_folder(change, data);
  return undo_data(change, data, notes);
}

}  // namespace flintctl::provision
