// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "core/result.hpp"
#include "provision/step.hpp"

namespace flintctl::provision {

/// A text file that is wholly ours.
struct HostFile {
  std::string path;
  std::string text;
  mode_t mode = 0644;
};
/// In place when it has this text, byte for byte, and nobody but its owner and root may change it.
Item check_file(const HostFile& file);
/// Writes it atomically where it is not in place, with folders. A file that is not ours, or was
/// edited since, stays as `<path>.flintctl-bak-<UTC time>`, and a note says so; what is no regular
/// file (nor a link to one) is refused (already_exists). Undone: the file goes, or the one that was
/// there before comes back; one that was edited since is left.
Result<> install_file(const HostFile& file, Journal& journal);

/// A symbolic link of ours; what else stands at its path is refused (already_exists). One that
/// leads to the same place is ours however it is written: `systemctl enable` writes absolute ones.
struct HostLink {
  std::string path;
  std::string target;
};
Item check_link(const HostLink& link);
Result<> install_link(const HostLink& link, Journal& journal);

/// A folder, with the missing ones above it; undone when empty.
struct HostFolder {
  std::string path;
  mode_t mode = 0755;
};
Item check_folder(const HostFolder& folder);
Result<> install_folder(const HostFolder& folder, Journal& journal);
/// Records the missing ones of a folder that something else is about to make.
Result<> intend_folders(const std::string& path, Journal& journal);
/// The same, with all that comes to lie in it: goes whole with Data::remove, else stays whole.
Result<> install_data_folder(const HostFolder& folder, Journal& journal);

/// True for the kinds above: "file", "link", "folder", "data".
bool is_file_kind(const Change& change);
/// Takes back a change of those kinds; `notes` gets what was left alone and why.
Result<Undone> undo_file_change(const Change& change, Data data, std::vector<std::string>& notes);

}  // namespace flintctl::provision
