// SPDX-License-Identifier: Apache-2.0
#include "image/abandoned.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "image/partial_file.hpp"
#include "sys/file.hpp"
#include "sys/lock.hpp"
#include "sys/sha256.hpp"

namespace flintctl::image {
namespace {

constexpr std::size_t short_digits = 16;

std::string label_of(const containerd::Lease& lease, const char* key) {
  const auto found = lease.labels.find(key);
  return found == lease.labels.end() ? std::string() : found->second;
}

}  // namespace

std::string pull_lock_path(const std::string& run_directory, const containerd::Client& client,
                           const std::string& snapshotter, const std::string& chain_id) {
  const std::string identity = fmt::format("{}\n{}\n{}\n{}", client.address(),
                                           client.namespace_name(), snapshotter, chain_id);
  return sys::lock_path(run_directory, "pull-" + sys::sha256_hex(identity).substr(0, 32));
}

std::string short_chain(const std::vector<oci::Digest>& chain) {
  constexpr std::size_t most = 3000;  // containerd takes 4096 bytes of key and value
  std::string text;
  for (const auto& chain_id : chain) {
    if (text.size() + short_digits + 1 > most) break;
    text += chain_id.hex().substr(0, short_digits) + ",";
  }
  return text;
}

std::size_t common_prefix(std::string_view short_chain, std::string_view other) {
  const auto [end, ignored] =
      std::mismatch(short_chain.begin(), short_chain.end(), other.begin(), other.end());
  return static_cast<std::size_t>(std::count(short_chain.begin(), end, ','));
}

Result<std::vector<containerd::Lease>> abandoned_leases(containerd::Client& client,
                                                        const std::string& run_directory) {
  auto leases = TRY(client.lease_list({fmt::format("labels.\"{}\"==pull", label_kind)}));
  std::vector<containerd::Lease> abandoned;
  for (auto& lease : leases) {
    const auto path = pull_lock_path(run_directory, client, label_of(lease, label_snapshotter),
                                     label_of(lease, label_target));
    if (sys::exists(path) && !sys::FileLock::acquire(path)) continue;
    abandoned.push_back(std::move(lease));
  }
  std::sort(abandoned.begin(), abandoned.end(),
            [](const auto& a, const auto& b) { return a.created_at < b.created_at; });
  return abandoned;
}

Result<> delete_abandoned(containerd::Client& client, const std::string& snapshotter,
                          const std::string& chain_id, const std::string& own) {
  const auto leases = TRY(client.lease_list({fmt::format(
      "labels.\"{}\"==pull,labels.\"{}\"==\"{}\"", label_kind, label_target, chain_id)}));
  for (const auto& lease : leases) {
    if (label_of(lease, label_snapshotter) != snapshotter || lease.id == own) continue;
    TRY(client.lease_delete(lease.id));
  }
  return {};
}

Result<std::vector<std::string>> abandoned_partials(const std::string& state_directory) {
  const std::string directory = partial_directory(state_directory);
  std::vector<std::string> paths;
  for (const auto& name : TRY(sys::list_directory(directory))) {
    const std::string path = directory + "/" + name;
    if (!oci::Digest::parse(name)) continue;
    const auto used = partial_in_use(path);
    if (used && !*used) paths.push_back(path);
  }
  return paths;
}

}  // namespace flintctl::image
