// SPDX-License-Identifier: Apache-2.0
#include "oci/auth_file.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <thread>

#include "data/value.hpp"
#include "oci/credential_helper.hpp"
#include "support/archive/folder.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

using namespace flintctl;
using namespace flintctl::oci;

namespace {

/// A home of its own, with helpers in PATH; the environment is as before when it ends.
class Home {
 public:
  Home() {
    for (const char* name : {"REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "XDG_CONFIG_HOME"}) unset(name);
    set("HOME", path("home"));
    set("XDG_RUNTIME_DIR", path("run"));
    set("PATH", path("bin") + ":/usr/bin:/bin");
    set("HELPER_LOG", path("log"));
  }
  ~Home() {
    for (const auto& [name, value] : before_) {
      value ? ::setenv(name.c_str(), value->c_str(), 1) : ::unsetenv(name.c_str());
    }
  }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const {
    return folder_.path() + "/" + name;
  }
  void write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    const std::string file = path(name);
    REQUIRE(sys::make_directories(file.substr(0, file.rfind('/'))));
    REQUIRE(sys::write_file_atomic(file, text, mode));
  }
  void helper(const std::string& name, const std::string& script) const {
    write("bin/docker-credential-" + name, "#!/bin/sh\n" + script, 0755);
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    return *sys::read_file(path(name));
  }
  void set(const std::string& name, const std::string& value) {
    keep(name);
    ::setenv(name.c_str(), value.c_str(), 1);
  }
  void unset(const std::string& name) {
    keep(name);
    ::unsetenv(name.c_str());
  }

 private:
  void keep(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    before_.emplace(name, value == nullptr ? std::nullopt : std::optional<std::string>(value));
  }
  testing::Folder folder_;
  std::map<std::string, std::optional<std::string>> before_;
};

std::string auths(const std::string& key, const std::string& pair) {
  return R"({"auths": {")" + key + R"(": {"auth": ")" + base64_encode(pair) + R"("}}})";
}

std::string user_for(const std::string& host, const std::string& repository = {}) {
  const auto found = load_credentials("", host, repository);
  if (!found) return found.error().text();
  return *found ? (*found)->username : "nobody";
}

constexpr const char* docker_file = "home/.docker/config.json";

}  // namespace

TEST_CASE("docker's file is read before podman's, a named one instead of both") {
  Home home;
  CHECK(user_for("r.io") == "nobody");
  home.write("home/.config/containers/auth.json", auths("r.io", "config:x"));
  CHECK(user_for("r.io") == "config");
  home.write("run/containers/auth.json", auths("r.io", "runtime:x"));
  CHECK(user_for("r.io") == "runtime");
  home.write(docker_file, auths("r.io", "docker:x"));
  CHECK(user_for("r.io") == "docker");
  home.write("other/config.json", auths("s.io", "other:x"));
  home.set("DOCKER_CONFIG", home.path("other"));
  CHECK(user_for("r.io") == "runtime");
  CHECK(user_for("s.io") == "other");
  home.set("REGISTRY_AUTH_FILE", home.path("missing"));
  CHECK(user_for("r.io").find("missing") != std::string::npos);
  home.unset("REGISTRY_AUTH_FILE");
  home.unset("XDG_RUNTIME_DIR");
  const auto files = auth_files("");
  CHECK(std::count(files.begin(), files.end(),
                   "/run/containers/" + std::to_string(::getuid()) + "/auth.json") == 1);
  home.write("named", auths("r.io", "named:x"));
  CHECK((*load_credentials(home.path("named"), "r.io"))->username == "named");
}

TEST_CASE("an entry for a part of the repository is the better one") {
  Home home;
  home.write(docker_file, R"({"auths": {"r.io": {"auth": ")" + base64_encode("all:x") +
                              R"("}, "r.io/team": {"auth": ")" + base64_encode("team:x") +
                              R"("}, "r.io/team/app": {"auth": ")" + base64_encode("app:x") +
                              R"("}}})");
  CHECK(user_for("r.io", "team/app") == "app");
  CHECK(user_for("r.io", "team/other/deep") == "team");
  CHECK(user_for("r.io", "teams") == "all");
  CHECK(user_for("r.io") == "all");
}

