// SPDX-License-Identifier: Apache-2.0
#include "oci/hosts.hpp"

#include "support/archive/folder.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace flintctl;
using namespace flintctl::oci;

namespace {

Result<std::vector<Endpoint>> parse(const std::string& text, const std::string& host = "r.io") {
  return parse_hosts(text, "/certs", host, Transport::automatic);
}

std::string refusal(const std::string& text) {
  const auto parsed = parse(text);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code() != Code::internal);
  return parsed.error().text() + " / " + std::string(parsed.error().hint());
}

}  // namespace

TEST_CASE("mirrors come in the file's order, and the server after them") {
  const auto endpoints = parse(R"(
server = "https://upstream.r.io"
[host."https://z.example"]
  capabilities = ["pull"]
[host."http://a.example:5000/cache"]
[host."m.example/path/v2"]
  capabilities = ["pull", "resolve", "push"]
)");
  REQUIRE(endpoints);
  REQUIRE(endpoints->size() == 4);
  const auto& e = *endpoints;
  CHECK(e[0].base == "https://z.example/v2");
  CHECK((e[0].pull && !e[0].resolve && e[0].mirror));
  CHECK(e[1].base == "http://a.example:5000/cache/v2");
  CHECK(e[1].host == "a.example:5000");
  CHECK((e[1].pull && e[1].resolve));
  CHECK(e[2].base == "https://m.example/path/v2");
  CHECK(e[3].base == "https://upstream.r.io/v2");
}

TEST_CASE("a host's table says how to speak to it") {
  const auto endpoints = parse(R"(
ca = "own.pem"
[host."https://m.example/api"]
  ca = ["/a.pem", "b.pem"]
  client = [["c.pem", "k.pem"]]
  skip_verify = true
  override_path = true
  dial_timeout = "2s"
  [host."https://m.example/api".header]
    x-team = "storage"
    x-two = ["1", "2"]
)");
  REQUIRE(endpoints);
  const Endpoint& mirror = endpoints->at(0);
  CHECK(mirror.base == "https://m.example/api");
  CHECK(mirror.authorities == std::vector<std::string>{"/a.pem", "/certs/b.pem"});
  CHECK(mirror.tls.certificate_file == "/certs/c.pem");
  CHECK(mirror.tls.key_file == "/certs/k.pem");
  CHECK(mirror.tls.check == http::PeerCheck::none);
  CHECK(mirror.connect_timeout == std::chrono::seconds(2));
  CHECK(mirror.headers.all("x-two") == std::vector<std::string>{"1", "2"});
  CHECK(*mirror.headers.find("X-Team") == "storage");
  const Endpoint& server = endpoints->at(1);
  CHECK(server.base == "https://r.io/v2");
  CHECK(server.authorities == std::vector<std::string>{"/certs/own.pem"});
  CHECK(server.tls.check == http::PeerCheck::full);
  CHECK_FALSE(server.mirror);
}

TEST_CASE("docker.io's credentials are its own, wherever its server is named") {
  const auto endpoints = parse("server = 'https://registry-1.docker.io'", "docker.io");
  REQUIRE(endpoints);
  CHECK(endpoints->at(0).host == "docker.io");
  CHECK_FALSE(endpoints->at(0).mirror);
}

TEST_CASE("a hosts.toml that cannot be understood is an error that says where") {
  CHECK(refusal("server = \n").find("line 1") != std::string::npos);
  CHECK(refusal("\n\n[host.\"https://a\"\n").find("line 3") != std::string::npos);
  CHECK(refusal("[host.'https://a']\nskip_verfy = true").find("skip_verify") != std::string::npos);
  CHECK(refusal("sever = 'https://a'").find("server") != std::string::npos);
  CHECK(refusal("server = 'ftp://a'").find("ftp://a") != std::string::npos);
  CHECK(refusal("server = 5").find("server") != std::string::npos);
  CHECK(refusal("[host.'https://me:secret@a']").find("secret@") == std::string::npos);
  CHECK(refusal("capabilities = ['pul']").find("'pul'") != std::string::npos);
  CHECK(refusal("capabilities = 'pull'").find("array") != std::string::npos);
  CHECK(refusal("skip_verify = 'yes'").find("skip_verify") != std::string::npos);
  CHECK(refusal("ca = [1]").find("'ca'") != std::string::npos);
  CHECK(refusal("client = [['a', 'b'], ['c', 'd']]").find("client") != std::string::npos);
  CHECK(refusal("host = 1").find("host") != std::string::npos);
  CHECK(refusal("[header]\nx = \"a\\r\\nEvil: 1\"").find("header.x") != std::string::npos);
  CHECK(refusal("dial_timeout = 'soon'").find("dial_timeout") != std::string::npos);
  CHECK(refusal("[host.'https://a/?x=1']").find("query") != std::string::npos);
}

