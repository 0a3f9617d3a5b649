// SPDX-License-Identifier: Apache-2.0
// Registries that want to harm: what each one does is in tests/support/registry/faulty_registry.py.
#include <algorithm>

#include "oci/registry.hpp"
#include "support/archive/folder.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"
#include "support/registry/faulty_registry.hpp"
#include "sys/file.hpp"
#include "sys/sha256.hpp"

using namespace flintctl;
using namespace flintctl::oci;
using testing::Environment;

namespace {

const FaultyRegistry& server() {
  static const auto started = FaultyRegistry::start();
  REQUIRE(started);
  return **started;
}

RegistryOptions hasty() {
  RegistryOptions options;
  options.attempts = 3;
  options.first_wait = std::chrono::milliseconds(1);
  return options;
}

RegistryOptions as(Credentials credentials) {
  auto options = hasty();
  options.credentials = [credentials](const std::string&) {
    return Result(std::optional(credentials));
  };
  return options;
}

/// Everything of an image, and the layer's digest.
Result<> pull_reference(const std::string& text, const RegistryOptions& options) {
  auto registry = TRY(Registry::open(TRY(Reference::parse(text)), options));
  const auto target = TRY(registry.resolve());
  const auto bytes = TRY(registry.manifest(target));
  if (media_type::is_index(target.media_type)) {
    TRY(parse_index(bytes, target.media_type));
    return {};
  }
  const auto manifest = TRY(parse_manifest(bytes, target.media_type));
  TRY(registry.blob(manifest.config));
  sys::Sha256 hash;
  TRY(registry.download(manifest.layers.at(0), 0, [&](std::string_view piece) -> Result<> {
    hash.update(piece);
    return {};
  }));
  if ("sha256:" + hash.finish() == manifest.layers.at(0).digest.text()) return {};
  return Error(Code::data_loss, "wrong digest");
}

Result<> pull(const std::string& behaviour, const RegistryOptions& options = hasty(),
              const std::string& tag = "1") {
  return pull_reference(server().reference(behaviour, tag), options);
}

std::string text_of(const Result<>& result) {
  return result ? std::string()
                : result.error().text() + " / " + std::string(result.error().hint());
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The requests made while `action` ran.
template <typename Action>
std::vector<data::Value> requests_during(Action action) {
  const auto before = server().log()->size();
  action();
  auto entries = *server().log();
  entries.erase(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(before));
  return entries;
}

/// A hosts.toml that puts a faulty repository's registry before another one of the same server.
RegistryOptions mirrored(const testing::Folder& folder, const std::string& mirror_path) {
  const auto reference = *Reference::parse(server().reference("good"));
  REQUIRE(sys::make_directories(folder.path(reference.host())));
  REQUIRE(sys::write_file_atomic(folder.path(reference.host()) + "/hosts.toml",
                                 "server = \"http://" + reference.host() + "\"\n[host.\"http://" +
                                     reference.host() + mirror_path + "\"]\noverride_path = true\n",
                                 0600));
  auto options = hasty();
  options.hosts_directories = {folder.path()};
  return options;
}

}  // namespace

TEST_CASE("documents that say two things, or are not what they are served as, are refused") {
  const auto [behaviour, code, words] = GENERATE(table<std::string, Code, std::string>({
      {"both", Code::data_loss, "both layers and manifests"},
      {"as-index", Code::data_loss, "says that it is"},
      {"as-manifest", Code::data_loss, "config is missing"},
      {"schema1", Code::unimplemented, "manifest.v1"},
      {"wrong-manifest", Code::data_loss, "other bytes"},
      {"changes", Code::data_loss, ""},
      {"endless", Code::data_loss, "4194304"},
      {"large", Code::data_loss, "4194304"},
  }));
  const auto pulled = pull(behaviour);
  INFO(behaviour << ": " << text_of(pulled));
  REQUIRE_FALSE(pulled);
  CHECK(pulled.error().code() == code);
  CHECK(has(text_of(pulled), words));
}

TEST_CASE("a layer whose Content-Length is a lie is never taken for whole") {
  const auto behaviour = GENERATE("length-long", "length-short", "length-nonsense");
  const auto pulled = pull(behaviour);
  INFO(behaviour << ": " << text_of(pulled));
  // With a length that is too long the whole layer came all the same.
  CHECK(bool(pulled) == (std::string(behaviour) == "length-long"));
}

TEST_CASE("redirects lead to http and https only, and carry no names") {
  const auto [tag, words] = GENERATE(table<std::string, std::string>({
      {"ftp", "no http or https"},
      {"file", "no http or https"},
      {"user", "holds credentials"},
      {"nonsense", "no http or https"},
      {"split", "does not have"},
  }));
  const auto pulled = pull("moved", hasty(), tag);
  INFO(tag << ": " << text_of(pulled));
  REQUIRE_FALSE(pulled);
  CHECK((pulled.error().code() == Code::registry || pulled.error().code() == Code::not_found));
  CHECK(has(text_of(pulled), words));
  CHECK_FALSE(has(text_of(pulled), "s3cret"));
}

TEST_CASE("storage that cannot be reached is named, without the key in its URL") {
  const auto check = [](const Result<>& pulled) {
    INFO(text_of(pulled));
    REQUIRE_FALSE(pulled);
    CHECK(pulled.error().code() == Code::registry);
    CHECK(has(text_of(pulled), "localhost:1, where registry " + server().host() + " redirects to"));
    CHECK(has(text_of(pulled), "http://localhost:1/elsewhere/sha256:"));
    CHECK_FALSE(has(text_of(pulled), "s3cret"));
    CHECK_FALSE(has(text_of(pulled), "the registry's copy"));
  };
  check(pull("signed"));  // its config
  auto registry = Registry::open(*Reference::parse(server().reference("signed")), hasty());
  REQUIRE(registry);
  const auto target = registry->resolve();
  REQUIRE(target);
  const auto manifest = parse_manifest(*registry->manifest(*target), target->media_type);
  REQUIRE(manifest);
  const auto ignore = [](std::string_view) { return Result<>(); };
  check(registry->download(manifest->layers.at(0), 0, ignore));
}

TEST_CASE("realms without TLS, or of no use, are not asked for tokens") {
  const auto [tag, words] = GENERATE(table<std::string, std::string>({
      {"plain", "without TLS"},
      {"ftp", "bad realm"},
      {"user", "bad realm"},
      {"nonsense", "bad realm"},
  }));
  const auto pulled = pull("evil-realm", as({"me", "s3cret", ""}), tag);
  INFO(tag << ": " << text_of(pulled));
  REQUIRE_FALSE(pulled);
  CHECK(pulled.error().code() == Code::registry);
  CHECK(has(text_of(pulled), words));
  CHECK_FALSE(has(text_of(pulled), "s3cret"));
}

TEST_CASE("a realm that redirects is followed, but no credentials are taken elsewhere") {
  const auto requests = requests_during([] {
    const auto pulled = pull("moved-token", as({"me", "s3cret", ""}));
    INFO(text_of(pulled));
    CHECK(pulled);
  });
  int followed = 0;
  for (const auto& request : requests) {
    const auto path = request.string_or("path");
    if (!path.starts_with("/token")) continue;
    CHECK_FALSE(has(path, "service="));  // the challenge has none
    CHECK(request.string_or("authorization").empty() == (path == "/token?moved"));
    if (path == "/token?moved") ++followed;
  }
  CHECK(followed == 1);
  CHECK(has(text_of(pull("moved-token", hasty(), "plain")), "without TLS"));
  const auto posted = requests_during([] {
    const auto refused = pull("moved-token", as({"", "refresh", ""}));
    CHECK(has(text_of(refused), "redirects a refresh token to localhost"));
  });
  for (const auto& request : posted) CHECK(request.string_or("path") != "/token?moved");
}

TEST_CASE("a token that would split the request is refused and not shown") {
  const auto behaviour = GENERATE("evil-token", "no-token");
  const auto requests = requests_during([&] {
    const auto pulled = pull(behaviour);
    REQUIRE_FALSE(pulled);
    CHECK(pulled.error().code() == Code::registry);
    CHECK_FALSE(has(text_of(pulled), "s3cret"));
  });
  for (const auto& request : requests) CHECK(request.string_or("authorization").empty());
}

TEST_CASE("a token that ends in the middle of a layer is renewed, and the layer goes on") {
  const auto requests = requests_during([] {
    const auto pulled = pull("expires");
    INFO(text_of(pulled));
    CHECK(pulled);
  });
  std::vector<std::string> resumed;
  for (const auto& request : requests) {
    const auto range = request.string_or("range");
    if (!range.empty() && (resumed.empty() || resumed.back() != range)) resumed.push_back(range);
  }
  CHECK(resumed == std::vector<std::string>{"bytes=50000-", "bytes=100000-", "bytes=150000-"});
}

TEST_CASE("a refresh token is posted, never put into a URL") {
  const auto requests = requests_during([] {
    const auto pulled = pull("identity", as({"", "refresh", ""}));
    INFO(text_of(pulled));
    CHECK(pulled);
    CHECK_FALSE(pull("identity", as({"", "s3cret", ""})));
  });
  for (const auto& request : requests) {
    CHECK_FALSE(has(request.string_or("path"), "refresh"));
    CHECK_FALSE(has(request.string_or("path"), "s3cret"));
  }
}

TEST_CASE("a registry that dribbles is given up") {
  auto options = hasty();
  options.attempts = 1;
  options.timeouts.stall = std::chrono::seconds(1);
  const auto behaviour = GENERATE("dribbles", "slow-header");
  const auto pulled = pull(behaviour, options);
  INFO(behaviour << ": " << text_of(pulled));
  REQUIRE_FALSE(pulled);
  CHECK(pulled.error().code() == Code::registry);
}

TEST_CASE("a refusal without end is the refusal that it begins with") {
  auto options = hasty();
  options.timeouts.total = std::chrono::seconds(10);  // for a client that hears it out
  const auto pulled = pull("endless-refusal", options);
  INFO(text_of(pulled));
  REQUIRE_FALSE(pulled);
  CHECK(pulled.error().code() == Code::registry);
  CHECK(has(text_of(pulled), "answers 403"));
}

TEST_CASE("a header without end is refused") {
  const auto pulled = pull("huge-header");
  REQUIRE_FALSE(pulled);
  CHECK(has(text_of(pulled), "header"));
}

TEST_CASE("what a mirror breaks off, the registry is asked for from that byte") {
  const testing::Folder folder;
  const auto requests = requests_during([&] {
    auto options = mirrored(folder, "/mirror-dies/v2");
    options.attempts = 1;
    const auto pulled = pull("good", options);
    INFO(text_of(pulled));
    CHECK(pulled);
  });
  std::vector<std::string> ranges;
  for (const auto& request : requests) {
    if (!request.string_or("range").empty()) {
      ranges.push_back(request.string_or("range") + " " + request.string_or("path").substr(0, 4));
    }
  }
  REQUIRE_FALSE(ranges.empty());
  CHECK(ranges.back().substr(ranges.back().find(' ')) == " /v2/");
}

TEST_CASE("a mirror's bad documents are not taken, the registry's are") {
  const testing::Folder folder;
  auto options = mirrored(folder, "/mirror-wrong-manifest/v2");
  std::vector<std::string> notes;
  options.note = [&](const std::string& note) { notes.push_back(note); };
  const auto pulled = pull("good", options);
  INFO(text_of(pulled));
  CHECK(pulled);
  REQUIRE_FALSE(notes.empty());
  CHECK(has(notes.front(), "sends other bytes for sha256:"));
  CHECK(has(notes.front(), "asking the next host"));
}

TEST_CASE("a proxy of the environment is asked, but not for loopback and excepted hosts") {
  const auto reference = *Reference::parse(server().reference("good"));
  auto options = hasty();
  options.transport = Transport::plain;
  options.attempts = 1;
  const auto [name, exceptions] = GENERATE(table<const char*, const char*>({
      {"http_proxy", "no_proxy"},
      {"HTTP_PROXY", "NO_PROXY"},
  }));
  INFO(name);
  const Environment none("http_proxy", "");  // not the machine's own
  const Environment proxy(name, "http://" + reference.host());
  const auto through = requests_during([&] {
    const auto pulled = pull_reference("registry.invalid/good:1", options);
    INFO(text_of(pulled));
    CHECK(pulled);
  });
  REQUIRE_FALSE(through.empty());
  CHECK(through.front().string_or("host") == "registry.invalid");
  {
    const Environment except(exceptions, "registry.invalid");
    CHECK_FALSE(pull_reference("registry.invalid/good:1", options));
  }
  {
    // In capitals it may be what a web client sent to a CGI program.
    const Environment cgi("REQUEST_METHOD", "GET");
    CHECK(bool(pull_reference("registry.invalid/good:1", options)) ==
          (std::string(name) == "http_proxy"));
  }
  const Environment dead("http_proxy", "http://127.0.0.1:1");
  CHECK(pull("good", options));
  CHECK_FALSE(pull_reference("registry.invalid/good:1", options));
}
