// SPDX-License-Identifier: Apache-2.0
#include "image/view.hpp"

#include <sstream>

#include "support/catch.hpp"

using namespace flintctl;

namespace {

const auto created = containerd::Time(std::chrono::seconds(1700000000));
const auto target = oci::Digest::of("index");

image::ImageSummary sample() {
  const auto manifest = oci::Digest::of("manifest");
  const oci::Descriptor config{"config", oci::Digest::of("config"), 24};
  const oci::Descriptor layer{"tar", oci::Digest::of("layer"), 1000};
  image::LocalImage local{"r.io/os:1",
                          {"index", target, 100},
                          {"manifest", manifest, 512},
                          {config, {layer}},
                          {{"linux", "amd64", ""}, {oci::Digest::of("tar")}},
                          {oci::Digest::of("tar")},
                          created};
  containerd::Image record;
  record.name = "r.io/os:1";
  record.target = {"index", target.text(), 100};
  record.created_at = created;
  return {record, local, 4096, 1024};
}

std::string printed(output::Kind kind, const image::ImageSummary& image) {
  std::ostringstream out;
  cmd::print_images(out, kind, output::Table::Titles::show, {{image, {"default/a", "default/b"}}},
                    created + std::chrono::seconds(90));
  return out.str();
}

}  // namespace

TEST_CASE("images are listed with the compressed and the unpacked size") {
  CHECK(printed(output::Kind::table, sample()) ==
        "REF         DIGEST                SIZE      UNPACKED   AGE\n"
        "r.io/os:1   " +
            target.text().substr(0, 19) + "   1.5 KiB   4 KiB      90s\n");
  const auto wide = printed(output::Kind::wide, sample());
  for (const char* const part :
       {"linux/amd64", "SHARED", " 1 KiB ", "USED BY", " default/a,default/b "}) {
    INFO(part);
    CHECK(wide.find(part) != std::string::npos);
  }
}

TEST_CASE("an image of another platform says what is known") {
  auto summary = sample();
  summary.image.reset();
  summary.unpacked_size.reset();
  const std::string text = printed(output::Kind::table, summary);
  CHECK(text.find("<unknown>") != std::string::npos);
  CHECK(text.find("<none>") != std::string::npos);
  CHECK(cmd::to_value({summary, {}}, "native").find("snapshot") == nullptr);
}

TEST_CASE("an image that is only in the kernel cache says so") {
  cmd::ListedImage listed{sample(), {}, {"/kernels/a"}};
  const auto text = [&] {
    std::ostringstream out;
    cmd::print_images(out, output::Kind::table, output::Table::Titles::hide, {listed}, created);
    return out.str();
  };
  CHECK(text().find("   4 KiB   ") != std::string::npos);
  listed.summary.unpacked_size.reset();
  CHECK(text().find("   boot-files   ") != std::string::npos);
  const auto value = cmd::to_value(listed, "devmapper");
  REQUIRE(value.find("bootFiles") != nullptr);
  CHECK(*value.find("bootFiles")->elements().at(0).as_string() == "/kernels/a");
  CHECK(cmd::to_value({sample(), {}}, "devmapper").find("bootFiles") == nullptr);
}

TEST_CASE("an image as JSON has stable names") {
  const auto value = cmd::to_value({sample(), {"default/web"}}, "devmapper");
  CHECK(value.string_or("name") == "r.io/os:1");
  CHECK(value.string_or("digest") == target.text());
  CHECK(value.string_or("platform") == "linux/amd64");
  CHECK(value.integer_or("size") == 1536);
  CHECK(value.integer_or("unpackedSize") == 4096);
  CHECK(value.integer_or("sharedSize") == 1024);
  CHECK(value.integer_or("thinPoolSize") == 4096);
  CHECK(cmd::to_value({sample(), {}}, "overlayfs").find("thinPoolSize") == nullptr);
  REQUIRE(value.find("usedBy") != nullptr);
  CHECK(*value.find("usedBy")->elements().at(0).as_string() == "default/web");
  CHECK(value.string_or("snapshot") == oci::Digest::of("tar").text());
  CHECK(value.string_or("createdAt") == "2023-11-14T22:13:20Z");
}

TEST_CASE("a pull as JSON says what its time went into") {
  image::PullResult pulled{*sample().image, image::PullOutcome::pulled};
  CHECK(cmd::to_value(pulled).find("seconds") == nullptr);
  pulled.spent = {{image::Work::inflate, std::chrono::milliseconds(1250)},
                  {image::Work::containerd, std::chrono::microseconds(40400)}};
  const auto value = cmd::to_value(pulled);
  REQUIRE(value.find("seconds") != nullptr);
  CHECK(data::to_json(*value.find("seconds")) == R"({"inflate":1.25,"containerd":0.04})");
  CHECK(value.string_or("snapshot") == oci::Digest::of("tar").text());
}

TEST_CASE("a pull of boot files alone names no snapshot, for it made none") {
  image::PullResult pulled{*sample().image, image::PullOutcome::pulled};
  pulled.files = image::CachedBootFiles();
  const auto value = cmd::to_value(pulled);
  CHECK(value.find("snapshot") == nullptr);
  CHECK(value.string_or("outcome") == "pulled");
}

TEST_CASE("a pull prints what it did to which image") {
  std::ostringstream out;
  cmd::print_pulled(out, output::Kind::table, {*sample().image, image::PullOutcome::pulled});
  cmd::print_pulled(out, output::Kind::table, {*sample().image, image::PullOutcome::unchanged});
  cmd::print_pulled(out, output::Kind::name, {*sample().image, image::PullOutcome::pulled});
  CHECK(out.str() == "image/r.io/os:1 pulled\nimage/r.io/os:1 unchanged\nimage/r.io/os:1\n");
}