TEST_CASE("the folder of a host is found under its names, in the first directory that has one") {
  const testing::Folder folder;
  const auto write = [&](const std::string& name, const std::string& text) {
    const std::string path = folder.path() + "/" + name;
    REQUIRE(sys::make_directories(path.substr(0, path.rfind('/'))));
    REQUIRE(sys::write_file_atomic(path, text, 0600));
  };
  const auto base = [&](const std::string& host) {
    const auto found =
        find_endpoints({folder.path() + "/none", folder.path()}, host, Transport::automatic);
    return found ? found->front().base : found.error().text();
  };
  write("a.io_5000_/hosts.toml", "[host.'https://under']");
  write("a.io:5000/hosts.toml", "[host.'https://colon']");
  write("b.io:5000/hosts.toml", "[host.'https://colon']");
  write("_default/hosts.toml", "[host.'https://all']");
  write("bad.io/hosts.toml", "\nnonsense");
  CHECK(base("a.io:5000") == "https://under/v2");
  CHECK(base("b.io:5000") == "https://colon/v2");
  CHECK(base("c.io") == "https://all/v2");
  CHECK(base("bad.io").find(folder.path() + "/bad.io/hosts.toml") == 0);
  CHECK(base("bad.io").find("line 2") != std::string::npos);

  write("d.io/ca.crt", "");
  write("d.io/me.cert", "");
  CHECK(base("d.io").find("me.key") != std::string::npos);
  write("d.io/me.key", "");
  const auto docker = find_endpoints({folder.path()}, "d.io", Transport::automatic);
  REQUIRE(docker);
  CHECK(docker->at(0).authorities.size() == 1);
  CHECK(docker->at(0).tls.key_file.ends_with("me.key"));
}

TEST_CASE("without configuration a registry is asked over TLS, a loopback one plainly") {
  CHECK(default_endpoint("docker.io", Transport::automatic).base ==
        "https://registry-1.docker.io/v2");
  CHECK(default_endpoint("localhost:5000", Transport::automatic).base ==
        "http://localhost:5000/v2");
  CHECK(default_endpoint("[::1]:5000", Transport::automatic).base == "http://[::1]:5000/v2");
  CHECK(default_endpoint("127.0.0.1:443", Transport::automatic).base == "https://127.0.0.1:443/v2");
  CHECK(default_endpoint("r.io", Transport::plain).base == "http://r.io/v2");
  CHECK(default_endpoint("localhost:5000", Transport::tls).base == "https://localhost:5000/v2");
}

TEST_CASE("a registry on this machine is spoken to over TLS where certificates are configured") {
  const auto base = [](const std::string& toml, Transport transport = Transport::automatic) {
    const auto endpoints = parse_hosts(toml, "/certs", "127.0.0.1:9", transport);
    REQUIRE(endpoints);
    return endpoints->back().base;
  };
  const std::string plain = "http://127.0.0.1:9/v2";
  const std::string tls = "https://127.0.0.1:9/v2";
  CHECK(base("") == plain);
  CHECK(base("skip_verify = false") == plain);
  CHECK(base("ca = \"own.pem\"") == tls);
  CHECK(base("client = \"pair.pem\"") == tls);
  CHECK(base("skip_verify = true") == tls);
  CHECK(base("server = \"http://127.0.0.1:9\"\nca = \"own.pem\"") == plain);  // it says so
  CHECK(base("ca = \"own.pem\"", Transport::plain) == plain);

  const testing::Folder folder;
  const auto found = [&] {
    const auto endpoints = find_endpoints({folder.path()}, "127.0.0.1:9", Transport::automatic);
    REQUIRE(endpoints);
    return endpoints->back().base;
  };
  REQUIRE(sys::make_directories(folder.path("127.0.0.1:9")));
  CHECK(found() == plain);
  folder.write("127.0.0.1:9/ca.crt", "");
  CHECK(found() == tls);
}
