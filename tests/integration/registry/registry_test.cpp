// SPDX-License-Identifier: Apache-2.0
// The registry client against a registry that behaves as the repository's name says; see
// tests/support/registry/faulty_registry.py for what each one does.
#include "oci/registry.hpp"

#include <algorithm>

#include "support/catch.hpp"
#include "support/registry/faulty_registry.hpp"
#include "sys/sha256.hpp"

using namespace flintctl;
using namespace flintctl::oci;

namespace {

RegistryOptions hasty() {
  RegistryOptions options;
  options.attempts = 3;
  options.first_wait = std::chrono::milliseconds(1);
  return options;
}

/// The same credentials for whoever asks.
CredentialsSource always(Credentials credentials) {
  return [credentials](const std::string&) { return Result(std::optional(credentials)); };
}

/// One for all tests: an interpreter takes half a second to start.
const FaultyRegistry& server() {
  static const auto started = FaultyRegistry::start();
  REQUIRE(started);
  return **started;
}

/// One behaviour, and what a pull of it does until its layer.
class Subject {
 public:
  explicit Subject(const std::string& behaviour, RegistryOptions options = hasty())
      : registry_(std::move(
            *Registry::open(*Reference::parse(server().reference(behaviour)), std::move(options)))),
        seen_(server().log()->size()) {}

  Registry& registry() { return registry_; }

  Result<Descriptor> layer() {
    const auto target = TRY(registry_.resolve());
    const auto bytes = TRY(registry_.manifest(target));
    const auto manifest = TRY(parse_manifest(bytes, target.media_type));
    TRY(registry_.blob(manifest.config));
    return manifest.layers.at(0);
  }

  /// Downloads the layer and checks its digest.
  Result<> pull() {
    const auto descriptor = TRY(layer());
    sys::Sha256 hash;
    TRY(registry_.download(descriptor, 0, [&](std::string_view bytes) -> Result<> {
      hash.update(bytes);
      return {};
    }));
    if ("sha256:" + hash.finish() == descriptor.digest.text()) return {};
    return Error(Code::data_loss, "wrong digest");
  }

  /// What was asked since this began.
  std::vector<data::Value> log() {
    auto entries = *server().log();
    entries.erase(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(seen_));
    return entries;
  }

  std::size_t asked(const std::string& method, const std::string& part) {
    const auto entries = log();
    return static_cast<std::size_t>(
        std::count_if(entries.begin(), entries.end(), [&](const data::Value& entry) {
          return entry.string_or("method") == method &&
                 entry.string_or("path").find(part) != std::string::npos;
        }));
  }

 private:
  Registry registry_;
  std::size_t seen_;
};

std::string failure(const Result<>& result) {
  return result ? std::string()
                : result.error().text() + " / " + std::string(result.error().hint());
}

}  // namespace

TEST_CASE("a good registry is asked once for each thing") {
  Subject subject("good");
  const auto pulled = subject.pull();
  INFO(failure(pulled));
  REQUIRE(pulled);
  CHECK(subject.asked("HEAD", "/manifests/1") == 1);
  CHECK(subject.asked("GET", "/manifests/sha256:") == 1);
  CHECK(subject.asked("GET", "/blobs/") == 2);
}

TEST_CASE("registries whose HEAD says too little are asked by GET") {
  Subject subject(GENERATE("no-head", "bare-head"));
  CHECK(subject.pull());
  CHECK(subject.asked("GET", "/manifests/1") == 1);
}

TEST_CASE("an anonymous token is fetched, and renewed when it has expired") {
  Subject subject("token");
  const auto pulled = subject.pull();
  INFO(failure(pulled));
  REQUIRE(pulled);
  CHECK(subject.asked("GET", "/token?") == 2);
}

