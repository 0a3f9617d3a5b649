// SPDX-License-Identifier: Apache-2.0
// What is read from a containerd without gRPC is what a Client reads.
#include "containerd/glance.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "core/unique_fd.hpp"
#include "daemon.hpp"

using namespace flintctl;
using namespace flintctl::containerd;
using std::chrono::milliseconds;

namespace {

/// Listens and never says anything.
UniqueFd silent_listener(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(fd.get(), 1) == 0);
  return fd;
}

std::string listed(const std::vector<Plugin>& plugins) {
  std::string text;
  for (const Plugin& plugin : plugins) {
    if (plugin.type != "io.containerd.snapshotter.v1" && plugin.type != "io.containerd.metadata.v1")
      continue;
    text += plugin.type + " " + plugin.id + " " + plugin.init_error + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("a glance sees what a client is told") {
  const auto client = client_of("glance");
  const auto seen = glance(daemon().address(), milliseconds(10000));
  REQUIRE(seen);
  CHECK(seen->version.version == client->version().value().version);
  CHECK(listed(seen->plugins) == listed(client->plugins({}).value()));
  CHECK(listed(seen->plugins).find("snapshotter.v1 native \n") != std::string::npos);
  CHECK(seen->pid > 0);
}

TEST_CASE("a glance at what is no well containerd has no answer") {
  CHECK_FALSE(glance("/nowhere/c.sock", milliseconds(10000)));
  CHECK_FALSE(glance("relative", milliseconds(10000)));
  const std::string path = daemon().folder() + "/silent.sock";
  const UniqueFd silent = silent_listener(path);
  CHECK_FALSE(glance(path, milliseconds(50)));
  ::unlink(path.c_str());
}
