// SPDX-License-Identifier: Apache-2.0
#include "provision/system_config_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "sys/error.hpp"
#include "sys/file.hpp"

namespace flintctl::provision {

std::string config_candidate(const std::string& path) { return path + ".flintctl-new"; }

std::string config_backup(const std::string& path) { return path + ".flintctl-bak"; }

Result<std::string> read_config(const std::string& path) {
  return sys::read_file(path, std::size_t{1} << 20U);
}

Result<> write_config_candidate(const std::string& path, const std::string& text) {
  const std::string candidate = config_candidate(path);
  struct stat old = {};
  const bool has_old = ::stat(path.c_str(), &old) == 0;
  TRY(sys::write_file_atomic(candidate, text, has_old ? old.st_mode & 07777U : 0644));
  if (has_old && ::chown(candidate.c_str(), old.st_uid, old.st_gid) != 0) {
    return sys::last_error(fmt::format("giving {} the owner of {}", candidate, path));
  }
  return {};
}

Result<> install_config_candidate(const std::string& path) {
  return rename_config(config_candidate(path), path);
}

Result<> remove_config_candidate(const std::string& path) {
  TRY(sys::remove_unfinished_writes(config_candidate(path)));
  return sys::remove_file(config_candidate(path));
}

Result<> rename_config(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return {};
  return sys::last_error(fmt::format("replacing {}", to));
}

std::optional<Error> refuse_immutable(const std::string& path) {
  if (!sys::is_immutable(path)) return std::nullopt;
  return Error(Code::permission_denied, fmt::format("{} is made immutable", path))
      .with_hint(fmt::format("let it be changed: chattr -i -a {}", path));
}

}  // namespace flintctl::provision
