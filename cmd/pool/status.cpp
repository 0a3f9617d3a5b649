// SPDX-License-Identifier: Apache-2.0
#include "pool/status.hpp"

#include <memory>

#include "devmapper/driver.hpp"
#include "loop/driver.hpp"
#include "pool/view.hpp"
#include "sys/host.hpp"
#include "thinpool/pool.hpp"
#include "thinpool/provision.hpp"

namespace flintctl::cmd {
namespace {

Result<std::vector<thinpool::Pool>> read_pools(const std::vector<std::string>& names) {
  std::vector<thinpool::Pool> pools;
  const auto inactive = [](const std::string& name) {
    return Error(Code::not_found, "no thin pool '" + name + "' is active")
        .with_hint("make it or bring it back with: " + thinpool::maker_command(name));
  };
  // Before its driver is loaded there is no pool, and looking loads none.
  if (!sys::has_misc_driver("device-mapper")) return inactive(names.front());
  const std::unique_ptr<devmapper::Driver> driver = TRY(devmapper::open(sys::Modules::leave));
  const std::unique_ptr<loop::Driver> loops = TRY(loop::open(sys::Modules::leave));
  for (const std::string& name : names) {
    Result<thinpool::Pool> pool = thinpool::inspect(name, *driver, *loops);
    if (!pool && pool.error().code() == Code::not_found) return inactive(name);
    pools.push_back(TRY(std::move(pool)));
  }
  return pools;
}

}  // namespace

Result<> pool_status(Host& host, const PoolStatusOptions& options) {
  const output::Format format = TRY(host.format());
  std::vector<std::string> names = options.names;
  if (names.empty()) names.push_back(TRY(host.config())->pool);
  for (const std::string& name : names) TRY(devmapper::check_name(name));
  TRY(sys::require_root("reading a thin pool"));
  const std::vector<thinpool::Pool> pools = TRY(read_pools(names));

  output::Streams& streams = host.streams();
  const auto titles =
      host.options().no_headers ? output::Table::Titles::hide : output::Table::Titles::show;
  for (const thinpool::Pool& pool : pools) {
    for (const thinpool::Trouble& trouble : thinpool::troubles(pool)) {
      streams.err << "warning: pool '" << pool.device.name << "': " << trouble.what << '\n';
    }
    if (pool.table.features.skip_block_zeroing && !streams.quiet) {
      streams.err << "note: pool '" << pool.device.name
                  << "' skips block zeroing (skip_block_zeroing): a VM can read what another left "
                     "on the disk\n";
    }
  }
  if (format.is_table()) {
    print_pools(streams.out, format.kind, titles, pools);
    return {};
  }
  if (format.kind == output::Kind::name) {
    for (const thinpool::Pool& pool : pools) streams.out << "pool/" << pool.device.name << '\n';
    return {};
  }
  if (pools.size() == 1) return output::print_value(streams.out, format, to_value(pools.front()));
  data::Array items;
  for (const thinpool::Pool& pool : pools) items.push_back(to_value(pool));
  return output::print_value(streams.out, format, output::list_value(std::move(items)));
}

void add_pool_status(cli::Command& pool, Host& host) {
  auto options = std::make_shared<PoolStatusOptions>();
  pool.add("status", "Show a thin pool's usage, mode, backing files and volumes")
      .example("flintctl pool status -o wide", "with features, files and volumes' devices")
      .example("flintctl pool status -o jsonpath={.status.data.usedPercent}", "for a monitor")
      .arguments("NAME", options->names, 0, "Pools to show (the configured one unless given)")
      .action([options, &host] { return pool_status(host, *options); });
}

}  // namespace flintctl::cmd
