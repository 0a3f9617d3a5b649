// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "containerd/client.hpp"
#include "core/result.hpp"
#include "oci/digest.hpp"

namespace flintctl::image {

/// The labels of a pull's lease. A lease whose target's lock is free belongs to a dead pull.
inline constexpr const char* label_kind = "flintctl.dev/kind";      ///< "pull"
inline constexpr const char* label_target = "flintctl.dev/target";  ///< top chain ID
inline constexpr const char* label_chain = "flintctl.dev/chain";    ///< short_chain()
inline constexpr const char* label_snapshotter = "flintctl.dev/snapshotter";
inline constexpr const char* label_reference = "flintctl.dev/reference";
inline constexpr const char* label_boot = "flintctl.dev/boot";  ///< sys::boot_id()

/// The file that a pull to this snapshot locks: by containerd, namespace, snapshotter and chain ID.
std::string pull_lock_path(const std::string& run_directory, const containerd::Client& client,
                           const std::string& snapshotter, const std::string& chain_id);

/// Chain IDs, lowest first, as a label holds those of 127 layers: the beginning of each.
std::string short_chain(const std::vector<oci::Digest>& chain);

/// How many lowest chain IDs two of these have in common.
std::size_t common_prefix(std::string_view short_chain, std::string_view other);

/// Leases that dead pulls left, oldest first.
Result<std::vector<containerd::Lease>> abandoned_leases(containerd::Client& client,
                                                        const std::string& run_directory);

/// Deletes the leases of pulls to a snapshot, all but `own`. Needs the snapshot's lock: whose
/// holder may know the others dead.
Result<> delete_abandoned(containerd::Client& client, const std::string& snapshotter,
                          const std::string& chain_id, const std::string& own);

/// Partial layer files that no pull holds, by path.
Result<std::vector<std::string>> abandoned_partials(const std::string& state_directory);

}  // namespace flintctl::image
