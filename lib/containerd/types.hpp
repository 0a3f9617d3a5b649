// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace flintctl::containerd {

/// Key and value together at most 4096 bytes (containerd's labels/validate.go).
using Labels = std::map<std::string, std::string>;
/// Time() where containerd does not know it.
using Time = std::chrono::system_clock::time_point;

struct Version {
  std::string version;  ///< "1.6.20~ds1": a distribution's suffix may follow
  std::string revision;
};

struct Plugin {
  std::string type;  ///< io.containerd.snapshotter.v1
  std::string id;    ///< devmapper
  std::map<std::string, std::string> exports;
  std::string init_error;  ///< empty: ok
};

struct ContentInfo {
  std::string digest;  ///< "sha256:<hex>"
  std::uint64_t size = 0;
  Time created_at;
  Time updated_at;  ///< Time() in lists: containerd leaves it out there
  Labels labels;
};

struct Ingest {
  std::string ref;
  std::uint64_t offset = 0;
  std::uint64_t total = 0;
  Time started_at;
};

/// An OCI descriptor. OCI image specification, descriptor.md.
struct Descriptor {
  std::string media_type;
  std::string digest;
  std::int64_t size = 0;
};

struct Image {
  std::string name;  ///< the whole reference
  Labels labels;
  Descriptor target;
  Time created_at;
  Time updated_at;
};

struct Mount {
  std::string type;
  std::string source;
  std::string target;
  std::vector<std::string> options;
};

enum class SnapshotKind { unknown, view, active, committed };

struct SnapshotInfo {
  std::string name;
  std::string parent;
  SnapshotKind kind = SnapshotKind::unknown;
  Labels labels;
  Time created_at;
};

struct SnapshotUsage {
  std::int64_t size = 0;  ///< bytes
  std::int64_t inodes = 0;
};

struct Lease {
  std::string id;
  Labels labels;
  Time created_at;
};

struct LeaseResource {
  std::string id;
  std::string type;  ///< "content", "snapshots/devmapper", "ingests"
};

}  // namespace flintctl::containerd
