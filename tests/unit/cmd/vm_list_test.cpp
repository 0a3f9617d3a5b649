// SPDX-License-Identifier: Apache-2.0
#include "vm/list.hpp"

#include <sstream>

#include "data/value.hpp"
#include "inventory/records.hpp"
#include "support/catch.hpp"
#include "support/containerd/fake_client.hpp"
#include "vm/targets.hpp"

using namespace flintctl;

namespace {

/// A containerd with VMs, and what a command printed of them.
struct World {
  containerd::FakeClient client;
  std::ostringstream out;
  std::ostringstream err;
  output::Streams streams{out, err};
  cmd::GlobalOptions options;
  cmd::Host host{streams, options, client.with_lease("")};

  vm::Record record(const std::string& name_space, const std::string& name) {
    vm::Record record;
    record.uid = "00000000000000a" + std::to_string(next++);
    record.name = name;
    record.name_space = name_space;
    record.created_at = std::chrono::system_clock::now();
    record.spec.provider = "qemu";
    record.spec.root.image = "registry.example/team/os:1";
    REQUIRE(inventory::Records(client).begin(record));
    return record;
  }
  void add(const std::string& name_space, const std::string& name, const vm::Labels& labels = {}) {
    auto made = record(name_space, name);
    made.labels = labels;
    REQUIRE(inventory::Records(client).write(made, vm::Stage::created));
  }
  /// A VM whose blob is no record, or whose labels lost what they told.
  void add_damaged(const std::string& name, const char* lost_label = nullptr) {
    const auto made = record("default", name);
    auto labels = vm::record_labels(made, vm::Stage::created);
    if (lost_label != nullptr) labels[lost_label] = "?";
    const std::string bytes = "no record of " + name;
    const auto leased = client.with_lease("flintctl/vm/" + made.uid);
    REQUIRE(leased->content_write(name, bytes, containerd::FakeClient::digest_of(bytes), labels));
  }
  std::string list(const std::string& output, const std::string& selector = "") {
    out.str("");
    options.output = output;
    const auto listed = cmd::vm_list(host, {selector});
    INFO((listed ? "" : listed.error().text()));
    REQUIRE(listed);
    return out.str();
  }

 private:
  int next = 0;
};

}  // namespace

TEST_CASE("one record that cannot be read hides no other VM") {
  World world;
  world.add("default", "a");
  world.add_damaged("b");
  world.add("default", "c");
  CHECK(world.list("jsonpath={.items[*].metadata.name}") == "a b c\n");
  CHECK(world.list("jsonpath={.items[*].status.phase}") == "Stopped Unknown Stopped\n");
  CHECK(world.list("jsonpath={.items[1].status.message}").find("VM 'b' cannot be read") !=
        std::string::npos);
  CHECK(world.list("jsonpath={.items[1].status.hint}") ==
        "'flintctl vm delete b' removes the VM\n");
}

TEST_CASE("what damaged labels do not tell is unknown") {
  World world;
  world.add_damaged("web", vm::label::vcpus);
  const auto table = world.list("table");
  CHECK(table.find("<unknown>") != std::string::npos);
  CHECK(table.find("   0   ") == std::string::npos);
}

TEST_CASE("a table leaves an image's registry to the wide one") {
  World world;
  world.add("default", "web");
  const auto table = world.list("table");
  CHECK(table.find(" team/os:1 ") != std::string::npos);
  CHECK(table.find('\n') <= 80);
  CHECK(world.list("wide").find(" registry.example/team/os:1 ") != std::string::npos);
}

TEST_CASE("VMs are selected by label") {
  World world;
  world.add("default", "a", {{"app", "web"}});
  world.add("default", "b", {{"app", "db"}});
  world.add("default", "c");
  CHECK(world.list("name", "app=web") == "vm/a\n");
  CHECK(world.list("name", "app!=web") == "vm/b\nvm/c\n");
  CHECK(world.list("name", "!app") == "vm/c\n");
  CHECK(world.list("jsonpath={.items[*].metadata.name}", "app") == "a b\n");
  CHECK(world.list("table", "gpu").empty());
  CHECK(world.err.str() == "No VM has these labels.\n");
  CHECK(cmd::vm_list(world.host, {"app in web"}).error().code() == Code::invalid_argument);
}

TEST_CASE("names of all namespaces are accepted back as they are printed") {
  World world;
  world.add("default", "x");
  world.add("prod", "x");
  world.options.all_namespaces = true;
  CHECK(world.list("name") == "vm/default/x\nvm/prod/x\n");
  world.streams.quiet = true;
  CHECK(world.list("table") == "default/x\nprod/x\n");
  const auto target = [&](const char* text) {
    const auto parsed = cmd::vm_target(world.host, text);
    return parsed ? parsed->name_space + " " + parsed->name : parsed.error().text();
  };
  CHECK(target("vm/prod/x") == "prod x");
  CHECK(target("prod/x") == "prod x");
  CHECK(target("vm/x") == "default x");
  CHECK(target("x") == "default x");
  world.options.vm_namespace = "prod";
  CHECK(target("x") == "prod x");
  CHECK(target("vm/prod/x") == "prod x");
  CHECK(target("vm/default/x") == "VM 'default/x' is not in the namespace 'prod' of -n");
  CHECK(target("a/b/c") == "VM 'a/b/c' is not in the namespace 'prod' of -n");
  world.options.vm_namespace = "default";
  CHECK(target("a/b/c") == "VM name 'b/c' is not a DNS label");
  CHECK(target("Web_1") == "VM name 'Web_1' is not a DNS label");
}

TEST_CASE("a choice of VMs is names or labels, never all by mistake") {
  World world;
  world.add("default", "a", {{"app", "web"}});
  world.add("default", "b");
  CHECK(cmd::parse_choice(world.host, {}).error().text() == "no VM is named");
  CHECK(!cmd::parse_choice(world.host, {{"a"}, "app"}));
  CHECK(!cmd::parse_choice(world.host, {{"a", "B"}, ""}));
  const auto named = cmd::parse_choice(world.host, {{"b", "a"}, ""});
  REQUIRE(named);
  CHECK(named->named.size() == 2);
  CHECK(named->form == cmd::Changes::Form::one_or_list);
  const auto selected = cmd::parse_choice(world.host, {{}, "app"});
  REQUIRE(selected);
  CHECK(selected->form == cmd::Changes::Form::list);
}
