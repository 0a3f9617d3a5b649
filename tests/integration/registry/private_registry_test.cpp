// SPDX-License-Identifier: Apache-2.0
// Debian's docker-registry behind TLS with htpasswd, client certificates and a token server, asked
// by the client as hosts.toml and auth files say, and by the command line.
#include <crypt.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <set>

#include "debian_registry.hpp"
#include "oci/auth_file.hpp"
#include "oci/registry.hpp"
#include "support/archive/folder.hpp"
#include "support/catch.hpp"
#include "support/containerd/private_containerd.hpp"
#include "support/environment.hpp"
#include "support/must.hpp"
#include "sys/file.hpp"

using namespace flintctl;
using namespace flintctl::oci;
using image::DebianRegistry;
using testing::must;

namespace {

constexpr const char* password = "s3cret-Pa55";
constexpr const char* refresh_token = "s3cret-R3fresh";

sys::Output run(const std::vector<std::string>& argv, const std::string& input = {},
                std::vector<std::string> environment = {}) {
  sys::RunOptions options;
  options.environment = std::move(environment);
  return must(sys::run(argv, input, options));
}

/// What all tests share: images, an authority, and certificates of 127.0.0.1 and of a client.
class Bed {
 public:
  static const Bed& get() {
    static const Bed bed;
    return bed;
  }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_.path(name); }

  /// A registry with the images behind TLS; its own folder is `name`.
  [[nodiscard]] std::unique_ptr<DebianRegistry> start(const std::string& name,
                                                      const std::string& auth,
                                                      const std::string& more_tls = {}) const {
    return must(
        DebianRegistry::start({path(name), path("store"),
                               fmt::format("tls: {{certificate: {0}, key: {1}{2}}}",
                                           path("server.pem"), path("server.key"), more_tls),
                               auth}));
  }
  [[nodiscard]] std::string htpasswd() const {
    return fmt::format("htpasswd: {{realm: tests, path: {}}}", path("htpasswd"));
  }

 private:
  Bed() {
    const auto built = run({"/usr/bin/python3", FLINTCTL_TEST_IMAGES, path("store")});
    INFO(built.err);
    REQUIRE(built.status.ok());
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-subj", "/CN=tests", "-days", "2", "-keyout", path("ca.key"), "-out",
             path("ca.pem")});
    certify("server", "rsa:2048", "subjectAltName=IP:127.0.0.1,DNS:registry.invalid");
    certify("client", "rsa:2048", "extendedKeyUsage=clientAuth");
    const std::string hash = ::crypt(password, "$2b$04$abcdefghijklmnopqrstuu");
    REQUIRE(sys::write_file_atomic(path("htpasswd"), "me:" + hash + "\n", 0600));
  }
  static void openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "/usr/bin/openssl");
    const auto output = run(arguments);
    INFO(output.err);
    REQUIRE(output.status.ok());
  }
  void certify(const std::string& name, const std::string& kind, const std::string& extension) {
    openssl({"req",
             "-x509",
             "-newkey",
             kind,
             "-nodes",
             "-subj",
             "/CN=" + name,
             "-days",
             "2",
             "-addext",
             extension,
             "-addext",
             "basicConstraints=critical,CA:FALSE",
             "-CA",
             path("ca.pem"),
             "-CAkey",
             path("ca.key"),
             "-keyout",
             path(name + ".key"),
             "-out",
             path(name + ".pem")});
  }

  testing::Folder folder_;
};

/// hosts.toml files of one test.
class Hosts {
 public:
  /// For `registry`, whose server speaks TLS; `text` comes after.
  Hosts(const std::string& registry, const std::string& text) { add(registry, text); }
  void add(const std::string& registry, const std::string& text) const {
    const std::string place = folder_.path(registry);
    REQUIRE(sys::make_directories(place));
    REQUIRE(sys::write_file_atomic(
        place + "/hosts.toml", fmt::format("server = \"https://{}\"\n{}\n", registry, text), 0600));
  }
  [[nodiscard]] RegistryOptions options(CredentialsSource credentials = {}) const {
    RegistryOptions options;
    options.hosts_directories = {folder_.path()};
    options.credentials = std::move(credentials);
    options.attempts = 2;
    options.first_wait = std::chrono::milliseconds(1);
    return options;
  }
  [[nodiscard]] const std::string& directory() const { return folder_.path(); }

