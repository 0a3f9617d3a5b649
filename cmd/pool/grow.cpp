// SPDX-License-Identifier: Apache-2.0
#include "pool/grow.hpp"

#include <fmt/format.h>

#include <memory>

#include "core/units.hpp"
#include "outcome.hpp"
#include "sys/host.hpp"
#include "thinpool/grow.hpp"

namespace flintctl::cmd {

Result<> pool_grow(Host& host, const PoolGrowOptions& options) {
  if (options.data_bytes == 0 && options.metadata_bytes == 0) {
    return Error(Code::invalid_argument, "no size was given")
        .with_hint("say how large it is to be: --data-size or --metadata-size");
  }
  const output::Format format = TRY(host.format());
  thinpool::Growth growth;
  const config::Config* config = TRY(host.config());
  growth.pool = options.name.empty() ? config->pool : options.name;
  TRY(devmapper::check_name(growth.pool));
  if (options.data_bytes > 0) growth.data_bytes = options.data_bytes;
  if (options.metadata_bytes > 0) growth.metadata_bytes = options.metadata_bytes;
  if (options.allocate == "full") growth.allocation = thinpool::Allocation::full;
  growth.run_directory = config->run_directory;
  TRY(sys::require_root("growing a thin pool"));
  const auto driver = TRY(devmapper::open());
  const auto loops = TRY(loop::open());
  const auto info = driver->info(growth.pool);
  const bool logical = info && thinpool::is_logical(*info);
  const auto tools = lvm::host_tools();
  const thinpool::Grown grown =
      TRY(logical ? thinpool::grow_logical(growth, *driver, *loops, *tools)
                  : thinpool::grow(growth, *driver, *loops));
  TRY(print_outcome(host, pool_kind, {growth.pool}, grown.changed ? "grown" : "unchanged",
                    {{"dataBytes", grown.data_bytes}, {"metadataBytes", grown.metadata_bytes}}));
  if (format.is_table() && !host.streams().quiet) {
    host.streams().err << fmt::format("data: {}, metadata: {}\n", format_size(grown.data_bytes),
                                      format_size(grown.metadata_bytes));
  }
  return {};
}

void add_pool_grow(cli::Command& pool, Host& host) {
  auto options = std::make_shared<PoolGrowOptions>();
  pool.add("grow", "Make a thin pool larger while it is used")
      .details(
          "Files, loop devices and the pool's table become longer; volumes wait for a moment. LVM "
          "does the same for a pool of its own, out of the volume group. A pool cannot shrink. A "
          "killed run is finished by the same command run again.")
      .example("flintctl pool grow --data-size 200G", "the configured pool")
      .optional_argument("NAME", options->name, "The pool (the configured one unless given)")
      .size_option("--data-size", options->data_bytes, "Size that its data is to have")
      .size_option("--metadata-size", options->metadata_bytes,
                   "Size that its metadata is to have (16G at most)")
      .choice("--allocate", options->allocate, {"sparse", "full"},
              "Take the host's space when it is written, or now")
      .action([options, &host] { return pool_grow(host, *options); });
}

}  // namespace flintctl::cmd
