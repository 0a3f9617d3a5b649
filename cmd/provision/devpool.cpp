// SPDX-License-Identifier: Apache-2.0
#include "provision/devpool.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <memory>

#include "devmapper/driver.hpp"
#include "loop/driver.hpp"
#include "lvm/tools.hpp"
#include "provision/host_places.hpp"
#include "provision/host_plan.hpp"
#include "provision/known_pool.hpp"
#include "provision/session.hpp"
#include "sys/host.hpp"

namespace flintctl::cmd {
namespace {

/// The number of blocks, or nothing when the flag was not given.
Result<std::optional<std::uint64_t>> to_blocks(const std::string& text) {
  if (text.empty()) return std::optional<std::uint64_t>();
  std::uint64_t blocks = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), blocks);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Error(Code::invalid_argument, fmt::format("'{}' is not a number of blocks", text))
        .with_hint("write it like --low-water-mark 32768");
  }
  return std::optional(blocks);
}

/// A pool as asked for, and what looks after it.
struct Wanted {
  thinpool::Spec spec;
  provision::PoolWatch watch;
};

/// What is known of the pool of that name before flags count: host.toml's, else where it was made.
Result<Wanted> known_pool(Host& host, const DevpoolOptions& options) {
  const config::Config* settings = TRY(host.config());
  Wanted known;
  known.spec.name = options.name.value_or(settings->pool);
  known.spec.run_directory = settings->run_directory;
  // The unit says all, and must not depend on what was written into host.toml since.
  if (options.at_boot) return known;
  const ProvisionSession session = TRY(open_provision_session(host, {}));
  if (session.settings.pool.name == known.spec.name) {
    return Wanted{session.settings.pool, session.settings.watch};
  }
  provision::place_as_recorded(session.paths, known.spec);
  return known;
}

Result<Wanted> to_wanted(Host& host, const DevpoolOptions& options) {
  Wanted wanted = TRY(known_pool(host, options));
  thinpool::Spec& spec = wanted.spec;
  // What was made in such a place before comes back at boot.
  if (options.directory && !options.at_boot) {
    TRY(provision::check_data_folder(*options.directory, TRY(host.config())->state_directory));
  }
  if (options.directory && *options.directory != spec.directory) {
    // Another pool than the known one: its sizes are not this one's.
    thinpool::Spec other;
    other.name = spec.name;
    other.directory = *options.directory;
    other.run_directory = spec.run_directory;
    spec = std::move(other);
  }
  if (options.data_bytes > 0) spec.data_bytes = options.data_bytes;
  if (options.metadata_bytes > 0) spec.metadata_bytes = options.metadata_bytes;
  if (const auto blocks = TRY(to_blocks(options.low_water_blocks))) spec.low_water_blocks = blocks;
  if (options.allocate == "full") spec.allocation = thinpool::Allocation::full;
  if (options.allocate == "sparse") spec.allocation = thinpool::Allocation::sparse;
  if (options.at_boot) spec.absent = thinpool::Spec::Absent::refuse;
  return wanted;
}

/// The pool alone, as the boot unit makes it: that unit runs while another command may hold the
/// host's lock and wait for it.
Result<thinpool::Outcome> run_alone(const thinpool::Spec& spec) {
  const std::unique_ptr<devmapper::Driver> driver = TRY(devmapper::open());
  const std::unique_ptr<loop::Driver> loops = TRY(loop::open());
  return thinpool::ensure(spec, *driver, *loops);
}

/// The pool and what brings it back at boot, recorded for `provision reset`.
Result<thinpool::Outcome> run_recorded(Host& host, const Wanted& wanted) {
  const thinpool::Spec& spec = wanted.spec;
  const provision::HostPaths paths = provision::host_paths(*TRY(host.config()));
  const auto drivers = provision::host_pool_drivers();
  const auto services = provision::host_services();
  provision::UdevStep udev(paths, spec.name);
  provision::DevpoolStep pool(paths, spec, *drivers, *services, wanted.watch);
  std::vector<std::string> notes = TRY(provision::apply_alone(pool, paths, spec.lock_wait));
  for (std::string& note : TRY(provision::apply_alone(udev, paths, spec.lock_wait))) {
    notes.push_back(std::move(note));
  }
  if (host.streams().quiet) notes.clear();
  for (const std::string& note : notes) host.streams().err << "note: " << note << '\n';
  return pool.outcome();
}

Result<thinpool::Outcome> run(Host& host, const Wanted& wanted, const DevpoolOptions& options) {
  const thinpool::Spec& spec = wanted.spec;
  if (options.dry_run && ::geteuid() != 0) return thinpool::plan_unprivileged(spec);
  TRY(sys::require_root("provisioning a thin pool"));
  if (options.at_boot) return run_alone(spec);
  TRY(thinpool::refuse_logical(spec.name, provision::HostPaths().etc, *lvm::host_tools()));
  if (options.dry_run) {
    if (!sys::has_misc_driver("device-mapper")) return thinpool::plan_inactive(spec);
    const std::unique_ptr<devmapper::Driver> driver = TRY(devmapper::open(sys::Modules::leave));
    const std::unique_ptr<loop::Driver> loops = TRY(loop::open(sys::Modules::leave));
    return thinpool::plan(spec, *driver, *loops);
  }
  return options.no_unit ? run_alone(spec) : run_recorded(host, wanted);
}

