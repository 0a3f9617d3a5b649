// SPDX-License-Identifier: Apache-2.0
#include "comparison.hpp"

#include <fmt/format.h>

#include <list>
#include <optional>

#include "layers.hpp"
#include "support/catch.hpp"
#include "support/containerd/layer_oracle.hpp"
#include "tree_listing.hpp"

namespace flintctl::archive {
namespace {

using testing::Folder;
using Tree = std::map<std::string, std::string>;

/// A tree, or why there is none.
struct Outcome {
  std::optional<Tree> tree;
  std::string error;
};

Outcome outcome_of(const Folder& folder, const Result<>& applied) {
  if (!applied) return {std::nullopt, applied.error().text()};
  return {list_tree(folder.path()), ""};
}

/// One daemon serves all comparisons of a run.
const containerd::LayerOracle& oracle() {
  static const auto started = containerd::LayerOracle::start();
  INFO((started ? std::string() : started.error().text()));
  REQUIRE(started);
  return **started;
}

Outcome by_containerd(const std::vector<std::string>& tars) {
  const Folder folder;
  Result<> applied;
  for (const auto& tar : tars) {
    applied = oracle().apply(tar, "application/vnd.oci.image.layer.v1.tar", folder.path());
    if (!applied) break;
  }
  return outcome_of(folder, applied);
}

enum class Jobs { one, each };

Outcome by_us(const std::vector<std::string>& tars, Jobs jobs) {
  const Folder folder;
  std::list<LayerFile> files;
  std::vector<std::vector<Layer>> groups(jobs == Jobs::one ? 1 : tars.size());
  for (std::size_t i = 0; i < tars.size(); ++i) {
    groups[jobs == Jobs::one ? 0 : i].push_back(files.emplace_back(tars[i]).layer());
  }
  for (const auto& group : groups) {
    const auto done = extract(bind_of(folder.path()), group);
    if (!done) return outcome_of(folder, done.error());
  }
  return outcome_of(folder, {});
}

std::string differences(const Tree& theirs, const Tree& ours) {
  std::string text;
  for (const auto& [name, description] : theirs) {
    const auto found = ours.find(name);
    const auto mine = found == ours.end() ? "<missing>" : found->second;
    if (mine != description) text += fmt::format("{}\n  {}\n  {}\n", name, description, mine);
  }
  for (const auto& [name, description] : ours) {
    if (!theirs.contains(name)) text += fmt::format("{} only ours\n  {}\n", name, description);
  }
  return text;
}

/// Of a folder that a layer makes and then removes or hides behind a file or a loop of links,
/// containerd fails to set the times at the layer's end.
bool own_failure(const Outcome& theirs) {
  const auto says = [&](const char* text) { return theirs.error.find(text) != std::string::npos; };
  return (says("failed call to UtimesNanoAt") && says("no such file or directory")) ||
         (says(": lstat /") && (says("not a directory") || says("too many levels")));
}

}  // namespace

std::size_t same_tree(const std::vector<std::string>& tars) {
  const auto theirs = by_containerd(tars);
  for (const Jobs jobs : {Jobs::one, Jobs::each}) {
    const auto ours = by_us(tars, jobs);
    INFO("containerd: " << theirs.error << "\nours: " << ours.error);
    if (!own_failure(theirs)) CHECK(theirs.tree.has_value() == ours.tree.has_value());
    if (theirs.tree && ours.tree) CHECK(differences(*theirs.tree, *ours.tree) == "");
  }
  return theirs.tree ? theirs.tree->size() : 0;
}

}  // namespace flintctl::archive
