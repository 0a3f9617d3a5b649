// SPDX-License-Identifier: Apache-2.0
#include "inventory/owner.hpp"

#include <set>

#include "data/value.hpp"
#include "sys/file.hpp"
#include "vm/name.hpp"

namespace flintctl::inventory {
namespace {

std::string owner_file(const Paths& paths, const std::string& uid) {
  return paths.vm_directory(uid) + "/owner.json";
}

}  // namespace

Result<> claim_directory(const Paths& paths, const containerd::Client& client,
                         const std::string& uid) {
  TRY(sys::make_directories(paths.vms(), 0755));
  TRY(sys::make_directories(paths.vm_directory(uid), 0700));
  const auto owner = data::Value::object(
      {{"containerdAddress", client.address()}, {"containerdNamespace", client.namespace_name()}});
  return sys::write_file_atomic(owner_file(paths, uid), data::to_json(owner) + "\n", 0600);
}

Owner owner_of(const Paths& paths, const containerd::Client& client, const std::string& uid) {
  const auto text = sys::read_file(owner_file(paths, uid), 4096);
  if (!text) return Owner::none;
  const auto owner = data::parse_json(*text);
  if (!owner) return Owner::none;
  // Written by whoever did not know that paths have several spellings, maybe.
  const auto address = sys::canonical_path(owner->string_or("containerdAddress"));
  if (address != client.address()) return Owner::another;
  const bool ours = owner->string_or("containerdNamespace") == client.namespace_name();
  return ours ? Owner::ours : Owner::neighbour;
}

Result<std::vector<std::string>> directory_uids(const Paths& paths) {
  std::set<std::string> uids;
  for (const auto& folder : {paths.run, paths.vms()}) {
    for (const auto& name : TRY(sys::list_directory(folder))) {
      if (vm::is_uid(name)) uids.insert(name);
    }
  }
  return std::vector<std::string>(uids.begin(), uids.end());
}

}  // namespace flintctl::inventory