TEST_CASE("credentials answer a Basic and a Bearer challenge") {
  const std::string behaviour = GENERATE("basic", "member");
  INFO(behaviour);
  auto options = hasty();
  SECTION("the right ones") {
    options.credentials = always({"me", "secret", ""});
    Subject subject(behaviour, options);
    const auto pulled = subject.pull();
    INFO(failure(pulled));
    CHECK(pulled);
  }
  SECTION("the wrong ones") {
    options.credentials = always({"me", "wrong", ""});
    Subject subject(behaviour, options);
    const auto pulled = subject.pull();
    REQUIRE_FALSE(pulled);
    CHECK(pulled.error().code() == Code::registry);
    CHECK(failure(pulled).find("wrong") == std::string::npos);  // never shown
  }
  SECTION("none") {
    Subject subject(behaviour, options);
    const auto pulled = subject.pull();
    REQUIRE_FALSE(pulled);
    CHECK(pulled.error().code() == Code::registry);
    CHECK(failure(pulled).find("--authfile") != std::string::npos);
  }
}

TEST_CASE("a registry that refuses every token is an error, not a loop") {
  Subject subject("closed");
  const auto pulled = subject.pull();
  REQUIRE_FALSE(pulled);
  CHECK(pulled.error().code() == Code::registry);
  CHECK(subject.log().size() < 10);
}

TEST_CASE("credentials do not follow a redirect to another host") {
  Subject subject("redirect");
  const auto pulled = subject.pull();
  INFO(failure(pulled));
  REQUIRE(pulled);
  std::size_t elsewhere = 0;
  std::size_t with_credentials = 0;
  for (const auto& entry : subject.log()) {
    const bool away = entry.string_or("host").find("localhost") == 0;
    elsewhere += away ? 1 : 0;
    const bool carries = !entry.string_or("authorization").empty();
    with_credentials += carries ? 1 : 0;
    CHECK_FALSE((away && carries));
  }
  CHECK(elsewhere == 2);
  CHECK(with_credentials >= 3);
}

TEST_CASE("endless redirects are an error") {
  Subject subject("loop");
  const auto pulled = subject.pull();
  REQUIRE_FALSE(pulled);
  CHECK(pulled.error().code() == Code::registry);
  CHECK(subject.log().size() < 20);
}

TEST_CASE("a registry that is busy for a while is asked again") {
  Subject subject("busy");
  const auto pulled = subject.pull();
  INFO(failure(pulled));
  CHECK(pulled);
}

TEST_CASE(
    "a registry is asked again no sooner than it says, and ever later while it says nothing") {
  const auto [behaviour, waits] = GENERATE(table<std::string, std::vector<std::int64_t>>({
      {"later", {1000}},  // Retry-After
      {"recovers", {20, 40, 80}},
  }));
  INFO(behaviour);
  auto options = hasty();
  options.attempts = 4;
  options.first_wait = std::chrono::milliseconds(20);
  Subject subject(behaviour, options);
  const auto target = subject.registry().resolve();
  REQUIRE(target);
  const auto log = subject.log();
  REQUIRE(log.size() == waits.size() + 1);
  for (std::size_t i = 0; i < waits.size(); ++i) {
    CHECK(log[i + 1].integer_or("time") - log[i].integer_or("time") >= waits[i] * 1'000'000);
  }
}

TEST_CASE("a registry that stays overloaded is an error that says so") {
  Subject subject("overloaded");
  const auto pulled = subject.pull();
  REQUIRE_FALSE(pulled);
  CHECK(pulled.error().code() == Code::registry);
  CHECK(failure(pulled).find("503") != std::string::npos);
}

TEST_CASE("a broken download goes on where it broke") {
  Subject subject("breaks");
  const auto pulled = subject.pull();
  INFO(failure(pulled));
  REQUIRE(pulled);
  std::vector<std::string> ranges;
  for (const auto& entry : subject.log()) {
    if (const auto range = entry.string_or("range"); !range.empty()) ranges.push_back(range);
  }
  CHECK(ranges == std::vector<std::string>{"bytes=50000-", "bytes=100000-", "bytes=150000-"});
}

TEST_CASE("a registry that ignores Range does not make bytes come twice") {
  Subject subject("ignores-range");
  const auto pulled = subject.pull();
  INFO(failure(pulled));
  CHECK(pulled);
}

TEST_CASE("a range that begins elsewhere is refused") {
  Subject subject("other-range");
  const auto pulled = subject.pull();
  REQUIRE_FALSE(pulled);
  CHECK(pulled.error().code() == Code::data_loss);
}

