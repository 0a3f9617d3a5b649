// SPDX-License-Identifier: Apache-2.0
#include "containerd/names.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "containerd/client.hpp"
#include "core/unique_fd.hpp"
#include "support/catch.hpp"

using namespace flintctl;
using namespace flintctl::containerd;

namespace {

/// A folder of its own that goes with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    char name[] = "/tmp/flintctl-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

UniqueFd bound_socket(const std::string& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  return fd;
}

}  // namespace

TEST_CASE("labels are limited to 4096 bytes with their key") {
  CHECK(check_labels({{"k", std::string(4095, 'v')}}));
  const auto refused = check_labels({{"k", std::string(4096, 'v')}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::invalid_argument);
  CHECK_FALSE(check_labels({{"", "v"}}));
}

TEST_CASE("namespaces are containerd's identifiers") {
  for (const char* good : {"flintlock", "a", "k8s.io", "a-b_c.d", "A1"}) {
    CAPTURE(good);
    CHECK(check_namespace(good));
  }
  for (const char* bad : {"", ".a", "a.", "a..b", "a/b", "-", "a b", "é"}) {
    CAPTURE(bad);
    CHECK_FALSE(check_namespace(bad));
  }
  CHECK(check_namespace(std::string(76, 'a')));
  CHECK_FALSE(check_namespace(std::string(77, 'a')));
}

TEST_CASE("an address is a path, with or without its scheme") {
  CHECK(socket_path("unix:///run/c.sock").value() == "/run/c.sock");
  CHECK(socket_path("/run/c.sock").value() == "/run/c.sock");
  for (const char* bad : {"", "c.sock", "tcp://1.2.3.4:5", "unix://c.sock"}) {
    CAPTURE(bad);
    CHECK_FALSE(socket_path(bad));
  }
  CHECK(socket_path("/" + std::string(106, 'a')));
  CHECK_FALSE(socket_path("/" + std::string(107, 'a')));
}

TEST_CASE("connect says at once why nobody answers") {
  const TemporaryFolder folder;
  SECTION("no socket") {
    const auto client = connect(folder.file("none.sock"), "flintlock");
    REQUIRE_FALSE(client);
    CHECK(client.error().code() == Code::host_not_ready);
    CHECK(client.error().text().find("does not exist") != std::string::npos);
    CHECK(client.error().hint().find("flintctl containerd start") != std::string_view::npos);
  }
  SECTION("a file") {
    std::ofstream(folder.file("plain")) << "x";
    const auto client = connect(folder.file("plain"), "flintlock");
    REQUIRE_FALSE(client);
    CHECK(client.error().code() == Code::host_not_ready);
    CHECK(client.error().text().find("no socket") != std::string::npos);
  }
  SECTION("a socket that nobody listens at") {
    const auto fd = bound_socket(folder.file("deaf.sock"));
    const auto client = connect(folder.file("deaf.sock"), "flintlock");
    REQUIRE_FALSE(client);
    CHECK(client.error().code() == Code::host_not_ready);
    CHECK(client.error().text().find("nothing listens") != std::string::npos);
  }
  SECTION("a socket of somebody else's") {
    const auto fd = bound_socket(folder.file("c.sock"));
    REQUIRE(::chmod(folder.file("c.sock").c_str(), 0) == 0);
    const bool root = ::geteuid() == 0;
    if (root) REQUIRE(::seteuid(65534) == 0);
    const auto client = connect(folder.file("c.sock"), "flintlock");
    if (root) REQUIRE(::seteuid(0) == 0);
    REQUIRE_FALSE(client);
    CHECK(client.error().code() == Code::permission_denied);
    CHECK(client.error().hint().find("root") != std::string_view::npos);
  }
  SECTION("a wrong namespace is refused before the socket is looked at") {
    const auto client = connect(folder.file("none.sock"), "a/b");
    REQUIRE_FALSE(client);
    CHECK(client.error().code() == Code::invalid_argument);
  }
}

TEST_CASE("a call to a peer that hung up fails soon and names it") {
  const TemporaryFolder folder;
  const auto path = folder.file("c.sock");
  auto listener = bound_socket(path);
  REQUIRE(::listen(listener.get(), 4) == 0);
  const auto client = connect(path, "flintlock");
  REQUIRE(client);
  listener.reset();
  const auto begin = std::chrono::steady_clock::now();
  const auto version = (*client)->version();
  REQUIRE_FALSE(version);
  CHECK(version.error().code() == Code::host_not_ready);
  CHECK(version.error().text().find(path) != std::string::npos);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
}

TEST_CASE("a peer that listens and says nothing ends in the deadline") {
  const TemporaryFolder folder;
  const auto path = folder.file("c.sock");
  const auto listener = bound_socket(path);
  REQUIRE(::listen(listener.get(), 4) == 0);
  const auto client = connect(path, "flintlock", std::chrono::milliseconds(300));
  REQUIRE(client);
  const auto version = (*client)->version();
  REQUIRE_FALSE(version);
  CHECK(version.error().code() == Code::deadline_exceeded);
}
