// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>

#include "daemon.hpp"

using namespace flintctl;
using namespace flintctl::containerd;

namespace {

const std::string media_type = "application/vnd.oci.image.manifest.v1+json";

Image image_of(const std::string& name, const std::string& bytes, const Labels& labels) {
  return {name,
          labels,
          {media_type, digest_of(bytes), static_cast<std::int64_t>(bytes.size())},
          {},
          {}};
}

}  // namespace

TEST_CASE("an image is created, pointed elsewhere and deleted with its content") {
  const auto client = client_of("images");
  const std::string name = "docker.io/library/os:1";
  require_ok(client->lease_create("pull", {}));
  const auto leased = client->with_lease("pull");
  for (const std::string bytes : {"manifest one", "manifest two"}) {
    require_ok(leased->content_write("m-" + bytes, bytes, digest_of(bytes), {}));
  }
  require_ok(client->image_put(image_of(name, "manifest one", {{"a", "1"}, {"b", "1"}})));
  require_ok(client->image_put(image_of(name, "manifest two", {{"b", "2"}})));
  require_ok(client->lease_delete("pull"));

  const auto image = client->image_get(name);
  require_ok(image);
  CHECK(image->target.digest == digest_of("manifest two"));
  CHECK(image->target.media_type == media_type);
  CHECK(image->target.size == 12);
  CHECK(image->labels == Labels{{"a", "1"}, {"b", "2"}});
  CHECK(client->content_info(digest_of("manifest two")));
  CHECK(code_of(client->content_info(digest_of("manifest one"))) == Code::not_found);
  CHECK(client->image_list()->size() == 1);

  require_ok(client->image_delete(name));
  CHECK(code_of(client->content_info(digest_of("manifest two"))) == Code::not_found);
  CHECK(code_of(client->image_get(name)) == Code::not_found);
  CHECK(code_of(client->image_delete(name)) == Code::not_found);
}

TEST_CASE("a list of more than 4 MiB arrives: gRPC's own limit is raised") {
  const auto client = client_of("images-many");
  Labels labels;
  for (int i = 0; i < 20; ++i) labels["x.io/" + std::to_string(i)] = std::string(4000, 'v');
  constexpr std::size_t count = 60;
  for (std::size_t i = 0; i < count; ++i) {
    require_ok(client->image_put(image_of("example.org/x:" + std::to_string(i), "m", labels)));
  }
  const auto images = client->image_list();
  require_ok(images);
  CHECK(images->size() == count);
}

TEST_CASE("containerd tells its version and its plugins") {
  const auto client = client_of("introspection");
  const auto version = client->version();
  require_ok(version);
  CHECK_FALSE(version->version.empty());
  CHECK(version->version.find('.') != std::string::npos);
  const auto native = client->plugins({"type==io.containerd.snapshotter.v1", "id==" + snapshotter});
  require_ok(native);
  REQUIRE(native->size() == 1);
  CHECK(native->front().init_error.empty());
  const auto content = client->plugins({"type==io.containerd.content.v1"});
  require_ok(content);
  CHECK(content->front().exports.at("root").starts_with(daemon().folder()));
  const auto devmapper = client->plugins({"type==io.containerd.snapshotter.v1", "id==devmapper"});
  require_ok(devmapper);
  REQUIRE(devmapper->size() == 1);
  CHECK_FALSE(devmapper->front().init_error.empty());
  CHECK(client->plugins({"id==no-such"})->empty());
  CHECK(client->plugins({})->size() > 10);
}

TEST_CASE("namespaces are listed, and each is seen from another's client") {
  const auto client = client_of("one");
  const auto other = client->with_namespace("two");
  CHECK(other->namespace_name() == "two");
  require_ok(client->image_put(image_of("example.org/x:1", "m", {})));
  require_ok(other->image_put(image_of("example.org/x:2", "m", {})));
  const auto names = client->namespaces();
  require_ok(names);
  for (const std::string name : {"one", "two"}) {
    CHECK(std::count(names->begin(), names->end(), name) == 1);
  }
  CHECK(other->image_get("example.org/x:2"));
  CHECK(code_of(other->image_get("example.org/x:1")) == Code::not_found);
}

TEST_CASE("one containerd has one address, however its path is spelled") {
  const auto& socket = daemon().address();
  const auto folder = socket.substr(0, socket.rfind('/'));
  const auto link = daemon().folder() + "/link";
  REQUIRE(::symlink(socket.c_str(), link.c_str()) == 0);
  for (const auto& spelled : {socket, "unix://" + socket, folder + "/../" + socket.substr(5), link,
                              folder + "/./" + socket.substr(folder.size() + 1)}) {
    INFO(spelled);
    const auto client = connect(spelled, "one");
    require_ok(client);
    CHECK((*client)->address() == socket);
    CHECK((*client)->version());
  }
}

TEST_CASE("ctr sees what we record") {
  const auto client = client_of("agree");
  require_ok(client->lease_create("l", {}));
  require_ok(
      client->with_lease("l")->content_write("r", "bytes", digest_of("bytes"), {{"k", "v"}}));
  require_ok(client->image_put(image_of("example.org/agree:1", "bytes", {})));
  const auto ctr = [](std::vector<std::string> arguments) {
    std::vector<std::string> argv = {"/usr/bin/ctr", "--address", daemon().address(), "--namespace",
                                     "agree"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const auto output = sys::run(argv);
    require_ok(output);
    CHECK(output->status.ok());
    return output->out;
  };
  CHECK(ctr({"content", "ls", "-q"}) == digest_of("bytes") + "\n");
  CHECK(ctr({"content", "ls"}).find("k=v") != std::string::npos);
  CHECK(ctr({"images", "ls", "-q"}) == "example.org/agree:1\n");
  CHECK(ctr({"leases", "ls", "-q"}) == "l\n");

  // Listing, containerd answers Go's zero time, the year 1, for the last update.
  const auto listed = client->content_list({});
  require_ok(listed);
  CHECK(listed->front().updated_at == Time());
  CHECK(listed->front().created_at > Time());
}
