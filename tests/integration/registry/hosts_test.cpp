// SPDX-License-Identifier: Apache-2.0
// What hosts.toml and auth files say, as it goes over the wire: one server is the registry, and
// under another name and port its mirror, its token server and where it redirects to.
#include "oci/hosts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "oci/auth_file.hpp"
#include "oci/registry.hpp"
#include "support/archive/folder.hpp"
#include "support/catch.hpp"
#include "support/must.hpp"
#include "support/registry/faulty_registry.hpp"
#include "sys/file.hpp"

using namespace flintctl;
using namespace flintctl::oci;
using testing::must;

namespace {

const FaultyRegistry& server() {
  static const auto started = must(FaultyRegistry::start());
  return *started;
}

/// A registry's hosts.toml, an auth file, and a pull by them.
class Setup {
 public:
  explicit Setup(const std::string& hosts, const std::string& auths = {})
      : seen_(must(server().log()).size()) {
    const std::string place = folder_.path(server().host());
    must(sys::make_directories(place));
    folder_.write(server().host() + "/hosts.toml",
                  fmt::format("server = \"http://{}\"\n{}", server().host(), hosts));
    folder_.write("auth.json", "{\"auths\": {" + auths + "}}");
  }

  /// Manifest, config and layer.
  [[nodiscard]] Result<> pull(const std::string& behaviour) const {
    RegistryOptions options;
    options.attempts = 1;
    options.hosts_directories = {folder_.path()};
    options.credentials = [file = folder_.path("auth.json")](const std::string& host) {
      return load_credentials(file, host);
    };
    auto registry =
        TRY(Registry::open(TRY(Reference::parse(server().reference(behaviour))), options));
    const auto target = TRY(registry.resolve());
    const auto manifest = TRY(parse_manifest(TRY(registry.manifest(target)), target.media_type));
    TRY(registry.blob(manifest.config));
    return registry.download(manifest.layers.at(0), 0, [](std::string_view) { return Result<>(); });
  }

  /// What was asked at `host`, of paths with this beginning.
  [[nodiscard]] std::vector<data::Value> asked(const std::string& host,
                                               const std::string& path = "/") const {
    std::vector<data::Value> entries = must(server().log());
    entries.erase(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(seen_));
    std::erase_if(entries, [&](const data::Value& entry) {
      return entry.string_or("host") != host || !entry.string_or("path").starts_with(path);
    });
    return entries;
  }

 private:
  testing::Folder folder_;
  std::size_t seen_;
};

std::string mirror(const std::string& path, const std::string& keys = {}) {
  return fmt::format("[host.\"http://{}{}\"]\n{}\n", server().other_host(), path, keys);
}

std::string login(const std::string& host, const std::string& pair) {
  return fmt::format(R"("{}": {{"auth": "{}"}})", host, base64_encode(pair));
}

std::string failure(const Result<>& result) { return result ? "" : result.error().text(); }

std::vector<std::string> all(const std::vector<data::Value>& entries, std::string_view key) {
  std::vector<std::string> values;
  values.reserve(entries.size());
  for (const auto& entry : entries) values.push_back(entry.string_or(key));
  return values;
}

bool any_with(const std::vector<data::Value>& entries, std::string_view header) {
  return std::any_of(entries.begin(), entries.end(), [&](const data::Value& entry) {
    return entry.find("headers")->find(header) != nullptr;
  });
}

bool all_with(const std::vector<data::Value>& entries, std::string_view header,
              std::string_view value) {
  return std::all_of(entries.begin(), entries.end(), [&](const data::Value& entry) {
    return entry.find("headers")->string_or(header) == value;
  });
}

}  // namespace

