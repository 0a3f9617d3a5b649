// SPDX-License-Identifier: Apache-2.0
#include "image/layer_blobs.hpp"

#include "support/catch.hpp"
#include "support/containerd/fake_client.hpp"

namespace flintctl::image {
namespace {

oci::Descriptor layer(const std::string& bytes) {
  return {"application/vnd.oci.image.layer.v1.tar", oci::Digest::of(bytes), bytes.size()};
}

TEST_CASE("blobs that another image keeps are held before they are counted on") {
  containerd::FakeClient client;
  const std::vector<oci::Descriptor> layers = {layer("one"), layer("two")};
  REQUIRE(client.lease_create("theirs", {}));
  const auto theirs = client.with_lease("theirs");
  for (const std::string bytes : {"one", "two"}) {
    REQUIRE(theirs->content_write(bytes, bytes, oci::Digest::of(bytes).text(), {}));
  }
  REQUIRE(client.lease_create("ours", {}));
  // The other image goes at the worst moment: `calls` of ours after it was seen to have them.
  const std::size_t calls = GENERATE(1U, 2U, 3U, 4U, 5U, 6U);
  std::size_t seen = 0;
  client.on_call([&](const containerd::Call& call) {
    if (call.operation == "lease_delete" || ++seen != calls) return;
    REQUIRE(client.lease_delete("theirs"));
  });
  const auto held = hold_blobs(client, "ours", layers);
  client.on_call({});
  REQUIRE(held);
  client.collect();
  // What is said holds, whatever is collected then.
  CHECK(*held == have_blobs(client, layers).value_or(!*held));
}

}  // namespace
}  // namespace flintctl::image
