// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <thread>

#include "daemon.hpp"

using namespace flintctl;
using namespace flintctl::containerd;

namespace {

std::string written(Client& client, const std::string& bytes, const Labels& labels = {}) {
  const auto digest = digest_of(bytes);
  require_ok(client.content_write("ref-" + digest, bytes, digest, labels));
  return digest;
}

}  // namespace

TEST_CASE("content and its labels come back as they were written") {
  const auto client = client_of("content-roundtrip");
  require_ok(client->lease_create("l", {}));
  const auto leased = client->with_lease("l");
  const std::string bytes = "a record";
  const auto digest = written(*leased, bytes, {{"x.io/name", "web"}, {"x.io/kind", "vm"}});

  const auto info = client->content_info(digest);
  require_ok(info);
  CHECK(info->size == bytes.size());
  CHECK(info->labels == Labels{{"x.io/name", "web"}, {"x.io/kind", "vm"}});
  const auto age = std::chrono::system_clock::now() - info->created_at;
  CHECK(std::chrono::abs(age) < std::chrono::minutes(1));
  CHECK(client->content_read(digest, 100).value() == bytes);
  CHECK(code_of(client->content_read(digest, bytes.size() - 1)) == Code::resource_exhausted);

  require_ok(client->content_update_labels(digest, {{"x.io/name", ""}, {"x.io/new", "1"}}));
  CHECK(client->content_info(digest)->labels == Labels{{"x.io/kind", "vm"}, {"x.io/new", "1"}});
  require_ok(client->content_update_labels(digest, {}));
  CHECK(client->content_info(digest)->labels.size() == 2);

  require_ok(client->content_delete(digest));
  CHECK(code_of(client->content_info(digest)) == Code::not_found);
  CHECK(code_of(client->content_read(digest, 100)) == Code::not_found);
}

TEST_CASE("a blob may be taken more slowly than a call may last") {
  const auto client = client_of("content-slow");
  require_ok(client->lease_create("l", {}));
  std::string bytes(9 << 20, 'x');
  bytes.back() = 'y';
  const auto digest = written(*client->with_lease("l"), bytes);
  constexpr std::chrono::seconds timeout(1);
  const auto hasty = connect(daemon().address(), "content-slow", timeout);
  require_ok(hasty);
  std::string taken;
  require_ok((*hasty)->content_stream(digest, [&](std::string_view piece) -> Result<> {
    if (taken.empty()) std::this_thread::sleep_for(timeout + std::chrono::milliseconds(100));
    taken += piece;
    return {};
  }));
  CHECK((taken == bytes));
}

TEST_CASE("filters choose content by its labels") {
  const auto client = client_of("content-filters");
  require_ok(client->lease_create("l", {}));
  const auto leased = client->with_lease("l");
  const auto web = written(*leased, "web", {{"x.io/kind", "vm"}, {"x.io/name", "web"}});
  written(*leased, "db", {{"x.io/kind", "vm"}, {"x.io/name", "db"}});
  written(*leased, "other");
  const auto found = [&](const std::vector<std::string>& filters) {
    return client->content_list(filters).value().size();
  };
  CHECK(found({}) == 3);
  CHECK(found({R"(labels."x.io/kind"==vm)"}) == 2);
  CHECK(found({R"(labels."x.io/kind"==vm,labels."x.io/name"==web)"}) == 1);
  CHECK(found({R"(labels."x.io/name"==web)", R"(labels."x.io/name"==db)"}) == 2);
  CHECK(found({"digest==" + web}) == 1);
}

TEST_CASE("what a lease or a root label holds survives a collection, the rest goes") {
  const auto client = client_of("content-gc");
  require_ok(client->lease_create("keep", {}));
  const auto kept = written(*client->with_lease("keep"), "leased");
  const auto rooted = written(*client, "rooted", {{"containerd.io/gc.root", "yes"}});
  const auto loose = written(*client, "loose");
  collect(*client);
  CHECK(client->content_info(kept));
  CHECK(client->content_info(rooted));
  CHECK(code_of(client->content_info(loose)) == Code::not_found);
  require_ok(client->lease_delete("keep"));
  CHECK(code_of(client->content_info(kept)) == Code::not_found);
}

TEST_CASE("writing what exists is a success, sets the labels and joins the lease") {
  const auto client = client_of("content-exists");
  require_ok(client->lease_create("first", {}));
  require_ok(client->lease_create("second", {}));
  const auto digest = written(*client->with_lease("first"), "same", {{"a", "1"}, {"b", "1"}});
  written(*client->with_lease("second"), "same", {{"b", "2"}});
  CHECK(client->content_info(digest)->labels == Labels{{"a", "1"}, {"b", "2"}});
  require_ok(client->lease_delete("first"));
  CHECK(client->content_info(digest));
}

TEST_CASE("bytes that another namespace has need no second transfer") {
  const auto one = client_of("content-shared-1");
  const auto two = client_of("content-shared-2");
  require_ok(one->lease_create("l", {}));
  require_ok(two->lease_create("l", {}));
  written(*one->with_lease("l"), "shared bytes");
  const auto digest = written(*two->with_lease("l"), "shared bytes", {{"mine", "2"}});
  CHECK(two->content_info(digest)->labels == Labels{{"mine", "2"}});
  CHECK(one->content_info(digest)->labels.empty());
  CHECK(two->content_read(digest, 100).value() == "shared bytes");
}

TEST_CASE("a blob of several messages arrives whole") {
  const auto client = client_of("content-large");
  require_ok(client->lease_create("l", {}));
  std::string bytes(5U << 20U, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31 % 251);
  const auto digest = written(*client->with_lease("l"), bytes);
  CHECK(client->content_info(digest)->size == bytes.size());
  CHECK(client->content_read(digest, bytes.size()).value() == bytes);
}

TEST_CASE("bytes of another digest are refused and leave nothing") {
  const auto client = client_of("content-wrong");
  const auto result = client->content_write("r", "bytes", digest_of("others"), {});
  CHECK(code_of(result) == Code::data_loss);
  CHECK(client->content_list({})->empty());
  CHECK(client->content_ingests()->empty());
}

TEST_CASE("a write needs an existing lease, bytes and labels of a legal size") {
  const auto client = client_of("content-refused");
  CHECK(code_of(client->with_lease("gone")->content_write("r", "x", digest_of("x"), {})) ==
        Code::not_found);
  CHECK(code_of(client->content_write("r", "", digest_of(""), {})) == Code::invalid_argument);
  CHECK(code_of(client->content_write("r", "x", digest_of("x"), {{"k", std::string(5000, 'v')}})) ==
        Code::invalid_argument);
  CHECK(client->content_list({})->empty());
}
