// SPDX-License-Identifier: Apache-2.0
#include "support/containerd/fake_daemon.hpp"

#include <fmt/format.h>

namespace flintctl::containerd {
namespace {

/// What garbage collection walks over: ("content", digest), ("snapshots/devmapper", key),
/// ("ingests", ref), as leases name them.
using Node = std::pair<std::string, std::string>;

constexpr std::string_view root_label = "containerd.io/gc.root";
constexpr std::string_view content_label = "containerd.io/gc.ref.content";
constexpr std::string_view snapshot_label = "containerd.io/gc.ref.snapshot.";

bool is_root(const Labels& labels) {
  const auto label = labels.find(std::string(root_label));
  return label != labels.end() && !label->second.empty();
}

/// The edges that labels draw. containerd: metadata/gc.go, sendLabelRefs.
void add_references(const Labels& labels, std::vector<Node>& out) {
  for (const auto& [key, value] : labels) {
    const std::string_view name = key;
    if (name.starts_with(content_label)) {
      const auto rest = name.substr(content_label.size());
      if (rest.empty() || rest.front() == '.' || rest.front() == '/') {
        out.emplace_back("content", value);
      }
    } else if (name.starts_with(snapshot_label)) {
      const auto rest = name.substr(snapshot_label.size());
      out.emplace_back(fmt::format("snapshots/{}", rest.substr(0, rest.find('/'))), value);
    }
  }
}

std::vector<Node> roots(const FakeDaemon& daemon) {
  std::vector<Node> nodes;
  for (const auto& [id, lease] : daemon.leases) {
    nodes.insert(nodes.end(), lease.resources.begin(), lease.resources.end());
  }
  for (const auto& [name, image] : daemon.images) {
    nodes.emplace_back("content", image.target.digest);
    add_references(image.labels, nodes);
  }
  for (const auto& [digest, blob] : daemon.blobs) {
    if (is_root(blob.info.labels)) nodes.emplace_back("content", digest);
  }
  for (const auto& [key, snapshot] : daemon.snapshots) {
    if (is_root(snapshot.info.labels)) nodes.emplace_back("snapshots/" + key.first, key.second);
  }
  return nodes;
}

std::vector<Node> references(const FakeDaemon& daemon, const Node& node) {
  std::vector<Node> nodes;
  constexpr std::string_view snapshots = "snapshots/";
  if (node.first == "content") {
    if (const auto blob = daemon.blobs.find(node.second); blob != daemon.blobs.end()) {
      add_references(blob->second.info.labels, nodes);
    }
  } else if (node.first.starts_with(snapshots)) {
    const SnapshotKey key(node.first.substr(snapshots.size()), node.second);
    if (const auto found = daemon.snapshots.find(key); found != daemon.snapshots.end()) {
      const auto& info = found->second.info;
      if (!info.parent.empty()) nodes.emplace_back(node.first, info.parent);
      add_references(info.labels, nodes);
    }
  }
  return nodes;
}

std::set<Node> reachable(const FakeDaemon& daemon) {
  std::set<Node> seen;
  auto todo = roots(daemon);
  while (!todo.empty()) {
    const Node node = std::move(todo.back());
    todo.pop_back();
    if (!seen.insert(node).second) continue;
    const auto next = references(daemon, node);
    todo.insert(todo.end(), next.begin(), next.end());
  }
  return seen;
}

}  // namespace

std::optional<Failure> FakeDaemon::take_failure(std::string_view operation) {
  std::optional<Failure> due;
  for (auto failure = failures.begin(); failure != failures.end();) {
    const bool counts = failure->operation == operation || failure->operation == "*";
    if (counts && failure->countdown > 0) --failure->countdown;
    const bool now = counts && failure->countdown == 0;
    if (now && !due) due = *failure;
    failure = now && !failure->lasting ? failures.erase(failure) : failure + 1;
  }
  return due;
}

void FakeDaemon::collect() {
  const auto live = reachable(*this);
  std::erase_if(blobs, [&](const auto& blob) { return !live.contains({"content", blob.first}); });
  std::erase_if(snapshots, [&](const auto& snapshot) {
    return !live.contains({"snapshots/" + snapshot.first.first, snapshot.first.second});
  });
  // An ingest outside every lease lives a day by itself, so none goes here.
}

void FakeDaemon::changed() {
  if (collect_always) collect();
}

Result<> FakeDaemon::check_lease(const std::string& lease) const {
  if (lease.empty() || leases.contains(lease)) return {};
  return Error(Code::not_found, fmt::format("lease \"{}\": not found", lease));
}

void FakeDaemon::hold(const std::string& lease, const std::string& type, const std::string& id) {
  if (!lease.empty()) leases.at(lease).resources.emplace(type, id);
}

void FakeDaemon::release(const std::string& type, const std::string& id, const std::string& lease) {
  if (!lease.empty()) leases.at(lease).resources.erase({type, id});
}

Result<> check_label_sizes(const Labels& labels) {
  constexpr std::size_t limit = 4096;
  for (const auto& [key, value] : labels) {
    if (key.size() + value.size() > limit) {
      return Error(Code::invalid_argument,
                   fmt::format("label key and value greater than maximum size ({} bytes), key: {}",
                               limit, key.substr(0, 10)));
    }
  }
  return {};
}

}  // namespace flintctl::containerd