TEST_CASE("helpers are asked by name, over pipes, with the environment") {
  Home home;
  home.helper("one",
              "test \"$#\" = 1 && test \"$1\" = get && server=$(cat) && "
              "echo \"$server\" >> \"$HELPER_LOG\" && "
              "echo '{\"ServerURL\":\"\",\"Username\":\"one\",\"Secret\":\"s3cret\"}'");
  home.helper("token", "echo '{\"Username\":\"<token>\",\"Secret\":\"s3cret\"}'");
  home.helper("none", "echo credentials not found in native keychain; exit 1");
  home.write(docker_file, R"({"credsStore": "none", "credHelpers": {"r.io": "one", "t.io": "token"},
                              "auths": {"u.io": {"auth": ")" +
                              base64_encode("file:x") + R"("}}})");
  CHECK(user_for("r.io") == "one");
  CHECK(home.read("log") == "r.io\n");
  const auto token = load_credentials("", "t.io");
  REQUIRE((token && *token));
  CHECK((*token)->username.empty());
  CHECK((*token)->secret == "s3cret");
  CHECK(user_for("u.io") == "file");  // the store has none, the file has
  CHECK(user_for("v.io") == "nobody");
}

TEST_CASE("a helper that fails is an error that never shows a secret") {
  Home home;
  const auto [script, words] = GENERATE(table<std::string, std::string>({
      {"echo locked >&2; echo s3cret; exit 1", "locked"},
      {"echo s3cret", "no JSON"},
      {"echo '{\"Secret\": \"s3cret'", "no JSON"},
      {"kill -9 $$", "signal 9"},
      {"yes s3cret", "too much"},
  }));
  home.helper("bad", script);
  home.write(docker_file, R"({"credsStore": "bad"})");
  const std::string text = user_for("r.io");
  CHECK(text.find(words) != std::string::npos);
  CHECK(text.find("s3cret") == std::string::npos);
}

TEST_CASE("a daemon that a helper starts may keep the helper's pipes") {
  Home home;
  const std::string ended = home.path("ended");
  REQUIRE(::mkfifo(ended.c_str(), 0600) == 0);
  home.set("ENDED", ended);
  home.helper("agent",
              "(read line < \"$ENDED\") &\n"
              "echo '{\"Username\":\"one\",\"Secret\":\"s3cret\"}'");
  home.write(docker_file, R"({"credsStore": "agent"})");
  CHECK(user_for("r.io") == "one");
  const UniqueFd end(::open(ended.c_str(), O_WRONLY | O_CLOEXEC));  // the daemon is there to read
  CHECK(end);
}

TEST_CASE("a helper that cannot tell what it has can still forget it") {
  Home home;
  home.helper("mute", "test $1 = erase && cat > \"$HELPER_LOG\"");
  home.write(docker_file, R"({"credsStore": "mute"})");
  CHECK(*erase_credentials("", "r.io"));
  CHECK(home.read("log") == "r.io");
}

TEST_CASE("without HOME the password file says where home is") {
  Home home;
  home.unset("HOME");
  home.unset("XDG_RUNTIME_DIR");
  CHECK(auth_files("").front() ==
        std::string(::getpwuid(::getuid())->pw_dir) + "/.docker/config.json");
}

TEST_CASE("an empty file has no entries, and a broken entry is named") {
  Home home;
  home.write(docker_file, "");
  CHECK(user_for("r.io") == "nobody");
  CHECK(store_credentials("", "r.io", {"me", "x", ""}));
  CHECK(user_for("r.io") == "me");
  home.write(docker_file, R"({"auths": {"s.io": {"auth": "!!!"}}})");
  CHECK(user_for("s.io").find("the entry of 's.io'") != std::string::npos);
  for (const char* text : {"[]", "null", R"({"auths": []})", R"({"credHelpers": 5})"}) {
    home.write(docker_file, text);
    CHECK(user_for("r.io").find("no auth file") != std::string::npos);
  }
}