TEST_CASE("a mirror gets its own credentials, and never the registry's") {
  const std::string behaviour = GENERATE("basic", "member");
  INFO(behaviour);
  const std::string main = server().host();
  const std::string other = server().other_host();
  const auto basic = "Basic " + base64_encode("me:secret");
  SECTION("the registry's only are known") {
    const Setup setup(mirror(""), login(main, "me:secret"));
    const auto pulled = setup.pull(behaviour);
    INFO(failure(pulled));
    CHECK(pulled);
    CHECK_FALSE(setup.asked(other, "/v2/").empty());
    CHECK_FALSE(any_with(setup.asked(other), "authorization"));  // its token server's either
    const auto used = all(setup.asked(main), "authorization");
    CHECK(std::find(used.begin(), used.end(), basic) != used.end());
  }
  SECTION("the mirror's only are known") {
    const Setup setup(mirror(""), login(other, "me:secret"));
    const auto pulled = setup.pull(behaviour);
    INFO(failure(pulled));
    CHECK(pulled);
    CHECK(setup.asked(main).empty());
  }
  SECTION("each has its own") {
    const Setup setup(mirror(""), login(main, "me:secret") + ", " + login(other, "it:else"));
    CHECK(setup.pull(behaviour));
    const auto at_mirror = all(setup.asked(other), "authorization");
    const auto at_main = all(setup.asked(main), "authorization");
    const auto its = "Basic " + base64_encode("it:else");
    CHECK(std::count(at_mirror.begin(), at_mirror.end(), its) > 0);
    CHECK(std::count(at_mirror.begin(), at_mirror.end(), basic) == 0);
    CHECK(std::count(at_main.begin(), at_main.end(), its) == 0);
    CHECK(std::count(at_main.begin(), at_main.end(), basic) > 0);
  }
}

TEST_CASE("headers of hosts.toml go to their own host with each request, and to no other") {
  const std::string main = server().host();
  const std::string other = server().other_host();
  const Setup setup("[header]\nx-team = \"storage\"\n" +
                        mirror("/mirror-closed", fmt::format("[host.\"http://{}/mirror-closed\""
                                                             ".header]\nx-mirror = \"m\"",
                                                             other)),
                    login(main, "me:secret"));
  const auto pulled = setup.pull("scattered");
  INFO(failure(pulled));
  REQUIRE(pulled);
  CHECK(setup.asked(main, "/v2/scattered/manifests/").size() >= 2);
  CHECK(setup.asked(main, "/v2/scattered/blobs/").size() == 2);
  CHECK(all_with(setup.asked(main), "x-team", "storage"));
  CHECK_FALSE(any_with(setup.asked(main), "x-mirror"));
  CHECK(setup.asked(other, "/mirror-closed/").size() >= 2);
  CHECK(all_with(setup.asked(other, "/mirror-closed/"), "x-mirror", "m"));
  CHECK_FALSE(any_with(setup.asked(other), "x-team"));
  for (const char* elsewhere : {"/token?for=scattered", "/elsewhere/"}) {
    CHECK_FALSE(setup.asked(other, elsewhere).empty());
    CHECK_FALSE(any_with(setup.asked(other, elsewhere), "x-mirror"));
  }
}

TEST_CASE("a path that is overridden is the API's root as it stands") {
  const Setup setup(mirror("/mirror-good/cache", "override_path = true"));
  const auto pulled = setup.pull("good");
  INFO(failure(pulled));
  CHECK(pulled);
  CHECK(setup.asked(server().host()).empty());
  const auto paths = all(setup.asked(server().other_host()), "path");
  REQUIRE_FALSE(paths.empty());
  CHECK(paths.front().starts_with("/mirror-good/cache/good/manifests/1?ns="));
  CHECK(paths.back().starts_with("/mirror-good/cache/good/blobs/sha256:"));
}

TEST_CASE("a mirror that may only resolve is asked for nothing else") {
  const Setup setup(mirror("", "capabilities = [\"resolve\"]"));
  CHECK(setup.pull("good"));
  CHECK(all(setup.asked(server().other_host()), "method") == std::vector<std::string>{"HEAD"});
  CHECK(all(setup.asked(server().host()), "method") ==
        std::vector<std::string>{"GET", "GET", "GET"});
}

TEST_CASE("a registry token of an auth file is sent as it is, instead of asking for one") {
  const Setup setup("", fmt::format(R"("{}": {{"registrytoken": "good-token"}})", server().host()));
  const auto pulled = setup.pull("member");
  INFO(failure(pulled));
  CHECK(pulled);
  CHECK(setup.asked(server().host(), "/token").empty());
  CHECK(all(setup.asked(server().host()), "authorization").back() == "Bearer good-token");
}
