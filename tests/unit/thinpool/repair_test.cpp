// SPDX-License-Identifier: Apache-2.0
// Repair with the real thin_check and thin_repair, on metadata that thin_restore makes; and what is
// refused before either runs.
#include <filesystem>

#include "fixture.hpp"
#include "support/environment.hpp"
#include "sys/process.hpp"
#include "thinpool/metadata.hpp"

using namespace flintctl;
using namespace flintctl::thinpool;

namespace {

/// A pool that is not active, with metadata of one volume.
struct RestoredPool : testing::Host {
  RestoredPool() {
    spec.thin_check = "thin_check";
    REQUIRE(sys::make_directories(spec.directory));
    const std::string xml = root + "/dump.xml";
    std::ofstream(xml) << R"(<superblock uuid="" time="0" transaction="1" data_block_size="128"
 nr_data_blocks="1024"><device dev_id="1" mapped_blocks="500" transaction="0" creation_time="0"
 snap_time="0"><range_mapping origin_begin="0" data_begin="0" length="500" time="0"/></device>
</superblock>)";
    std::ofstream(metadata()) << std::string(4 * mib, '\0');
    const auto restored = sys::run(
        {sys::find_program("thin_restore").value_or("thin_restore"), "-i", xml, "-o", metadata()});
    REQUIRE(restored);
    REQUIRE(restored->status.ok());
  }
  /// Garbage over one 4 KiB block.
  void damage(unsigned block) const {
    testing::overwrite(metadata(), std::string(4096, 'x'), std::streamoff{4096} * block);
  }
};

/// A program of that name in the host's folder: a script.
std::string write_program(const testing::Host& host, const std::string& name,
                          const std::string& lines) {
  std::string path = host.root + "/" + name;
  std::ofstream(path) << "#!/bin/sh\n" << lines;
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

}  // namespace

TEST_CASE("sound metadata passes, and damage is told in thin_check's own words") {
  RestoredPool pool;
  CHECK(check_metadata(pool.metadata(), NeedsCheck::keep));
  pool.damage(1);
  const auto checked = check_metadata(pool.metadata(), NeedsCheck::keep);
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code() == Code::data_loss);
  CHECK(checked.error().text().find("bad checksum") != std::string::npos);
}

TEST_CASE("damaged metadata is repaired, and the old one is kept") {
  RestoredPool pool;
  pool.damage(GENERATE(1U, 2U, 3U));
  const std::string before = sys::read_file(pool.metadata()).value();
  const auto repaired = repair(pool.spec, pool.driver, pool.loops);
  INFO((repaired ? "" : repaired.error().text()));
  REQUIRE(repaired);
  CHECK(repaired->changed);
  CHECK(sys::read_file(repaired->old_metadata).value() == before);
  CHECK(check_metadata(pool.metadata(), NeedsCheck::keep));
  CHECK(sys::list_directory(pool.spec.directory)->size() == 2);
}

TEST_CASE("metadata without its first block is repaired by what the data file says") {
  RestoredPool pool;
  pool.damage(0);
  std::ofstream(pool.data()) << "";
  std::filesystem::resize_file(pool.data(), 64 * mib);
  const auto lost = check_inactive(pool.spec, nullptr, nullptr);
  REQUIRE_FALSE(lost);
  CHECK(lost.error().hint().find("flintctl pool repair") != std::string::npos);
  REQUIRE(repair(pool.spec, pool.driver, pool.loops));
  CHECK(check_metadata(pool.metadata(), NeedsCheck::keep));
  const auto found = check_inactive(pool.spec, nullptr, nullptr);
  REQUIRE(found);
  CHECK(found->superblock->data_blocks == 1024);
  CHECK(found->superblock->block_sectors == 128);
}

TEST_CASE("what cannot be repaired stays as it was") {
  RestoredPool pool;
  std::ofstream(pool.data()) << "x";
  for (unsigned block = 0; block < 1024; ++block) pool.damage(block);
  const std::string before = sys::read_file(pool.metadata()).value();
  REQUIRE_FALSE(repair(pool.spec, pool.driver, pool.loops));
  CHECK(sys::read_file(pool.metadata()).value() == before);
  CHECK(sys::list_directory(pool.spec.directory)->size() == 2);
}

