// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <algorithm>

#include "daemon.hpp"
#include "sys/file.hpp"

using namespace flintctl;
using namespace flintctl::containerd;

TEST_CASE("a snapshot goes from active to committed to parent") {
  const auto client = client_of("snapshots");
  require_ok(client->lease_create("l", {}));
  const auto leased = client->with_lease("l");
  const auto mounts = leased->snapshot_prepare(snapshotter, "extract", "", {{"a", "1"}});
  require_ok(mounts);
  REQUIRE(mounts->size() == 1);
  require_ok(sys::write_file_atomic(mounts->front().source + "/hello", "hi", 0644));
  CHECK(client->snapshot_stat(snapshotter, "extract")->kind == SnapshotKind::active);
  CHECK(client->snapshot_stat(snapshotter, "extract")->labels == Labels{{"a", "1"}});
  CHECK(client->snapshot_mounts(snapshotter, "extract")->front().source == mounts->front().source);

  require_ok(leased->snapshot_commit(snapshotter, "base", "extract", {{"b", "2"}}));
  CHECK(code_of(client->snapshot_stat(snapshotter, "extract")) == Code::not_found);
  const auto base = client->snapshot_stat(snapshotter, "base");
  require_ok(base);
  CHECK(base->kind == SnapshotKind::committed);
  CHECK(base->labels == Labels{{"b", "2"}});
  CHECK(client->snapshot_usage(snapshotter, "base")->size > 0);

  const auto disk = leased->snapshot_prepare(snapshotter, "disk", "base", {});
  require_ok(disk);
  CHECK(sys::read_file(disk->front().source + "/hello").value() == "hi");
  const auto view = leased->snapshot_view(snapshotter, "view", "base", {});
  require_ok(view);
  const auto& options = view->front().options;
  CHECK(std::find(options.begin(), options.end(), "ro") != options.end());

  const auto all = client->snapshot_list(snapshotter, {});
  require_ok(all);
  CHECK(all->size() == 3);
  CHECK(client->snapshot_list(snapshotter, {"kind==active"})->size() == 1);
  CHECK(client->snapshot_list(snapshotter, {"kind==active"})->front().parent == "base");

  CHECK(code_of(client->snapshot_remove(snapshotter, "base")) == Code::aborted);
  for (const char* key : {"disk", "view", "base"})
    require_ok(leased->snapshot_remove(snapshotter, key));
  CHECK(client->snapshot_list(snapshotter, {})->empty());
}

TEST_CASE("snapshots refuse what cannot be") {
  const auto client = client_of("snapshots-refused");
  require_ok(client->lease_create("l", {}));
  const auto leased = client->with_lease("l");
  CHECK(code_of(leased->snapshot_prepare(snapshotter, "x", "none", {})) == Code::not_found);
  require_ok(leased->snapshot_prepare(snapshotter, "a", "", {}));
  CHECK(code_of(leased->snapshot_prepare(snapshotter, "a", "", {})) == Code::already_exists);
  CHECK(code_of(leased->snapshot_prepare(snapshotter, "b", "a", {})) == Code::invalid_argument);
  require_ok(leased->snapshot_commit(snapshotter, "base", "a", {}));
  CHECK(code_of(leased->snapshot_prepare(snapshotter, "again", "",
                                         {{"containerd.io/snapshot.ref", "base"}})) ==
        Code::already_exists);
  CHECK(code_of(leased->snapshot_prepare(snapshotter, "c", "", {{"k", std::string(5000, 'v')}})) ==
        Code::invalid_argument);
  CHECK(code_of(client->snapshot_remove(snapshotter, "none")) == Code::not_found);
  CHECK(code_of(client->with_lease("gone")->snapshot_prepare(snapshotter, "d", "", {})) ==
        Code::not_found);
}

TEST_CASE("a snapshotter that did not start is named with a next step") {
  const auto client = client_of("snapshots-none");
  const auto result = client->snapshot_stat("devmapper", "x");
  CHECK(code_of(result) == Code::host_not_ready);
  CHECK(result.error().text().find("devmapper") != std::string::npos);
  CHECK(result.error().hint().find("containerd status") != std::string_view::npos);
}

TEST_CASE("a lease holds snapshots that it knew before they existed") {
  const auto client = client_of("lease-resources");
  require_ok(client->lease_create("vm", {{"x.io/vm", "web"}}));
  require_ok(client->lease_add("vm", {"early", "snapshots/" + snapshotter}));
  require_ok(client->lease_add("vm", {"sha256:" + std::string(64, '0'), "content"}));
  require_ok(client->snapshot_prepare(snapshotter, "early", "", {}));
  require_ok(client->snapshot_prepare(snapshotter, "loose", "", {}));
  require_ok(client->with_lease("vm")->snapshot_prepare(snapshotter, "late", "", {}));
  collect(*client);
  CHECK(client->snapshot_stat(snapshotter, "early"));
  CHECK(client->snapshot_stat(snapshotter, "late"));
  CHECK(code_of(client->snapshot_stat(snapshotter, "loose")) == Code::not_found);

  const auto resources = client->lease_resources("vm");
  require_ok(resources);
  CHECK(resources->size() == 3);
  const auto is_late = [](const LeaseResource& r) {
    return r.id == "late" && r.type == "snapshots/" + snapshotter;
  };
  CHECK(std::any_of(resources->begin(), resources->end(), is_late));

  CHECK(code_of(client->lease_create("vm", {})) == Code::already_exists);
  CHECK(client->lease_list({R"(labels."x.io/vm"==web)"})->size() == 1);
  CHECK(client->lease_list({R"(labels."x.io/vm"==db)"})->empty());
  CHECK(client->lease_list({})->front().labels == Labels{{"x.io/vm", "web"}});
  require_ok(client->lease_delete("vm"));
  CHECK(client->snapshot_list(snapshotter, {})->empty());
  CHECK(code_of(client->lease_delete("vm")) == Code::not_found);
  CHECK(code_of(client->lease_resources("vm")) == Code::not_found);
  CHECK(code_of(client->lease_add("vm", {"x", "content"})) == Code::not_found);
}
