// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/result.hpp"

namespace flintctl::provision {

/// invalid_argument when disks or containerd's data cannot lie in `path`, whose mode is set, and
/// which `provision reset --delete-data` empties: it is among configuration or programs, or lies in
/// or around `state`, flintctl's own folder. Folders that all share are sys::is_shared_folder()'s.
/// Reads nothing.
Result<> check_data_folder(const std::string& path, const std::string& state);

/// invalid_argument when containerd must not write its log to `path`: a place of the system's
/// configuration or programs, or a file that is there and has no line of a containerd.
Result<> check_log_file(const std::string& path);

}  // namespace flintctl::provision
