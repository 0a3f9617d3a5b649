// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "data/value.hpp"
#include "vm/spec.hpp"

namespace flintctl::vm {

using Time = std::chrono::system_clock::time_point;

/// RFC 3339 in UTC, whole seconds.
std::string format_time(Time time);
Result<Time> parse_time(std::string_view text);

/// A disk as it was made. Its device is asked for at each start, never remembered: numbers change
/// over a reboot.
struct VolumeRecord {
  std::string name;  ///< "root" or the manifest's
  std::string snapshotter;
  std::string key;           ///< of the snapshot
  std::string image_digest;  ///< manifest it was made from
  std::uint64_t size = 0;    ///< bytes the device must have at each start
  bool read_only = false;
};

struct InterfaceRecord {
  std::string name;         ///< in the guest
  std::string host_device;  ///< tap on the host
  std::string mac;
  std::string bridge;
};

/// How to reach a guest agent.
struct AgentChannel {
  std::string transport;  ///< "vsock" or empty for none
  std::uint32_t cid = 0;
  std::uint32_t port = 0;
};

/// A kernel or initrd as it was found.
struct BootFile {
  std::string digest;  ///< "sha256:…" of the bytes that boot
  std::string path;    ///< on the host, in the kernel cache or the user's own
};

/// What flintctl knows of one VM: the JSON blob in containerd's content store. Facts that only the
/// host knows (is it running, which device) are not in it.
struct Record {
  static constexpr int schema_version = 1;

  std::uint64_t version = 1;  ///< counts up with each change
  std::string uid;
  std::string name;
  std::string name_space = "default";
  Labels labels;
  Labels annotations;
  Time created_at;
  Spec spec;
  std::string image_digest;
  BootFile kernel;
  BootFile initrd;
  std::vector<VolumeRecord> volumes;
  std::vector<InterfaceRecord> interfaces;
  std::vector<std::string> addresses;
  std::uint32_t runtime_uid = 0;  ///< numeric user that the hypervisor runs as
  AgentChannel agent;
};

data::Value to_value(const Record& record);
/// Reads this and older schemas; keys of a later one are passed over. unimplemented when the schema
/// is newer than this flintctl, data_loss when it is no record.
Result<Record> record_from_value(const data::Value& value);

}  // namespace flintctl::vm