TEST_CASE("a helper's name must be a plain word, and its program must exist") {
  Home home;
  for (const char* name : {"../evil", "a/b", "a b", ".", "$(x)"}) {
    CHECK(CredentialHelper::find(name).error().code() == Code::invalid_argument);
  }
  const auto missing = CredentialHelper::find("not-installed");
  CHECK(missing.error().code() == Code::registry);
  CHECK(missing.error().hint().find("docker-credential-not-installed") != std::string_view::npos);
}

TEST_CASE("a login is kept in the file, readable by its owner only, beside what was there") {
  Home home;
  home.write(docker_file, R"({"auths": {"https://r.io": {"auth": "b2xkOng="}, "s.io": {}},
                              "HttpHeaders": {"a": "b"}, "number": 12345678901})",
             0644);
  const auto kept = store_credentials("", "r.io", {"me", "pa:ss", ""});
  REQUIRE(kept);
  CHECK(*kept == home.path(docker_file));
  struct stat status {};
  REQUIRE(::stat(kept->c_str(), &status) == 0);
  CHECK((status.st_mode & 07777U) == 0600);
  const auto document = *data::parse_json(home.read(docker_file));
  CHECK(document.find("HttpHeaders")->string_or("a") == "b");
  CHECK(document.integer_or("number") == 12345678901);
  CHECK(document.find("auths")->find("https://r.io") == nullptr);  // replaced, not shadowed
  CHECK(document.find("auths")->find("s.io") != nullptr);
  const auto found = load_credentials("", "r.io");
  CHECK((*found)->username == "me");
  CHECK((*found)->secret == "pa:ss");

  CHECK(*erase_credentials("", "r.io"));
  CHECK_FALSE(*erase_credentials("", "r.io"));
  CHECK(user_for("r.io") == "nobody");
}

TEST_CASE("logins at once are all kept") {
  Home home;
  std::vector<std::thread> logins;
  for (int number = 0; number < 8; ++number) {
    logins.emplace_back([number] {
      // Assertions of the test library are for one thread.
      (void)store_credentials("", std::to_string(number) + ".io", {"me", "x", ""});
    });
  }
  for (auto& login : logins) login.join();
  for (int number = 0; number < 8; ++number)
    CHECK(user_for(std::to_string(number) + ".io") == "me");
}

TEST_CASE("a first login makes the folder, and a link stays a link") {
  Home home;
  REQUIRE(store_credentials("", "docker.io", {"me", "x", ""}));
  CHECK(home.read(docker_file).find("https://index.docker.io/v1/") != std::string::npos);
  struct stat status {};
  REQUIRE(::stat(home.path("home/.docker").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0700);
  REQUIRE(::symlink(home.path(docker_file).c_str(), home.path("link").c_str()) == 0);
  REQUIRE(store_credentials(home.path("link"), "r.io", {"linked", "x", ""}));
  CHECK(user_for("r.io") == "linked");
}

TEST_CASE("a file that is no auth file is left as it is") {
  Home home;
  const std::string text = GENERATE("[1, 2]", "{", R"({"auths": 5})");
  home.write(docker_file, text);
  CHECK_FALSE(store_credentials("", "r.io", {"me", "x", ""}));
  CHECK(home.read(docker_file) == text);
}

TEST_CASE("with a helper the file never holds the secret") {
  Home home;
  home.helper("keep",
              "case $1 in\n"
              "store) cat > \"$HELPER_LOG\";;\n"
              "get) test -s \"$HELPER_LOG\" && cat \"$HELPER_LOG\" || { echo credentials "
              "not found in native keychain; exit 1; };;\n"
              "erase) rm \"$HELPER_LOG\";;\n"
              "esac");
  home.write(docker_file, R"({"credsStore": "keep"})");
  CHECK(*store_credentials("", "r.io", {"me", "s3cret", ""}) == "docker-credential-keep");
  CHECK(home.read(docker_file).find("s3cret") == std::string::npos);
  CHECK(user_for("r.io") == "me");
  CHECK(*erase_credentials("", "r.io"));
  CHECK_FALSE(sys::exists(home.path("log")));
  CHECK_FALSE(*erase_credentials("", "r.io"));
}