TEST_CASE("a tool that was killed says nothing of the metadata") {
  RestoredPool pool;
  const std::string killed = write_program(pool, "killed", "kill -9 $$\n");
  const auto checked = check_metadata(pool.metadata(), NeedsCheck::keep, killed);
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code() == Code::unknown);
}

TEST_CASE("files of a live pool of another name are neither checked nor repaired") {
  testing::Host host;
  REQUIRE(host.ensure());
  host.spec.name = "other";
  host.spec.thin_check = write_program(host, "check", "echo ran >" + host.root + "/ran\nexit 1\n");
  const auto repaired = repair(host.spec, host.driver, host.loops);
  REQUIRE_FALSE(repaired);
  CHECK(repaired.error().code() == Code::aborted);
  CHECK(repaired.error().text().find("in use by the device 'pool'") != std::string::npos);
  const auto checked = check_inactive(host.spec, &host.driver, &host.loops);
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code() == Code::aborted);
  CHECK(checked.error().hint().starts_with("flintctl pool check pool"));
  CHECK_FALSE(sys::exists(host.root + "/ran"));
}

TEST_CASE("a check leaves the mark that it is needed, and a repair takes it away") {
  testing::Host host;
  REQUIRE(host.ensure());
  host.reboot();
  testing::overwrite(host.metadata(), testing::superblock_bytes(1024, 128, 1));
  const std::string arguments = host.root + "/arguments";
  host.spec.thin_check = write_program(host, "check", "echo \"$@\" >" + arguments + "\n");
  const auto checked = check_inactive(host.spec, &host.driver, &host.loops);
  REQUIRE(checked);
  CHECK(checked->superblock->needs_check);
  CHECK(sys::read_file(arguments).value() == host.metadata() + "\n");
  REQUIRE(repair(host.spec, host.driver, host.loops));
  CHECK(sys::read_file(arguments).value() == "--clear-needs-check-flag " + host.metadata() + "\n");
}

TEST_CASE("a pool whose data file is missing or cut is not well") {
  testing::Host host;
  REQUIRE(host.ensure());
  host.reboot();
  REQUIRE(check_inactive(host.spec, nullptr, nullptr));
  std::filesystem::resize_file(host.data(), 32 * mib);
  CHECK(check_inactive(host.spec, nullptr, nullptr).error().code() == Code::data_loss);
  REQUIRE(sys::remove_file(host.data()));
  const auto checked = check_inactive(host.spec, nullptr, nullptr);
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code() == Code::data_loss);
  CHECK(checked.error().text().find("data is missing") != std::string::npos);
}

TEST_CASE("the hint of a check names the folder, or the package that is missing") {
  testing::Host host;
  REQUIRE(host.ensure());
  host.reboot();
  host.spec.thin_check = "false";
  const std::string command = "flintctl pool repair pool --directory " + host.spec.directory;
  CHECK(check_inactive(host.spec, nullptr, nullptr).error().hint() == command);
  CHECK(host.ensure().error().hint() == command);
  host.spec.thin_check = "no-such-program";
  const auto checked = check_inactive(host.spec, nullptr, nullptr);
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code() == Code::host_not_ready);
  CHECK(checked.error().hint().find("apt-get install thin-provisioning-tools") !=
        std::string::npos);
  host.spec.directory = host.root + "/empty";
  CHECK(check_inactive(host.spec, nullptr, nullptr).error().code() == Code::not_found);
  CHECK(repair_command("pool", Spec().directory) == "flintctl pool repair pool");
}

TEST_CASE("a repair that fails says what is the matter and what to do, not how the tool is built") {
  testing::Host host;
  REQUIRE(host.ensure());
  host.reboot();
  host.spec.thin_check = "false";
  write_program(host, "thin_repair",
                "echo \"terminate called after throwing an instance of 'std::runtime_error'\" >&2\n"
                "echo \"  what():  couldn't get block 3\" >&2\nexit 134\n");
  const testing::Environment path("PATH", host.root + ":/usr/bin:/bin");
  const auto repaired = repair(host.spec, host.driver, host.loops);
  REQUIRE_FALSE(repaired);
  CHECK(repaired.error().text().ends_with("is damaged: couldn't get block 3"));
  CHECK(repaired.error().hint().starts_with("nothing was changed"));
}