 private:
  testing::Folder folder_;
};

CredentialsSource always(const Credentials& credentials) {
  return [credentials](const std::string&) { return Result(std::optional(credentials)); };
}

std::string trusting() { return fmt::format("ca = \"{}\"", Bed::get().path("ca.pem")); }

/// The same, and shows the client's certificate.
std::string certified() {
  return fmt::format("{}\nclient = [[\"{}\", \"{}\"]]", trusting(), Bed::get().path("client.pem"),
                     Bed::get().path("client.key"));
}

/// Manifests, config and the first layer of test/rich:1.
Result<> pull(const std::string& host, const RegistryOptions& options) {
  auto registry = TRY(Registry::open(TRY(Reference::parse(host + "/test/rich:1")), options));
  const auto target = TRY(registry.resolve());
  const auto index = TRY(parse_index(TRY(registry.manifest(target)), target.media_type));
  const auto chosen = TRY(select(index, {"linux", "amd64", ""}));
  const auto manifest = TRY(parse_manifest(TRY(registry.manifest(chosen)), chosen.media_type));
  TRY(registry.blob(manifest.config));
  std::uint64_t bytes = 0;
  TRY(registry.download(manifest.layers.at(0), 0, [&](std::string_view piece) -> Result<> {
    bytes += piece.size();
    return {};
  }));
  REQUIRE(bytes == manifest.layers.at(0).size);
  return {};
}

std::string failure(const Result<>& result) {
  return result ? std::string()
                : result.error().text() + " / " + std::string(result.error().hint());
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// No form of the secrets, whoever encoded it.
void check_no_secret(const std::string& text) {
  for (const std::string& secret : {std::string("s3cret"), base64_encode(std::string("me:s3cret")),
                                    std::string("czNjcmV0"), std::string("Bearer ey")}) {
    INFO(text);
    CHECK_FALSE(has(text, secret.substr(0, secret.find('='))));
  }
}

/// A server in Python that prints its port, for one test.
class Script {
 public:
  explicit Script(std::vector<std::string> arguments) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    const UniqueFd read_end(ends[0]);
    UniqueFd write_end(ends[1]);
    sys::SpawnOptions options;
    options.argv = std::move(arguments);
    options.argv.insert(options.argv.begin(), "/usr/bin/python3");
    options.environment = {"PATH=/usr/bin:/bin"};
    options.descriptors = {{write_end.get(), 1}, {STDERR_FILENO, 2}};
    options.die_with_parent = true;
    process_ = std::make_unique<sys::Process>(must(sys::Process::spawn(options)));
    write_end.reset();
    for (char c = 0; ::read(read_end.get(), &c, 1) == 1 && c != '\n';) port_ += c;
    REQUIRE_FALSE(port_.empty());
  }
  ~Script() {
    (void)process_->signal(SIGKILL);
    (void)process_->wait();
  }
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;

  [[nodiscard]] std::string host() const { return "127.0.0.1:" + port_; }

 private:
  std::unique_ptr<sys::Process> process_;
  std::string port_;
};

/// An empty file for a server to write to.
std::string new_log(const std::string& name) {
  auto path = Bed::get().path(name + ".log");
  must(sys::write_file_atomic(path, "", 0600));
  return path;
}

/// The token server, for one test.
class TokenServer {
 public:
  /// `registry`: where it redirects to as a registry; to nowhere without TLS unless given.
  explicit TokenServer(const std::string& registry = "http://127.0.0.1:1",
                       const std::string& name = "token")
      : log_(new_log(name)),
        script_({FLINTCTL_TOKEN_SERVER, Bed::get().path("server.key"),
                 Bed::get().path("server.pem"), Bed::get().path("ca.pem"), log_, registry}) {}

  [[nodiscard]] std::string host() const { return script_.host(); }
  [[nodiscard]] std::string auth() const {
    return fmt::format(
        "token: {{realm: \"https://{}/token\", service: tests, issuer: tests, "
        "rootcertbundle: {}}}",
        host(), Bed::get().path("ca.pem"));
  }
  [[nodiscard]] std::string log() const { return must(sys::read_file(log_)); }

