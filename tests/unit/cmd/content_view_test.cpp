// SPDX-License-Identifier: Apache-2.0
#include "content/view.hpp"

#include <sstream>

#include "support/catch.hpp"

using namespace flintctl;

namespace {

const auto created = containerd::Time(std::chrono::seconds(1700000000));

std::string printed(output::Kind kind, const containerd::ContentInfo& content) {
  std::ostringstream out;
  cmd::print_contents(out, kind, output::Table::Titles::show, {content},
                      created + std::chrono::seconds(90));
  return out.str();
}

containerd::ContentInfo sample() {
  const std::string layer = "sha256:" + std::string(64, 'b');
  return {"sha256:" + std::string(64, 'a'),
          1536,
          created,
          created,
          {{"containerd.io/gc.ref.content.l.0", layer}, {"name", "web"}}};
}

}  // namespace

TEST_CASE("a table of content cuts digests and gives each label a line") {
  CHECK(printed(output::Kind::table, sample()) ==
        "DIGEST                SIZE      AGE   LABELS\n"
        "sha256:aaaaaaaaaaaa   1.5 KiB   90s   containerd.io/gc.ref.content.l.0=\n"
        "                                        sha256:bbbbbbbbbbbb\n"
        "                                      name=web\n");
}

TEST_CASE("content without labels says so") {
  auto content = sample();
  content.labels.clear();
  CHECK(printed(output::Kind::table, content) ==
        "DIGEST                SIZE      AGE   LABELS\n"
        "sha256:aaaaaaaaaaaa   1.5 KiB   90s   <none>\n");
}

TEST_CASE("wide content is whole and on one line, as ctr has it") {
  const auto text = printed(output::Kind::wide, sample());
  CHECK(text.find("sha256:" + std::string(64, 'a')) != std::string::npos);
  CHECK(text.find("l.0=sha256:" + std::string(64, 'b') + ",name=web\n") != std::string::npos);
}

TEST_CASE("content as a value has stable names and RFC 3339 times") {
  const auto value = cmd::to_value(sample());
  CHECK(data::to_json(value) == R"({"digest":"sha256:)" + std::string(64, 'a') +
                                    R"(","size":1536,"createdAt":"2023-11-14T22:13:20Z",)" +
                                    R"("labels":{"containerd.io/gc.ref.content.l.0":"sha256:)" +
                                    std::string(64, 'b') + R"(","name":"web"}})");
}

TEST_CASE("a time that containerd does not know is null") {
  auto content = sample();
  content.created_at = {};
  CHECK(cmd::to_value(content).find("createdAt")->is_null());
}
