// SPDX-License-Identifier: Apache-2.0
#include "provision/containerd_log.hpp"

#include <string>

#include "support/catch.hpp"

using flintctl::provision::explain_log;
using flintctl::provision::log_line_text;
using flintctl::provision::waits_for_database;

namespace {

const std::string start =
    "time=\"2026-01-01T00:00:00.1Z\" level=info msg=\"starting containerd\" revision=x "
    "version=1.6\n"
    "time=\"2026-01-01T00:00:00.2Z\" level=info msg=\"skip loading plugin "
    "\\\"io.containerd.snapshotter.v1.aufs\\\"...\" error=\"aufs is not supported: skip plugin\" "
    "type=io.containerd.snapshotter.v1\n";

const std::string pool_missing =
    "time=\"2026-01-01T00:00:00.3Z\" level=warning msg=\"failed to load plugin "
    "io.containerd.snapshotter.v1.devmapper\" error=\"failed to query pool "
    "\\\"/dev/mapper/p1\\\": no such device or address\"\n";

const std::string metrics_taken =
    "containerd: failed to get listener for metrics endpoint: listen tcp 127.0.0.1:1338: bind: "
    "address already in use\n";

const std::string serving =
    "time=\"2026-01-01T00:00:01Z\" level=info msg=\"containerd successfully booted in 0.03s\"\n";

}  // namespace

TEST_CASE("containerd's last words win, and a taken address is named") {
  const auto found = explain_log(start + pool_missing + metrics_taken, "devmapper");
  CHECK(found.line.find("127.0.0.1:1338: bind: address already in use") != std::string::npos);
  CHECK(found.hint.find("--metrics-address") != std::string::npos);
  // 'provision all' writes what host.toml says.
  CHECK(found.hint.find("metrics_address in [containerd]") != std::string::npos);
}

TEST_CASE("a snapshotter that failed is told with its reason, unquoted") {
  const auto found = explain_log(start + pool_missing + serving, "devmapper");
  CHECK(found.line ==
        "failed to load plugin io.containerd.snapshotter.v1.devmapper: failed to "
        "query pool \"/dev/mapper/p1\": no such device or address");
  CHECK(found.hint.find("provision devpool") != std::string::npos);
  CHECK(explain_log(start + pool_missing + serving, "aufs").line.find("aufs is not supported") !=
        std::string::npos);
}

TEST_CASE("containerd 2 names the plugin in a field of its own") {
  const auto found = explain_log(
      "level=warning msg=\"failed to load plugin\" error=\"no such device\" "
      "id=io.containerd.snapshotter.v1.devmapper type=io.containerd.snapshotter.v1\n"
      "level=warning msg=\"failed to load plugin\" error=\"no such device\" "
      "id=io.containerd.metadata.v1.bolt type=io.containerd.metadata.v1\n",
      "devmapper");
  CHECK(found.line ==
        "failed to load plugin io.containerd.snapshotter.v1.devmapper: no such device");
}

TEST_CASE("a cancelled start is explained by what stands above it") {
  const auto found =
      explain_log("level=error msg=\"disk is full\"\ncontainerd: context canceled\n", "devmapper");
  CHECK(found.line == "disk is full");
}

TEST_CASE("a panic is found among its stack") {
  const auto found = explain_log(
      start +
          "panic: runtime error: invalid memory address\n\ngoroutine 1 [running]:\nmain.main()\n",
      "devmapper");
  CHECK(found.line == "panic: runtime error: invalid memory address");
}

TEST_CASE("a configuration error has the hint to write one that works") {
  const auto found =
      explain_log("containerd: failed to load TOML: c.toml: (2, 1): expecting\n", "");
  CHECK(found.line == "containerd: failed to load TOML: c.toml: (2, 1): expecting");
  CHECK(found.hint.find("config --write") != std::string::npos);
}

TEST_CASE("without anything better the last line is told; an empty log tells nothing") {
  CHECK(explain_log(start + serving + "\n  \n", "").line ==
        "containerd successfully booted in 0.03s");
  CHECK(explain_log("", "devmapper").line.empty());
  CHECK(explain_log("\n\n", "devmapper").line.empty());
}

TEST_CASE("the last error line is preferred to later information") {
  CHECK(explain_log("level=error msg=first\nlevel=error msg=second\nlevel=info msg=third\n", "")
            .line == "second");
}

TEST_CASE("logfmt is undone, other lines stay") {
  CHECK(log_line_text("time=\"t\" level=info msg=\"say \\\"hi\\\" twice\" error=no") ==
        "say \"hi\" twice: no");
  CHECK(log_line_text("msg=plain level=info") == "plain");
  // A key inside a quoted value is no key.
  CHECK(log_line_text("level=info msg=\"a error=b c\"") == "a error=b c");
  CHECK(log_line_text("no logfmt at all") == "no logfmt at all");
  CHECK(log_line_text("msg=\"unfinished") == "unfinished");
  CHECK(log_line_text("msg=\"two\\nlines\"") == "two lines");
}

TEST_CASE("waiting for the metadata database is recognized") {
  const std::string loading =
      "level=info msg=\"loading plugin \\\"io.containerd.metadata.v1.bolt\\\"...\" type=x\n";
  CHECK(waits_for_database(start + loading +
                           "level=info msg=\"metadata content store policy set\" policy=shared\n"));
  CHECK(waits_for_database("level=warning msg=\"waiting for response from boltdb open\"\n"));
  CHECK_FALSE(waits_for_database(start + loading + metrics_taken));
  CHECK_FALSE(waits_for_database(start + serving));
  CHECK_FALSE(waits_for_database(""));
}