 private:
  std::string log_;
  Script script_;
};

}  // namespace

TEST_CASE("a registry with htpasswd behind TLS gives to whom it knows, over a trusted connection") {
  const auto registry = Bed::get().start("htpasswd-registry", Bed::get().htpasswd());
  const Hosts trusted(registry->host(), trusting());
  const auto me = always({"me", password, ""});
  const auto pulled = pull(registry->host(), trusted.options(me));
  INFO(failure(pulled));
  CHECK(pulled);

  const Hosts untrusted(registry->host(), "");
  const auto refused = failure(pull(registry->host(), untrusted.options(me)));
  CHECK(has(refused, "certificate"));
  CHECK(has(refused, "authority"));
  check_no_secret(refused);

  CHECK(has(failure(pull(registry->host(), trusted.options())), "wants credentials"));
  const auto wrong = pull(registry->host(), trusted.options(always({"me", "s3cret-wrong", ""})));
  CHECK(has(failure(wrong), "does not accept"));
  check_no_secret(failure(wrong));

  CHECK(pull(registry->host(), Hosts(registry->host(), "skip_verify = true").options(me)));
}

TEST_CASE("a registry that wants client certificates gets the one of hosts.toml") {
  const auto registry =
      Bed::get().start("mutual-registry", "", ", clientcas: [" + Bed::get().path("ca.pem") + "]");
  CHECK_FALSE(pull(registry->host(), Hosts(registry->host(), trusting()).options()));
  const auto pulled = pull(registry->host(), Hosts(registry->host(), certified()).options());
  INFO(failure(pulled));
  CHECK(pulled);
}

TEST_CASE("a client certificate is shown to its own host, to no token server or redirect's host") {
  const TokenServer issuer;
  const auto registry = Bed::get().start("mutual-token-registry", issuer.auth(),
                                         ", clientcas: [" + Bed::get().path("ca.pem") + "]");
  const Hosts hosts(registry->host(), certified());
  const auto pulled = pull(registry->host(), hosts.options(always({"me", password, ""})));
  INFO(failure(pulled));
  CHECK(pulled);  // the registry saw it, or there was no connection
  CHECK(has(issuer.log(), "GET /token?"));
  CHECK_FALSE(has(issuer.log(), "certified"));

  const TokenServer redirecting("https://" + issuer.host(), "redirecting");
  const Hosts away(redirecting.host(), certified());
  CHECK_FALSE(pull(redirecting.host(), away.options()));  // it ends where there is no TLS
  CHECK(has(redirecting.log(), "/manifests/1 without certified\n"));
  CHECK(has(issuer.log(), "/manifests/1 without\n"));
  CHECK_FALSE(has(issuer.log(), "certified"));
}

TEST_CASE("tokens come from the token server, for a password or a refresh token") {
  const TokenServer server;
  const auto registry = Bed::get().start("token-registry", server.auth());
  const Hosts hosts(registry->host(), trusting());
  SECTION("a password") {
    const auto pulled = pull(registry->host(), hosts.options(always({"me", password, ""})));
    INFO(failure(pulled));
    CHECK(pulled);
    CHECK(
        has(server.log(), "GET /token?service=tests&scope=repository%3Atest%2Frich%3Apull with\n"));
  }
  SECTION("a refresh token") {
    const auto pulled = pull(registry->host(), hosts.options(always({"", refresh_token, ""})));
    INFO(failure(pulled));
    CHECK(pulled);
    CHECK(has(server.log(), "POST /token without\n"));
  }
  SECTION("nobody's") {
    const auto refused = failure(pull(registry->host(), hosts.options()));
    CHECK(has(refused, "flintctl image login"));
    CHECK(has(server.log(), " without\n"));
  }
  SECTION("wrong ones") {
    for (const Credentials& wrong :
         {Credentials{"me", "s3cret-no", ""}, Credentials{"", "s3cret-no", ""}}) {
      const auto refused = failure(pull(registry->host(), hosts.options(always(wrong))));
      CHECK(has(refused, "does not accept"));
      check_no_secret(refused);
    }
  }
  check_no_secret(server.log());
}