TEST_CASE("a download without progress ends after so many attempts") {
  Subject subject("stuck");
  const auto pulled = subject.pull();
  REQUIRE_FALSE(pulled);
  CHECK(pulled.error().code() == Code::registry);
  CHECK(subject.asked("GET", "/blobs/") <= 8);
}

TEST_CASE("blobs that are short, long or other bytes are data_loss") {
  Subject subject(GENERATE("short", "long", "wrong-bytes"));
  const auto pulled = subject.pull();
  REQUIRE_FALSE(pulled);
  INFO(failure(pulled));
  CHECK(pulled.error().code() == Code::data_loss);
}

TEST_CASE("a layer that is longer than its descriptor says is refused at that byte") {
  Subject good("good");
  auto descriptor = *good.layer();
  descriptor.size = 1000;
  std::uint64_t taken = 0;
  const auto downloaded = good.registry().download(descriptor, 0, [&](std::string_view bytes) {
    taken += bytes.size();
    return Result<>();
  });
  REQUIRE_FALSE(downloaded);
  CHECK(downloaded.error().code() == Code::data_loss);
  CHECK(taken <= 1000);
}

TEST_CASE("a layer that ends too early is asked for again, then data_loss") {
  Subject subject("good");
  auto descriptor = *subject.layer();
  descriptor.size = 300000;  // the registry's has 200,000
  const auto downloaded =
      subject.registry().download(descriptor, 0, [](std::string_view) { return Result<>(); });
  REQUIRE_FALSE(downloaded);
  INFO(downloaded.error().text());
  CHECK(downloaded.error().text().find("200000 of 300000") != std::string::npos);
}

TEST_CASE("manifests are checked against their digest") {
  Subject subject("wrong-manifest");
  const auto pulled = subject.pull();
  REQUIRE_FALSE(pulled);
  CHECK(pulled.error().code() == Code::data_loss);
}

TEST_CASE("a manifest of an unknown media type is named") {
  Subject subject("wrong-type");
  const auto pulled = subject.pull();
  REQUIRE_FALSE(pulled);
  CHECK(failure(pulled).find("application/vnd.example.thing") != std::string::npos);
}

TEST_CASE("answers that are no HTTP are an error") {
  Subject subject("garbage");
  const auto pulled = subject.pull();
  REQUIRE_FALSE(pulled);
  CHECK(pulled.error().code() == Code::registry);
}

TEST_CASE("what a registry does not have is not_found in its words, made harmless") {
  auto name = server().reference("good");
  name.back() = '2';
  auto registry = std::move(*Registry::open(*Reference::parse(name), hasty()));
  const auto target = registry.resolve();
  REQUIRE_FALSE(target);
  CHECK(target.error().code() == Code::not_found);
  CHECK(target.error().text().find("manifest unknown") != std::string::npos);
  CHECK(target.error().text().find('\x1b') == std::string::npos);
}

TEST_CASE("an unreachable registry is an error of Code registry with a hint") {
  auto registry = std::move(*Registry::open(*Reference::parse("127.0.0.1:1/a"), hasty()));
  const auto target = registry.resolve();
  REQUIRE_FALSE(target);
  CHECK(target.error().code() == Code::registry);
  CHECK_FALSE(target.error().hint().empty());
}

TEST_CASE("an error of the sink ends the download and is what comes back") {
  Subject subject("good");
  const auto descriptor = *subject.layer();
  const auto downloaded = subject.registry().download(descriptor, 0, [](std::string_view) {
    return Result<>(Error(Code::resource_exhausted, "disk full"));
  });
  REQUIRE_FALSE(downloaded);
  CHECK(downloaded.error().code() == Code::resource_exhausted);
  CHECK(subject.asked("GET", "/blobs/") == 2);
}

TEST_CASE("a stop request ends a download") {
  Subject subject("good");
  const auto descriptor = *subject.layer();
  std::stop_source stop;
  const auto downloaded = subject.registry().download(
      descriptor, 0,
      [&](std::string_view) {
        stop.request_stop();
        return Result<>();
      },
      stop.get_token());
  // The bytes that had come already may have been all of them.
  if (!downloaded) CHECK(downloaded.error().code() == Code::cancelled);
}
