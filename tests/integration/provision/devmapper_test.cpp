// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include "core/units.hpp"
#include "devmapper/driver.hpp"
#include "host.hpp"
#include "loop/driver.hpp"
#include "provision/containerd_config.hpp"
#include "provision/containerd_daemon.hpp"
#include "provision/containerd_install.hpp"
#include "support/catch.hpp"
#include "thinpool/provision.hpp"

using namespace flintctl;
using namespace flintctl::provision;

namespace {

constexpr const char* pool_name = "flintctl-test-pool";

bool contains(const std::string& text, const std::string& part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
  return text.find(part) != std::string::npos;
}

/// A host whose configuration wants the devmapper snapshotter, with or without its pool.
class DevmapperHost : public TestHost {
 public:
  DevmapperHost() {
    settings.pool = pool_name;
    start.snapshotter = "devmapper";
    auto opened = devmapper::open();
    if (!opened) FAIL(said(opened.error()));
    driver = *std::move(opened);
  }
  ~DevmapperHost() {
    (void)stop_containerd(stop_options());
    (void)driver->remove(pool_name, devmapper::Removal::retry);
  }

  void make_pool() {
    const auto loops = loop::open();
    if (!loops) FAIL(said(loops.error()));
    thinpool::Spec spec;
    spec.name = pool_name;
    spec.directory = folder() + "/pool";
    spec.data_bytes = gib;
    spec.metadata_bytes = 64 * mib;
    spec.run_directory = folder() + "/run";
    const auto made = thinpool::ensure(spec, *driver, **loops);
    if (!made) FAIL(said(made.error()));
  }

  std::unique_ptr<devmapper::Driver> driver;
};

}  // namespace

TEST_CASE("a missing pool is named, with the command that makes it; then the start succeeds") {
  DevmapperHost host;
  host.configure();
  const auto refused = start_containerd(host.start);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::host_not_ready);
  CHECK(contains(refused.error().text(), "the thin pool 'flintctl-test-pool' does not exist"));
  CHECK(contains(refused.error().text(), "failed to load plugin"));
  CHECK(contains(std::string(refused.error().hint()), "flintctl provision devpool"));
  CHECK(host.processes().empty());

  host.make_pool();
  const auto run = start_containerd(host.start);
  if (!run) FAIL(said(run.error()));
  CHECK(run->changed);
  const auto status = containerd_status(host.address(), "devmapper");
  REQUIRE(status);
  CHECK(status->problem.empty());
  CHECK_FALSE(start_containerd(host.start)->changed);
  const auto stopped = stop_containerd(host.stop_options());
  REQUIRE(stopped);
  CHECK(*stopped == run->pid);
  // The pool is the host's, not containerd's.
  CHECK(host.driver->info(pool_name));
}

TEST_CASE("a containerd that started before its pool is told to be restarted") {
  DevmapperHost host;
  host.configure();
  host.start.snapshotter = "native";
  REQUIRE(start_containerd(host.start));
  host.make_pool();
  host.start.snapshotter = "devmapper";
  const auto joined = start_containerd(host.start);
  REQUIRE_FALSE(joined);
  CHECK(joined.error().code() == Code::host_not_ready);
  CHECK(contains(std::string(joined.error().hint()), "flintctl containerd stop"));
  CHECK(host.processes().size() == 1);
}

TEST_CASE("the live pool decides on fs_options, and containerd takes them") {
  DevmapperHost host;
  host.make_pool();
  auto settings = fit_to_host(host.settings);
  REQUIRE(settings);
  CHECK(settings->zeroing == Zeroing::zeroes);
  CHECK(settings->mke2fs_can_skip_zeros);
  CHECK(contains(containerd_toml(*settings), "assume_storage_prezeroed=1"));
  host.settings = *settings;
  host.configure();
  const auto run = start_containerd(host.start);
  if (!run) FAIL(said(run.error()));
  REQUIRE(stop_containerd(host.stop_options()));

  // The same configuration with a pool that does not zero would corrupt file systems.
  auto table = host.driver->table(pool_name);
  REQUIRE(table);
  std::string& parameters = table->front().params;
  REQUIRE(pool_zeroing(parameters) == Zeroing::zeroes);
  parameters = parameters.substr(0, parameters.find("32768")) + "32768 1 skip_block_zeroing";
  REQUIRE(host.driver->load(pool_name, *table));
  REQUIRE(host.driver->suspend(pool_name));
  REQUIRE(host.driver->resume(pool_name));
  CHECK(fit_to_host(host.settings)->zeroing == Zeroing::skips);
  const auto refused = start_containerd(host.start);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::host_not_ready);
  CHECK(contains(refused.error().text(), "skip_block_zeroing"));
  CHECK(host.processes().empty());
}