TEST_CASE("nothing that began over TLS goes on without it") {
  const TokenServer server;  // as a registry it redirects to http
  const Hosts hosts(server.host(), trusting());
  const auto refused = failure(pull(server.host(), hosts.options(always({"me", password, ""}))));
  CHECK(has(refused, "without TLS"));
}

TEST_CASE("a registry is reached through a proxy that alone knows its name, and sees no secret") {
  const auto registry = Bed::get().start("proxied-registry", Bed::get().htpasswd());
  const auto log = new_log("proxy");
  const Script proxy({FLINTCTL_CONNECT_PROXY, log, "registry.invalid:443", registry->port()});
  const Hosts hosts("registry.invalid", trusting() + "\n[header]\nx-team = \"s3cret-team\"");
  const auto options = hosts.options(always({"me", password, ""}));
  const testing::Environment none("https_proxy", "");  // not the machine's own
  for (const char* const name : {"https_proxy", "HTTPS_PROXY"}) {
    INFO(name);
    const testing::Environment through(name, "http://way:0pen@" + proxy.host());
    const auto before = registry->log().size();
    const auto pulled = pull("registry.invalid", options);
    INFO(failure(pulled));
    CHECK(pulled);
    CHECK(registry->log().size() > before);
    const auto refused = failure(pull("other.invalid", options));
    CHECK(has(refused, "registry other.invalid cannot be reached"));
    CHECK(has(refused, "403"));
    check_no_secret(refused);
    CHECK_FALSE(has(refused, "0pen"));
    const testing::Environment except("no_proxy", "registry.invalid");
    CHECK_FALSE(pull("registry.invalid", options));
  }
  const auto seen = must(sys::read_file(log));
  CHECK(has(seen, "CONNECT registry.invalid:443 {"));
  CHECK(has(seen, "\"proxy-authorization\": \"Basic " + base64_encode("way:0pen")));
  CHECK_FALSE(has(seen, "\"authorization\""));
  check_no_secret(seen);
}

TEST_CASE("mirrors are asked in order; what they do not have, the registry is asked for") {
  const auto main = Bed::get().start("mirrored-registry", Bed::get().htpasswd());
  const auto empty = must(DebianRegistry::start({Bed::get().path("empty-mirror"), "", "", ""}));
  const auto whole =
      must(DebianRegistry::start({Bed::get().path("mirror"), Bed::get().path("store"), "", ""}));
  const std::string dead = "[host.\"http://127.0.0.1:1\"]\n";
  const std::string first = fmt::format("[host.\"http://{}\"]\n", empty->host());
  std::string second = fmt::format("[host.\"http://{}\"]\n", whole->host());
  const auto me = always({"me", password, ""});
  SECTION("an image that a mirror has") {
    const Hosts hosts(main->host(), trusting() + "\n" + dead + first + second);
    const auto pulled = pull(main->host(), hosts.options(me));
    INFO(failure(pulled));
    REQUIRE(pulled);
    CHECK(main->log().empty());
    CHECK_FALSE(empty->log().empty());
    REQUIRE_FALSE(whole->log().empty());
    for (const auto& line : whole->log()) CHECK(has(line, "?ns=127.0.0.1%3A"));
  }
  SECTION("a mirror that may not say what a tag means") {
    second += "capabilities = [\"pull\"]\n";
    const Hosts hosts(main->host(), trusting() + "\n" + second);
    REQUIRE(pull(main->host(), hosts.options(me)));
    CHECK(main->log().size() == 2);  // the challenge, and the tag
    for (const auto& line : whole->log()) CHECK_FALSE(has(line, "HEAD"));
  }
  SECTION("an image that none of them has") {
    const Hosts hosts(main->host(), trusting() + "\n" + dead + first);
    CHECK(pull(main->host(), hosts.options(me)));
    CHECK_FALSE(main->log().empty());
  }
  SECTION("nobody has it") {
    const Hosts hosts(main->host(), trusting() + "\n" + dead + first);
    auto registry = must(
        Registry::open(must(Reference::parse(main->host() + "/no/such:1")), hosts.options(me)));
    const auto target = registry.resolve();
    REQUIRE_FALSE(target);
    CHECK(target.error().code() == Code::not_found);
    CHECK(has(target.error().text(), main->host()));
    CHECK(has(target.error().text(), "127.0.0.1:1 cannot be reached"));
  }
}

