// SPDX-License-Identifier: Apache-2.0
#include "vm/record.hpp"

#include "support/catch.hpp"
#include "vm/labels.hpp"

namespace flintctl::vm {
namespace {

Record sample() {
  Record record;
  record.version = 3;
  record.uid = "0123456789abcdef";
  record.name = "web";
  record.labels = {{"app", "web"}, {"example.com/tier", ""}};
  record.created_at = *parse_time("2024-02-03T04:05:06Z");
  record.spec.provider = "qemu";
  record.spec.root.image = "registry.example/os:1";
  record.spec.kernel.path = "/boot/vmlinux";
  record.image_digest = "sha256:aa";
  record.kernel = {"sha256:bb", "/var/lib/flintctl/kernels/bb"};
  record.volumes.push_back(
      {"root", "devmapper", "flintctl/default/web/x/root", "sha256:aa", 10 * gib, false});
  record.interfaces.push_back({"eth0", "fltap012345670", "02:00:00:00:00:01", "br0"});
  return record;
}

TEST_CASE("a record survives JSON") {
  const auto value = to_value(sample());
  const auto again = record_from_value(*data::parse_json(data::to_json(value)));
  REQUIRE(again);
  CHECK(to_value(*again) == value);
}

TEST_CASE("a record has the later features' fields from the start") {
  const auto value = to_value(sample());
  CHECK(value.integer_or("schemaVersion") == 1);
  for (const auto* key : {"addresses", "runtimeUid", "volumes", "agent"}) {
    CHECK(value.find(key) != nullptr);
  }
}

TEST_CASE("records of a later flintctl") {
  auto value = to_value(sample());
  SECTION("a key more is passed over") {
    value.set("later", "x");
    CHECK(record_from_value(value));
  }
  SECTION("a newer schema is not guessed at") {
    value.set("schemaVersion", 2);
    CHECK(record_from_value(value).error().code() == Code::unimplemented);
  }
}

TEST_CASE("what is no record is data loss") {
  CHECK(record_from_value(data::Value::object()).error().code() == Code::data_loss);
  auto value = to_value(sample());
  value.set("volumes", "x");
  CHECK(record_from_value(value).error().code() == Code::data_loss);
}

TEST_CASE("labels tell all that a list shows") {
  const auto record = sample();
  const auto summary = summary_from_labels(record_labels(record, Stage::created));
  REQUIRE(summary);
  CHECK(summary->version == 3);
  CHECK(summary->uid == record.uid);
  CHECK(summary->name == "web");
  CHECK(summary->name_space == "default");
  CHECK(summary->stage == Stage::created);
  CHECK(summary->memory == record.spec.memory);
  CHECK(summary->image == record.spec.root.image);
  CHECK(summary->created_at == record.created_at);
  CHECK(summary->labels == record.labels);
}

TEST_CASE("other blobs are no VMs") {
  CHECK(!summary_from_labels({}));
  CHECK(!summary_from_labels({{"dev.liquidmetal.flintlockd/type", "microvm"}}));
  auto labels = record_labels(sample(), Stage::created);
  labels[label::uid] = "../../x";
  CHECK(!summary_from_labels(labels));
}

TEST_CASE("a label fits into containerd's limit or is refused") {
  const std::string key = "k";
  const auto room = label_limit - user_label_prefix.size() - key.size();
  CHECK(check_labels({{key, std::string(room, 'x')}}));
  CHECK(!check_labels({{key, std::string(room + 1, 'x')}}));
  CHECK(parse_label("a=b=c")->second == "b=c");
  CHECK(!parse_label("a"));
  CHECK(!parse_label("=b"));
}

}  // namespace
}  // namespace flintctl::vm
