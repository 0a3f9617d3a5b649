// SPDX-License-Identifier: Apache-2.0
#include "pool/check.hpp"

#include <fmt/format.h>

#include <memory>

#include "devmapper/driver.hpp"
#include "loop/driver.hpp"
#include "lvm/tools.hpp"
#include "outcome.hpp"
#include "provision/session.hpp"
#include "sys/host.hpp"
#include "thinpool/fill.hpp"
#include "thinpool/metadata.hpp"
#include "thinpool/pool.hpp"

namespace flintctl::cmd {
namespace {

Result<thinpool::Spec> to_spec(Host& host, const PoolCheckOptions& options) {
  const config::Config* config = TRY(host.config());
  thinpool::Spec spec;
  spec.name = options.name.empty() ? config->pool : options.name;
  spec.run_directory = config->run_directory;
  spec.directory = options.directory ? *options.directory : TRY(known_directory(host, spec.name));
  TRY(thinpool::check(spec));
  return spec;
}

/// A folder that nobody named for this pool, and that the configured one lies in: its files being
/// sound says nothing of a pool of another name.
Result<> refuse_another(Host& host, const PoolCheckOptions& options, const thinpool::Spec& spec) {
  const config::Config* config = TRY(host.config());
  if (options.directory || spec.name == config->pool ||
      spec.directory != TRY(known_directory(host, config->pool))) {
    return {};
  }
  return Error(Code::not_found, fmt::format("there is no pool '{}': the files in {} are of '{}'",
                                            spec.name, spec.directory, config->pool))
      .with_hint("give --directory if they are its own");
}

Result<> check_active(Host& host, const std::string& name, devmapper::Driver& driver) {
  const auto loops = TRY(loop::open(sys::Modules::leave));
  const thinpool::Pool pool = TRY(thinpool::inspect(name, driver, *loops));
  std::vector<std::string> found;
  std::string mend;
  for (const thinpool::Trouble& trouble : thinpool::troubles(pool)) {
    found.push_back(trouble.what);
    if (mend.empty()) mend = trouble.mend;
  }
  const thinpool::FillVerdict fill = thinpool::judge_fill(name, pool.status);
  if (fill.warning) found.push_back(*fill.warning);
  const output::Format format = TRY(host.format());
  if (format.is_table()) {
    for (const std::string& trouble : found) host.streams().out << trouble << '\n';
  }
  if (found.empty() || !format.is_table()) {
    TRY(print_outcome(host, pool_kind, {name}, found.empty() ? "ok" : "needs attention",
                      {{"active", true}, {"troubles", data::Array(found.begin(), found.end())}}));
  }
  if (found.empty()) return {};
  return Error(Code::host_not_ready, fmt::format("the pool '{}' needs attention", name))
      .with_hint(mend);
}

/// A pool that is not well is a host that is not ready, whatever is the matter.
Error unwell(Error error) {
  const bool is = error.code() == Code::data_loss || error.code() == Code::already_exists;
  return is ? std::move(error).with_code(Code::host_not_ready) : error;
}

Result<> say_sound(Host& host, const thinpool::Spec& spec, bool needs_check) {
  TRY(print_outcome(host, pool_kind, {spec.name}, "ok",
                    {{"active", false}, {"troubles", data::Array()}}));
  if (host.streams().quiet) return {};
  host.streams().err << "the pool is not active; its metadata is sound"
                     << (needs_check ? ", and the next activation clears its mark that it needs "
                                       "a check\n"
                                     : "\n");
  return {};
}

}  // namespace

Result<> pool_check(Host& host, const PoolCheckOptions& options) {
  TRY(host.format());
  const thinpool::Spec spec = TRY(to_spec(host, options));
  TRY(sys::require_root("checking a thin pool"));
  const auto driver = devmapper::open(sys::Modules::leave);
  if (driver && (*driver)->info(spec.name)) return check_active(host, spec.name, **driver);
  const auto tools = lvm::host_tools();
  if (const auto logical = TRY(thinpool::find_logical(spec.name, *tools))) {
    auto sound = thinpool::check_logical(*logical, *tools);
    if (!sound && sound.error().code() == Code::data_loss) {
      return unwell(std::move(sound).error().with_hint("flintctl pool repair " + spec.name));
    }
    TRY(std::move(sound));
    return say_sound(host, spec, false);
  }
  const auto loops = loop::open(sys::Modules::leave);
  const auto found = thinpool::check_inactive(spec, driver ? driver->get() : nullptr,
                                              loops ? loops->get() : nullptr);
  if (!found) return unwell(found.error());
  TRY(refuse_another(host, options, spec));
  return say_sound(host, spec, found->superblock->needs_check);
}

Result<> pool_repair(Host& host, const PoolCheckOptions& options) {
  TRY(host.format());
  const thinpool::Spec spec = TRY(to_spec(host, options));
  TRY(sys::require_root("repairing a thin pool"));
  const auto driver = TRY(devmapper::open());
  const auto loops = TRY(loop::open());
  const auto tools = lvm::host_tools();
  const auto logical = TRY(thinpool::find_logical(spec.name, *tools));
  const thinpool::Repaired repaired =
      TRY(logical ? thinpool::repair_logical(*logical, spec, *driver, *tools)
                  : thinpool::repair(spec, *driver, *loops));
  output::Streams& streams = host.streams();
  TRY(print_outcome(host, pool_kind, {spec.name}, repaired.changed ? "repaired" : "unchanged",
                    {{"oldMetadata", repaired.old_metadata}}));
  if (!streams.quiet && repaired.changed) {
    streams.err << fmt::format(
        "the old metadata is kept as {}\n"
        "next: flintctl provision all, then check the filesystems of the VMs (fsck)\n",
        repaired.old_metadata);
  } else if (!streams.quiet) {
    streams.err << "the metadata is sound\n";
  }
  return {};
}

void add_pool_check(cli::Command& pool, Host& host) {
  auto options = std::make_shared<PoolCheckOptions>();
  pool.add("check", "Say whether a thin pool is well")
      .details(
          "An active pool by its mode and fill level, one that is not active by thin_check. Exits "
          "0 when it is well, else 6. With check_timer in host.toml a systemd timer runs it.")
      .example("flintctl pool check", "the configured pool")
      .optional_argument("NAME", options->name, "The pool (the configured one unless given)")
      .option("--directory", options->directory, "Folder of its files", "DIR")
      .action([options, &host] { return pool_check(host, *options); });
}

void add_pool_repair(cli::Command& pool, Host& host) {
  auto options = std::make_shared<PoolCheckOptions>();
  pool.add("repair", "Repair the metadata of a thin pool that is not active")
      .details(
          "thin_repair writes new metadata from what it can read; checked, it takes the place of "
          "the old one, which is kept. For a pool of LVM's, LVM does the same, and keeps the old "
          "one "
          "as a volume of the group. Refused while the pool is active.")
      .example("flintctl pool repair", "after 'flintctl provision reset -y', which keeps all data")
      .optional_argument("NAME", options->name, "The pool (the configured one unless given)")
      .option("--directory", options->directory, "Folder of its files", "DIR")
      .action([options, &host] { return pool_repair(host, *options); });
}

}  // namespace flintctl::cmd