TEST_CASE("several images are pulled at once under one display, a VM's too") {
  const auto registry =
      must(DebianRegistry::start({Bed::get().path("several"), Bed::get().path("store"), "", ""}));
  const testing::Folder home;
  const auto containerd = must(containerd::PrivateContainerd::start());
  home.write("config.toml",
             fmt::format("snapshotter = \"native\"\nstate_directory = \"{0}/state\"\n"
                         "run_directory = \"{0}/run\"\n",
                         home.path()));
  const auto flintctl = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), FLINTCTL_BINARY);
    arguments.insert(arguments.end(), {"--containerd-address", containerd->address(), "--config",
                                       home.path("config.toml")});
    return run(arguments, {}, {"PATH=/usr/bin:/bin", "HOME=" + home.path()});
  };
  const auto named = [&](const std::string& name) { return registry->host() + "/test/" + name; };
  /// What the files of this name in the roots of all snapshots hold.
  const auto files_named = [&](const std::string& name) {
    std::set<std::string> texts;
    for (const auto& snapshot : std::filesystem::directory_iterator(
             containerd->folder() + "/root/io.containerd.snapshotter.v1.native/snapshots")) {
      const auto path = snapshot.path().string() + "/" + name;
      if (sys::exists(path)) texts.insert(must(sys::read_file(path)));
    }
    return texts;
  };

  const auto pulled = flintctl({"image", "pull", "--platform", "linux/amd64", named("rich:1"),
                                named("nonexistent:1"), named("big:1"), named("shared:1"),
                                named("one:1"), named("diff-id:1")});
  INFO(pulled.err);
  // What can be pulled is, in the order of the command line; what cannot fails it.
  CHECK(pulled.status.code == 3);
  std::string expected;
  for (const char* const name : {"rich:1", "big:1", "shared:1", "one:1"}) {
    expected += "image/" + named(name) + " pulled\n";
    CHECK(has(pulled.err, named(name) + ": layer 1/"));
  }
  CHECK(pulled.out == expected);
  CHECK(has(pulled.err, "nonexistent"));
  CHECK(has(pulled.err, "error: pulling image '" + named("diff-id:1") + "'"));

  const auto removed =
      flintctl({"image", "remove", named("rich:1"), named("big:1"), named("one:1")});
  REQUIRE(removed.status.ok());

  const auto six = must(
      DebianRegistry::start({Bed::get().path("six"), Bed::get().path("store"), "", "", "[::1]"}));
  const auto from_six =
      flintctl({"image", "pull", "--platform", "linux/amd64", six->host() + "/test/one:1"});
  INFO(from_six.err);
  CHECK(from_six.out == "image/" + six->host() + "/test/one:1 pulled\n");
  CHECK(six->log().size() > 3);

  std::set<std::string> files;
  for (const std::string file : {"armv7", "armv6", "amd64"}) {
    const auto platform = file == "amd64" ? "linux/amd64" : "linux/arm/" + file.substr(3);
    const auto other = flintctl({"image", "pull", "--platform", platform, named("arms:1")});
    INFO(other.err);
    CHECK(other.status.ok());
    files.insert(file);
    CHECK(files_named("made-for") == files);
  }

  const auto created =
      flintctl({"vm", "create", "web", "--platform", "linux/amd64", "--image", named("rich:1"),
                "--kernel", named("one:1"), "--initrd", named("big:1")});
  INFO(created.err);
  CHECK(created.status.code != 0);  // none of them has a kernel
  for (const char* const name : {"rich:1", "one:1", "big:1"}) {
    CHECK(has(created.err, named(name) + ": layer 1/"));
  }
}

