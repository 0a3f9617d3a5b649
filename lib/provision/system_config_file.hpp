// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "core/result.hpp"

/// The file of a configuration that belongs to the host's own containerd: what is to be in it is
/// written beside it, shown to containerd there, and then takes its place.
namespace flintctl::provision {

/// Where the next text of `path` is looked at first.
std::string config_candidate(const std::string& path);
/// Where the text of `path` from before the first run stays.
std::string config_backup(const std::string& path);

/// The text of such a file; resource_exhausted when no configuration is that long.
Result<std::string> read_config(const std::string& path);

/// Writes the candidate, of the mode and owner of `path` if that is there.
Result<> write_config_candidate(const std::string& path, const std::string& text);
/// Puts it in the place of `path`.
Result<> install_config_candidate(const std::string& path);
/// Also what a killed run left of writing it.
Result<> remove_config_candidate(const std::string& path);

/// `from` under the name `to`, which it replaces.
Result<> rename_config(const std::string& from, const std::string& to);

/// Why nobody, root neither, can write or replace the file, if so: permission_denied. chattr(1).
std::optional<Error> refuse_immutable(const std::string& path);

}  // namespace flintctl::provision
