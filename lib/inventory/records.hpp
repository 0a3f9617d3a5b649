// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "containerd/client.hpp"
#include "core/result.hpp"
#include "vm/labels.hpp"
#include "vm/record.hpp"

namespace flintctl::inventory {

/// not_found, with the hint to look at the list.
Error no_such_vm(const std::string& name_space, const std::string& name);

/// The VM records in containerd's content store. One lease per VM, without timer, holds its
/// records, snapshots and image content: deleting it frees them all. Whoever changes a record holds
/// the name's lock; reading needs none.
class Records {
 public:
  explicit Records(containerd::Client& client) : client_(client) {}

  /// All VMs, of one namespace where one is given, by namespace and name. From labels alone: no
  /// blob is read.
  Result<std::vector<vm::Summary>> list(
      const std::optional<std::string>& name_space = std::nullopt);
  /// Every VM of that name; more than one only when a create was killed before.
  Result<std::vector<vm::Summary>> named(const std::string& name_space, const std::string& name);
  /// The one of that name; not_found otherwise.
  Result<vm::Summary> find(const std::string& name_space, const std::string& name);
  /// Its newest record. Tolerates that another process replaces it meanwhile.
  Result<vm::Record> read(const std::string& name_space, const std::string& name);

  /// The intent, before anything is made: a lease that names the VM. already_exists when the uid is
  /// taken.
  Result<> begin(const vm::Record& record);
  /// Commits `record` under its lease with labels set in the commit, then deletes older versions.
  Result<vm::Summary> write(const vm::Record& record, vm::Stage stage);
  /// Changes the stage label of the newest version in place.
  Result<> set_stage(const vm::Summary& summary, vm::Stage stage);
  /// Deletes the VM's records and its lease, with a collection before it returns. Fine when they
  /// are gone.
  Result<> remove(const std::string& uid);

  /// A lease of a VM, and who it says it is for.
  struct Lease {
    std::string uid;
    std::string name_space;
    std::string name;
  };
  Result<std::vector<Lease>> leases();

 private:
  Result<std::vector<vm::Summary>> query(const std::string& filter);
  Result<> delete_blobs(const std::string& uid, const std::string& except);

  containerd::Client& client_;
};

}  // namespace flintctl::inventory