TEST_CASE("login keeps what the registry takes, pull uses it, logout forgets it; none shows it") {
  const TokenServer server;
  const auto registry = Bed::get().start("login-registry", server.auth());
  const Hosts hosts(registry->host(), trusting());
  const testing::Folder home;
  const auto containerd = must(containerd::PrivateContainerd::start());
  const auto flintctl = [&](std::vector<std::string> arguments, const std::string& input = {}) {
    arguments.insert(arguments.begin(), FLINTCTL_BINARY);
    auto output = run(arguments, input,
                      {"PATH=/usr/bin:/bin", "HOME=" + home.path(),
                       "FLINTCTL_STATE_DIRECTORY=" + home.path("state"),
                       "FLINTCTL_RUN_DIRECTORY=" + home.path("run")});
    check_no_secret(output.out + output.err);
    return output;
  };
  const std::vector<std::string> login = {"image",
                                          "login",
                                          registry->host(),
                                          "--username",
                                          "me",
                                          "--password-stdin",
                                          "--hosts-dir",
                                          hosts.directory(),
                                          "-v"};
  const std::vector<std::string> pull = {"image",
                                         "pull",
                                         registry->host() + "/test/rich:1",
                                         "--platform",
                                         "linux/amd64",
                                         "--snapshotter",
                                         "native",
                                         "--hosts-dir",
                                         hosts.directory(),
                                         "--containerd-address",
                                         containerd->address(),
                                         "-v"};
  CHECK(flintctl(login, "s3cret-wrong\n").status.code == 8);
  CHECK_FALSE(home.has(".docker/config.json"));
  CHECK(flintctl(pull).status.code == 8);

  const auto logged_in = flintctl(login, std::string(password) + "\nnot this line");
  INFO(logged_in.err);
  REQUIRE(logged_in.status.ok());
  CHECK(logged_in.out == "registry/" + registry->host() + " logged in\n");
  CHECK(home.mode(".docker/config.json") == 0600);
  const auto pulled = flintctl(pull);
  INFO(pulled.err);
  CHECK(pulled.status.ok());

  // Without a word about a folder it is containerd's own.
  const auto bare = std::vector<std::string>(login.begin(), login.end() - 3);
  const auto untrusted = flintctl(bare, std::string(password));
  INFO(untrusted.err);
  CHECK(untrusted.status.code == 8);  // it is asked without TLS
  const std::string prepare =
      "mount -t tmpfs none /etc && mkdir /etc/containerd && "
      "cp -r \"$0\" /etc/containerd/certs.d && exec \"$@\"";
  std::vector<std::string> prepared = {"/usr/bin/unshare", "--mount",      "/bin/sh", "-c", prepare,
                                       hosts.directory(),  FLINTCTL_BINARY};
  prepared.insert(prepared.end(), bare.begin(), bare.end());
  const auto by_default =
      run(prepared, password, {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + home.path()});
  INFO(by_default.err);
  CHECK(by_default.out == "registry/" + registry->host() + " logged in\n");

  auto elsewhere = pull;
  elsewhere[2] = registry->host() + "/test/shared:1";
  auto given = elsewhere;
  given.emplace_back("--creds-stdin");
  CHECK(flintctl({"image", "logout", registry->host()}).status.ok());
  CHECK(flintctl(elsewhere).status.code == 8);
  CHECK(flintctl(given, std::string("me:") + password + "\n").status.ok());
  // One registry's secret is not another's: nothing is read, and nobody asked.
  given.insert(given.begin() + 3, "registry.invalid/os:1");
  const auto several = flintctl(given, std::string("me:") + password + "\n");
  CHECK(several.status.code == 2);
  CHECK(has(several.err, "--creds-stdin is for one registry, not for " + registry->host()));
  // A VM's image comes by the same way; that there is no pool to prepare its disk in comes later.
  home.write("vmlinux", std::string("\x7f"
                                    "ELF") +
                            std::string(2000, '\0'));
  home.write("config.toml", "snapshotter = \"native\"\n");
  auto create = std::vector<std::string>{"vm",
                                         "create",
                                         "web",
                                         "--image",
                                         registry->host() + "/test/big:1",
                                         "--kernel",
                                         home.path("vmlinux"),
                                         "--config",
                                         home.path("config.toml")};
  create.insert(create.end(), pull.begin() + 3, pull.end());
  CHECK(has(flintctl(create).err, "401"));
  create.emplace_back("--creds-stdin");
  const auto created = flintctl(create, std::string("me:") + password + "\n");
  INFO(created.err);
  CHECK_FALSE(has(created.err, "401"));
  CHECK(has(created.err, ": downloaded"));
  CHECK(flintctl({"image", "logout", registry->host()}).out ==
        "registry/" + registry->host() + " unchanged\n");
  check_no_secret(server.log());
  check_no_secret(containerd->log());
}
