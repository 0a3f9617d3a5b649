// SPDX-License-Identifier: Apache-2.0
// A layer that has become another one when its rest is asked for: what each repository does is in
// tests/support/registry/faulty_registry.py.
#include "bed.hpp"
#include "image/partial_file.hpp"
#include "support/catch.hpp"
#include "support/must.hpp"
#include "support/registry/faulty_registry.hpp"
#include "sys/file.hpp"

using namespace flintctl;
using namespace flintctl::image;
using testing::must;

namespace {

using Ranges = std::vector<std::string>;

const oci::FaultyRegistry& server() {
  static const auto started = must(oci::FaultyRegistry::start());
  return *started;
}

/// Pulls from one repository, in a namespace of its own.
class Subject {
 public:
  explicit Subject(const std::string& repository)
      : repository_(repository),
        client_(Bed::get().client(repository)),
        options_(Bed::get().options(repository)) {}

  Result<PullResult> pull() {
    begun_.push_back(must(server().log()).size());
    NoProgress progress;
    const auto reference = must(oci::Reference::parse(server().reference(repository_)));
    return image::pull(*client_, reference, options_, progress);
  }
  PullOptions& options() { return options_; }
  containerd::Client& client() { return *client_; }

  /// Range of each question for the layer in one of the pulls; "" when it was asked for as a whole.
  [[nodiscard]] Ranges ranges(std::size_t pull, const oci::Digest& layer) const {
    const auto log = must(server().log());
    const auto end = pull + 1 < begun_.size() ? begun_[pull + 1] : log.size();
    Ranges ranges;
    for (auto i = begun_[pull]; i < end; ++i) {
      if (log[i].string_or("path").ends_with("/blobs/" + layer.text())) {
        ranges.push_back(log[i].string_or("range"));
      }
    }
    return ranges;
  }
  [[nodiscard]] std::size_t partials() const {
    return must(sys::list_directory(partial_directory(options_.state_directory))).size();
  }

 private:
  std::string repository_;
  std::unique_ptr<containerd::Client> client_;
  PullOptions options_;
  std::vector<std::size_t> begun_;  ///< length of the server's log before each pull
};

}  // namespace

TEST_CASE("a layer whose rest is another one's is refused, and taken when it is right again") {
  Subject subject(GENERATE("rewritten", "rewritten-etag", "rewritten-total"));
  const auto refused = subject.pull();
  REQUIRE_FALSE(refused);
  INFO(refused.error().text());
  CHECK(refused.error().code() == Code::data_loss);
  CHECK(refused.error().text().find("digest") != std::string::npos);
  auto& client = subject.client();
  CHECK(must(client.lease_list({})).empty());
  CHECK(must(client.image_list()).empty());
  CHECK(must(client.content_list({})).empty());
  CHECK(must(client.content_ingests()).empty());
  CHECK(must(client.snapshot_list("native", {})).empty());
  CHECK(subject.partials() == 0);

  const auto image = must(subject.pull()).image;
  CHECK(must(is_unpacked(client, "native", image)));
  const auto& layer = image.content.layers.at(0).digest;
  CHECK(subject.ranges(0, layer) == Ranges{"", "bytes=50000-"});
  CHECK(subject.ranges(1, layer) == Ranges{""});
}

TEST_CASE("a layer that became another one between two pulls is fetched anew") {
  Subject subject("rewritten-late");
  subject.options().registry.attempts = 1;
  const auto failed = subject.pull();
  REQUIRE_FALSE(failed);
  INFO(failed.error().text());
  CHECK(failed.error().code() == Code::registry);
  CHECK(subject.partials() == 1);

  const auto image = must(subject.pull()).image;
  CHECK(must(is_unpacked(subject.client(), "native", image)));
  const auto& layer = image.content.layers.at(0).digest;
  CHECK(subject.ranges(0, layer) == Ranges{"", "bytes=50000-"});
  CHECK(subject.ranges(1, layer) == Ranges{"bytes=50000-", ""});
  CHECK(subject.partials() == 0);
}
