// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace flintctl::sys {

/// open(2) with O_CLOEXEC added. `flags` are O_* values.
Result<UniqueFd> open(const std::string& path, int flags, mode_t mode = 0600);
/// openat(2) with O_CLOEXEC added.
Result<UniqueFd> open_at(int directory, const std::string& name, int flags, mode_t mode = 0600);

/// A file that somebody named, for reading. invalid_argument unless it is a regular one: opening a
/// named pipe would wait for ever for a writer.
Result<UniqueFd> open_regular(const std::string& path);
/// The same for what is read once, from its beginning: a device or a nameless pipe will do, such as
/// /dev/stdin or the shell's <(…). A named pipe and a folder are refused.
Result<UniqueFd> open_input(const std::string& path);

/// The whole file, opened as input; resource_exhausted when it is longer than `limit` bytes.
Result<std::string> read_file(const std::string& path, std::size_t limit = 16U << 20U);
/// The last `length` bytes of a file (all of it when it is shorter).
Result<std::string> read_tail(const std::string& path, std::size_t length);
/// Writes a new file beside `path`, fsyncs it and renames it over `path`: readers see the old bytes
/// or the new ones, also after a power cut. rename(2).
Result<> write_file_atomic(const std::string& path, std::string_view bytes, mode_t mode);
/// Removes what calls for this `path` that were killed left beside it. Only for a caller who knows
/// that nobody else writes it now.
Result<> remove_unfinished_writes(const std::string& path);
/// Writes `bytes` into an existing file (a /proc, /sys or cgroup attribute) with one write(2).
Result<> write_attribute(const std::string& path, std::string_view bytes);
/// All of `bytes` to a descriptor, whatever write(2) takes at a time.
Result<> write_all(int fd, std::string_view bytes);
/// A new file with another's bytes (a regular one's), open for writing and not yet fsynced;
/// already_exists where there is something. `mode` is subject to the umask.
Result<UniqueFd> copy_file(const std::string& from, const std::string& to, mode_t mode);

/// `mkdir -p`: each missing folder gets `mode` whatever the umask; existing ones are left alone.
Result<> make_directories(const std::string& path, mode_t mode = 0755);
/// `rm -rf` without following links or crossing mounts; fine when `path` is absent.
Result<> remove_tree(const std::string& path);
/// Removes one file; fine when it is absent.
Result<> remove_file(const std::string& path);
/// Names in a folder, sorted, without "." and ".."; empty when the folder is absent.
Result<std::vector<std::string>> list_directory(const std::string& path);

bool exists(const std::string& path);
bool is_directory(const std::string& path);
/// True of what even root can neither change, rename nor give a second name, until chattr(1) lets
/// it: immutable, or open for appending only. False where the filesystem does not tell. statx(2).
bool is_immutable(const std::string& path);

/// The absolute `path` without links, "." and "..", as far as it exists; as it is where it cannot
/// be looked at.
std::string canonical_path(const std::string& path);

struct FilesystemSpace {
  std::uint64_t total = 0;      ///< bytes
  std::uint64_t available = 0;  ///< bytes an unprivileged writer can still take
};
/// Space of the filesystem that holds `path`, or its nearest existing parent. statvfs(3).
Result<FilesystemSpace> filesystem_space(const std::string& path);

/// The absolute path of a program: as it is when it has a slash, else the first match in PATH
/// (with the sbin folders added). not_found names what was looked for.
Result<std::string> find_program(const std::string& name);

}  // namespace flintctl::sys
