// SPDX-License-Identifier: Apache-2.0
// A registry that dies in the middle of a pull, and comes back.
#include <algorithm>

#include "bed.hpp"
#include "image/partial_file.hpp"
#include "support/catch.hpp"
#include "support/must.hpp"
#include "sys/file.hpp"

using namespace flintctl;
using namespace flintctl::image;
using testing::must;

namespace {

std::unique_ptr<DebianRegistry> second_registry(const std::string& name) {
  return must(DebianRegistry::start(
      {Bed::get().folder() + "/" + name, Bed::get().folder() + "/store", "", ""}));
}

oci::Reference big_at(const DebianRegistry& registry) {
  return must(oci::Reference::parse(registry.host() + "/test/big:1"));
}

/// Ends a registry when the first bytes of a layer came.
class Killer : public NoProgress {
 public:
  explicit Killer(std::unique_ptr<DebianRegistry>& victim) : victim_(victim) {}
  void layer(std::size_t /*index*/, LayerPhase phase, std::uint64_t bytes) override {
    if (phase == LayerPhase::downloading && bytes > 0) victim_.reset();
  }

 private:
  std::unique_ptr<DebianRegistry>& victim_;
};

}  // namespace

TEST_CASE("a registry that dies is an error, and its successor is asked for the rest only") {
  const auto client = Bed::get().client("death");
  auto options = Bed::get().options("death");
  options.parallel = 1;
  auto victim = second_registry("victim");
  Killer killer(victim);
  const auto reference = big_at(*victim);
  const auto failed = pull(*client, reference, options, killer);
  REQUIRE_FALSE(failed);
  INFO(failed.error().text());
  CHECK(failed.error().code() == Code::registry);
  CHECK_FALSE(failed.error().hint().empty());
  CHECK(must(client->lease_list({})).empty());
  CHECK(must(client->content_list({})).empty());
  CHECK(must(client->snapshot_list("native", {})).empty());
  CHECK_FALSE(must(sys::list_directory(partial_directory(options.state_directory))).empty());

  const auto successor = second_registry("successor");
  NoProgress progress;
  const auto pulled = must(pull(*client, big_at(*successor), options, progress));
  CHECK(must(is_unpacked(*client, "native", pulled.image)));
  // The first layer had come in part, or as a whole before the end of its sender was seen.
  const auto log = successor->log();
  const auto& first = pulled.image.content.layers[0].digest.text();
  CHECK(std::none_of(log.begin(), log.end(), [&](const std::string& line) {
    return line.find(first) != std::string::npos &&
           line.find("HTTP/1.1\" 200") != std::string::npos;
  }));
  CHECK(must(sys::list_directory(partial_directory(options.state_directory))).empty());
}
