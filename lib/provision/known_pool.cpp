// SPDX-License-Identifier: Apache-2.0
#include "provision/known_pool.hpp"

#include "provision/host_settings.hpp"
#include "sys/file.hpp"
#include "thinpool/backing.hpp"

namespace flintctl::provision {

std::optional<std::string> pool_of_host_file(const std::string& path,
                                             const config::Config& config) {
  if (!sys::exists(path)) return std::nullopt;
  const auto settings = read_host_settings(path, default_host_settings(config));
  if (!settings || (!settings->devpool && !settings->lvm)) return std::nullopt;
  return settings->pool_name();
}

std::optional<std::string> recorded_directory(const HostPaths& paths, const std::string& pool) {
  const auto record = Record::open(paths.record());
  if (!record) return std::nullopt;
  for (const char* kind : {"pool", "adopted-pool"}) {
    const Change* change = record->find("devpool", kind, pool);
    if (change == nullptr) continue;
    const std::string directory = change->details.string_or("directory");
    const bool there =
        !directory.empty() && sys::exists(thinpool::backing_files(directory).metadata);
    if (there) return directory;
  }
  return std::nullopt;
}

void place_as_recorded(const HostPaths& paths, thinpool::Spec& spec) {
  if (spec.directory != thinpool::Spec().directory) return;
  if (auto recorded = recorded_directory(paths, spec.name)) spec.directory = *std::move(recorded);
}

}  // namespace flintctl::provision