/// What a run would load into the kernel first.
std::vector<std::string> modules_to_load() {
  sys::KernelModules kernel;
  std::vector<std::string> modules;
  for (const char* name : {"dm_thin_pool", "loop"}) {
    if (!kernel.loaded(name) && kernel.available(name)) modules.emplace_back(name);
  }
  return modules;
}

data::Array to_array(const std::vector<std::string>& sentences) {
  return data::Array(sentences.begin(), sentences.end());
}

data::Value to_value(const thinpool::Spec& spec, const DevpoolOptions& options,
                     const thinpool::Outcome& outcome) {
  data::Value value = data::Value::object(
      {{"apiVersion", "flintctl/v1"},
       {"kind", "ThinPool"},
       {"metadata", data::Value::object({{"name", spec.name}})},
       {"result", thinpool::change_word(outcome.change)},
       {"dryRun", options.dry_run},
       {"device", devmapper::node_path(spec.name)},
       {"directory", outcome.directory.empty() ? spec.directory : outcome.directory},
       {"table", outcome.line.text()},
       {"differences", to_array(outcome.differences)},
       {"warnings", to_array(outcome.warnings)}});
  if (options.dry_run) value.set("modulesToLoad", to_array(modules_to_load()));
  return value;
}

std::string summary(const thinpool::Spec& spec, const DevpoolOptions& options,
                    const thinpool::Outcome& outcome) {
  const std::string_view word = thinpool::change_word(outcome.change);
  const bool changes =
      outcome.change == thinpool::Change::created || outcome.change == thinpool::Change::reattached;
  if (options.dry_run && changes) return fmt::format("pool/{} would be {}\n", spec.name, word);
  return fmt::format("pool/{} {}\n", spec.name, word);
}

void warn(std::ostream& err, const thinpool::Spec& spec, const thinpool::Outcome& outcome) {
  for (const std::string& difference : outcome.differences) {
    err << "warning: pool '" << spec.name << "' is used as it is: " << difference << '\n';
  }
  for (const std::string& warning : outcome.warnings) err << "warning: " << warning << '\n';
}

Result<> print(Host& host, const output::Format& format, const thinpool::Spec& spec,
               const DevpoolOptions& options, const thinpool::Outcome& outcome) {
  output::Streams& streams = host.streams();
  if (format.is_table()) {
    for (const std::string& module :
         options.dry_run ? modules_to_load() : std::vector<std::string>()) {
      streams.out << "would load module " << module << '\n';
    }
    streams.out << summary(spec, options, outcome);
    if (!streams.quiet && !outcome.line.type.empty()) {
      streams.err << "table: " << outcome.line.text() << '\n';
    }
    return {};
  }
  if (format.kind == output::Kind::name) {
    streams.out << "pool/" << spec.name << '\n';
    return {};
  }
  return output::print_value(streams.out, format, to_value(spec, options, outcome));
}

}  // namespace

Result<> devpool(Host& host, const DevpoolOptions& options) {
  const output::Format format = TRY(host.format());
  const Wanted wanted = TRY(to_wanted(host, options));
  const thinpool::Spec& spec = wanted.spec;
  TRY(thinpool::check(spec));
  const thinpool::Outcome outcome = TRY(run(host, wanted, options));
  output::Streams& streams = host.streams();
  if (!streams.quiet) warn(streams.err, spec, outcome);
  TRY(print(host, format, spec, options, outcome));
  return outcome.unwell ? Result<>(*outcome.unwell) : Result<>();
}

void add_devpool(cli::Command& provision, Host& host) {
  auto options = std::make_shared<DevpoolOptions>();
  provision.add("devpool", "Make a device-mapper thin pool on sparse files, or bring it back")
      .details(
          "Two sparse files become loop devices and a thin pool with zeroed 64 KiB blocks. Run "
          "again it changes nothing. What no flag says is taken from host.toml, where that has the "
          "pool. Where systemd runs, a unit brings the pool back at each boot, "
          "before containerd; elsewhere running this again does. A pool that another tool made is "
          "used as it is, and what differs is said.")
      .example("flintctl provision devpool", "as the development setup wants it")
      .example("flintctl provision devpool --name p --directory /srv/p --data-size 20G",
               "a smaller one elsewhere")
      .option("--name", options->name, "Name of the pool (the configured one unless given)", "NAME")
      .option("--directory", options->directory,
              "Folder of the backing files (host.toml's, else where it was made, else the usual "
              "one)",
              "DIR")
      .size_option("--data-size", options->data_bytes, "Size of a new data file (100G)")
      .size_option("--metadata-size", options->metadata_bytes, "Size of a new metadata file (10G)")
      .option("--low-water-mark", options->low_water_blocks,
              "Free blocks at which the kernel raises an event (32768)", "BLOCKS")
      .choice("--allocate", options->allocate, {"sparse", "full"},
              "Take the host's space for new files when it is written (sparse), or at once")
      .flag("--no-unit", options->no_unit,
            "The pool alone: no unit for the next boot, no udev rule, no record")
      .flag("--at-boot", options->at_boot,
            "The pool alone, and only if its files are there; what the unit runs")
      .flag("--dry-run", options->dry_run, "Say what would be done and change nothing")
      .action([options, &host] { return devpool(host, *options); });
}

}  // namespace flintctl::cmd
