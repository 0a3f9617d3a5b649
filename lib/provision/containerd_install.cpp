// SPDX-License-Identifier: Apache-2.0
#include "provision/containerd_install.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <optional>
#include <utility>

#include "provision/system_config.hpp"
#include "provision/text_diff.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/place.hpp"

namespace flintctl::provision {
namespace {

constexpr mode_t file_mode = 0644;

struct Directory {
  std::string path;
  mode_t mode;
  bool enforce;  ///< an existing one with wider permissions is narrowed, if it is containerd's
};

std::vector<Directory> directories(const ContainerdSettings& settings) {
  return {
      {settings.root, 0700, true},
      {settings.snapshotter_directory(), 0700, false},
      {settings.state, 0711, false},
  };
}

std::optional<mode_t> mode_of(const std::string& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return status.st_mode & 07777U;
}

/// Filled by containerd and `provision devpool` alone, or empty and nobody's disk: where somebody
/// keeps something else, narrowing would take it from those who may read it.
bool is_containerds_alone(const std::string& path) {
  const auto names = sys::list_directory(path);
  if (!names) return false;
  if (names->empty()) return !sys::is_mount_point(path);
  return std::all_of(names->begin(), names->end(), [](const std::string& name) {
    return name.starts_with("io.containerd.") || name == "snapshotter" || name == "tmpmounts";
  });
}

bool too_wide(const Directory& directory, mode_t mode) {
  return directory.enforce && (mode & ~directory.mode) != 0;
}

bool narrows(const Directory& directory, mode_t mode) {
  return too_wide(directory, mode) && is_containerds_alone(directory.path);
}

/// The file that `path` leads to, so that a link stays one.
std::string target_of(const std::string& path) {
  std::error_code failed;
  const auto target = std::filesystem::canonical(path, failed);
  return failed ? path : target.string();
}

std::string parent_of(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

Error hint_at_path(Error error) {
  return std::move(error).with_hint("choose a place that can be written with --config-path");
}

std::string utc_stamp() {
  const std::time_t now = std::time(nullptr);
  std::tm parts = {};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
  return text;
}

/// A second name for the old file; the rename that follows leaves the old bytes under it.
Result<std::string> keep_backup(const std::string& path) {
  const std::string base = fmt::format("{}.bak-{}", path, utc_stamp());
  std::string backup = base;
  for (int number = 1; ::link(path.c_str(), backup.c_str()) != 0; ++number) {
    if (errno != EEXIST) return hint_at_path(sys::last_error("keeping the old file as " + backup));
    backup = fmt::format("{}-{}", base, number);
  }
  return backup;
}

/// True when the installed text means what the settings ask for.
bool means_the_same(const ContainerdSettings& settings, const std::string& installed) {
  const auto document = data::parse_toml(installed);
  return document && compare(settings, *document).empty();
}

Result<> plan_file(const ContainerdSettings& settings, const std::string& path,
                   ContainerdInstall& plan) {
  const std::string wanted = containerd_toml(settings);
  if (!sys::exists(path)) {
    plan.file_differs = true;
    plan.diff = unified_diff("", wanted, "/dev/null", path);
    plan.changes.push_back(fmt::format("create {}", path));
    return {};
  }
  const std::string installed = TRY(sys::read_file(path));
  if (means_the_same(settings, installed)) return {};
  plan.file_differs = true;
  plan.diff = unified_diff(installed, wanted, path, path + " (new)");
  plan.changes.push_back(fmt::format("replace {}", path));
  return {};
}

void plan_directories(const ContainerdSettings& settings, ContainerdInstall& plan) {
  for (const Directory& directory : directories(settings)) {
    const auto mode = mode_of(directory.path);
    if (!mode) {
      plan.changes.push_back(
          fmt::format("create folder {} ({:04o})", directory.path, directory.mode));
    } else if (narrows(directory, *mode)) {
      plan.wide_root = mode;
      plan.changes.push_back(fmt::format("set the mode {:04o} of {} (is {:04o})", directory.mode,
                                         directory.path, *mode));
    } else if (too_wide(directory, *mode)) {
      plan.notes.push_back(
          fmt::format("folder {} is open to others ({:04o}) and stays so: it is an empty disk, or "
                      "holds what is not containerd's",
                      directory.path, *mode));
    }
  }
}

Result<> make_directory(const Directory& directory) {
  TRY(sys::make_directories(directory.path, directory.mode));
  const auto mode = mode_of(directory.path);
  if (!mode || !narrows(directory, *mode)) return {};
  if (::chmod(directory.path.c_str(), directory.mode) != 0) {
    return sys::last_error(fmt::format("narrowing folder {}", directory.path));
  }
  return {};
}

/// Nothing that does not parse to what was asked for is ever installed.
Result<std::string> verified_text(const ContainerdSettings& settings) {
  std::string text = containerd_toml(settings);
  const data::Value parsed = TRY(data::parse_toml(text));
  if (!compare(settings, parsed).empty()) {
    return Error(Code::internal,
                 "the composed containerd configuration does not say what it should");
  }
  return text;
}

/// Installs the file; the name of the backup, empty when there was no file.
Result<std::string> write_file(const ContainerdSettings& settings, const std::string& path) {
  const std::string text = TRY(verified_text(settings));
  const std::string target = target_of(path);
  if (auto made = sys::make_directories(parent_of(target)); !made) {
    return hint_at_path(std::move(made).error());
  }
  std::string backup;
  if (sys::exists(target)) backup = TRY(keep_backup(target));
  if (auto written = sys::write_file_atomic(target, text, file_mode); !written) {
    return hint_at_path(std::move(written).error());
  }
  return backup;
}

}  // namespace

Result<ContainerdInstall> plan_containerd_config(const ContainerdSettings& settings,
                                                 const std::string& path) {
  TRY(validate(settings));
  if (target_of(path) == target_of(system_containerd_config)) {
    return Error(Code::invalid_argument,
                 fmt::format("{} is the configuration of the host's own containerd",
                             system_containerd_config))
        .with_hint(
            "name another file for the private one; or give the host's own our snapshotter: "
            "flintctl provision containerd --system");
  }
  ContainerdInstall plan;
  TRY(plan_file(settings, path, plan));
  plan_directories(settings, plan);
  return plan;
}

Result<ContainerdInstall> install_containerd_config(const ContainerdSettings& settings,
                                                    const std::string& path) {
  ContainerdInstall install = TRY(plan_containerd_config(settings, path));
  if (install.file_differs) install.backup = TRY(write_file(settings, path));
  for (const Directory& directory : directories(settings)) TRY(make_directory(directory));
  return install;
}

}  // namespace flintctl::provision
