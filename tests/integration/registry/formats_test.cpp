// SPDX-License-Identifier: Apache-2.0
// Every format of manifests and layers, pulled from Debian's docker-registry.
#include <algorithm>

#include "bed.hpp"
#include "support/catch.hpp"
#include "support/must.hpp"
#include "tree.hpp"

using namespace flintctl;
using namespace flintctl::image;
using testing::must;

namespace {

PullResult pull_image(const std::string& name) {
  NoProgress progress;
  const auto client = Bed::get().client("formats-" + name);
  return must(
      pull(*client, Bed::get().image(name), Bed::get().options("formats-" + name), progress));
}

/// The tree that an image became.
std::map<std::string, std::string> tree_after_pull(const std::string& name) {
  const auto result = pull_image(name);
  const auto client = Bed::get().client("formats-" + name);
  REQUIRE(client->lease_create("view", {}));
  const auto mounts = must(
      client->with_lease("view")->snapshot_view("native", "view", result.image.snapshot(), {}));
  REQUIRE(mounts.size() == 1);
  auto tree = describe_tree(mounts[0].source);
  REQUIRE(client->lease_delete("view"));
  return tree;
}

}  // namespace

TEST_CASE("the same layers make the same tree in every format") {
  const auto expected = tree_after_pull("rich");
  CHECK(expected.size() > 20);
  for (const char* format : {"zstd", "chunked", "plain", "docker-plain", "docker", "docker-old",
                             "no-index", "nested", "attested"}) {
    INFO(format);
    CHECK(tree_after_pull(std::string("format-") + format) == expected);
  }
}

TEST_CASE("all indexes of a nested image outlive a collection") {
  const auto result = pull_image("format-nested");
  const auto client = Bed::get().client("formats-format-nested");
  REQUIRE(client->lease_create("collect", {}));
  REQUIRE(client->lease_delete("collect"));
  CHECK(must(client->content_list({})).size() == 4);
  NoProgress progress;
  CHECK(ensure(*client, Bed::get().image("format-nested"), PullPolicy::never,
               Bed::get().options("formats-format-nested"), progress));
}

TEST_CASE("an image may have 127 layers, or one, or layers of nothing") {
  const auto many = tree_after_pull("many");
  for (const char* file : {"file0", "file63", "file126"}) {
    CHECK(std::any_of(many.begin(), many.end(),
                      [&](const auto& entry) { return entry.first.ends_with(file); }));
  }
  CHECK(many.size() >= 127);
  const auto one = tree_after_pull("one");
  CHECK(tree_after_pull("empty-layers").size() == one.size() + 1);
}

TEST_CASE("layers that are not for us are refused by what they are") {
  const auto& [name, words] = GENERATE(table<std::string, std::string>({
      {"foreign", "non-distributable"},
      {"encrypted", "encrypted"},
  }));
  NoProgress progress;
  const auto client = Bed::get().client("formats-" + name);
  const auto result =
      pull(*client, Bed::get().image(name), Bed::get().options("formats-" + name), progress);
  REQUIRE_FALSE(result);
  CHECK(result.error().code() == Code::unimplemented);
  CHECK(result.error().text().find(words) != std::string::npos);
  CHECK(must(client->content_list({})).empty());
}

TEST_CASE("a policy says when the registry is asked, and a digest is asked for once") {
  NoProgress progress;
  const auto client = Bed::get().client("policy");
  const auto options = Bed::get().options("policy");
  const auto reference = Bed::get().image("one");
  const auto asked = [&](const oci::Reference& what, PullPolicy policy) {
    const auto before = Bed::get().registry().log().size();
    const auto result = ensure(*client, what, policy, options, progress);
    INFO((result ? "" : result.error().text()));
    CHECK(result);
    return Bed::get().registry().log().size() - before;
  };
  CHECK(ensure(*client, reference, PullPolicy::never, options, progress).error().code() ==
        Code::not_found);
  CHECK(asked(reference, PullPolicy::missing) > 3);
  CHECK(asked(reference, PullPolicy::missing) == 0);
  CHECK(asked(reference, PullPolicy::never) == 0);
  CHECK(asked(reference, PullPolicy::always) == 1);  // what the tag means now

  const auto digest = must(find_local(*client, reference.name(), options.platform))->target.digest;
  const auto pinned = must(oci::Reference::parse(reference.name() + "@" + digest.text()));
  CHECK(asked(pinned, PullPolicy::missing) > 0);
  CHECK(asked(pinned, PullPolicy::always) == 0);  // a digest means the same for ever
}
