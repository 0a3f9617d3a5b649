// SPDX-License-Identifier: Apache-2.0
#include "thinpool/metadata.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <sstream>
#include <string_view>
#include <vector>

#include "core/rollback.hpp"
#include "lvm/report.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/lock.hpp"
#include "sys/process.hpp"
#include "thinpool/backing.hpp"
#include "thinpool/differences.hpp"
#include "thinpool/users.hpp"

namespace flintctl::thinpool {
namespace {

constexpr auto tool_timeout = std::chrono::minutes(30);  // terabytes of mappings take minutes

Result<std::string> find_tool(const std::string& program) {
  auto path = sys::find_program(program);
  if (path) return path;
  return std::move(path)
      .error()
      .with_code(Code::host_not_ready)
      .with_hint("install it: apt-get install thin-provisioning-tools");
}

/// The tools indent each cause below what it breaks: "superblock is corrupt", and below that "bad
/// checksum in superblock, wanted 1". The last of the deepest lines: what is found stands last.
std::string deepest_line(const sys::Output& output) {
  std::istringstream text(output.err.empty() ? output.out : output.err);
  constexpr std::string_view raw = "what():";  // of an exception that the tool did not expect
  std::string deepest;
  std::size_t depth = 0;
  for (std::string line; std::getline(text, line);) {
    const auto begin = line.find_first_not_of(' ');
    if (begin == std::string::npos || begin < depth) continue;
    depth = begin;
    deepest = line.substr(begin);
    if (!deepest.starts_with(raw)) continue;
    deepest.erase(0, std::min(deepest.find_first_not_of(' ', raw.size()), deepest.size()));
  }
  return deepest;
}

/// Runs a tool; what it says when it fails.
Result<> run_tool(const std::vector<std::string>& argv, const std::string& file) {
  const sys::Output output = TRY(sys::run(argv, {}, tool_timeout));
  if (output.status.ok()) return {};
  if (output.status.signal != 0) {
    return Error(Code::unknown, fmt::format("{} was {}", argv.front(), output.status.text()));
  }
  const std::string said = deepest_line(output);
  return Error(Code::data_loss,
               fmt::format("{} is damaged: {}", file, said.empty() ? output.status.text() : said));
}

/// A file beside `path` as long as it, with all its blocks.
Result<std::string> make_twin(const std::string& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) return sys::last_error("reading " + path);
  const auto needed = static_cast<std::uint64_t>(status.st_blocks) * sector_bytes;
  if (const auto space = TRY(sys::filesystem_space(path)); space.available < needed) {
    return Error(Code::resource_exhausted,
                 fmt::format("a repaired copy of {} takes up to {}, and its filesystem has {} left",
                             path, format_size(needed), format_size(space.available)))
        .with_hint("free some space there");
  }
  const std::string twin = path + ".repaired";
  TRY(sys::remove_file(twin));
  const UniqueFd file = TRY(sys::open(twin, O_RDWR | O_CREAT | O_EXCL, 0600));
  if (::ftruncate(file.get(), status.st_size) != 0) return sys::last_error("making " + twin);
  return twin;
}

Result<std::string> keep_old(const std::string& path) {
  std::string kept = fmt::format("{}.damaged-{}", path, std::time(nullptr));
  for (int number = 1; ::link(path.c_str(), kept.c_str()) != 0; ++number) {
    if (errno != EEXIST) return sys::last_error("keeping the old metadata as " + kept);
    kept = fmt::format("{}.damaged-{}-{}", path, std::time(nullptr), number);
  }
  return kept;
}

Result<> refuse_active(const std::string& pool, devmapper::Driver& driver) {
  if (!driver.info(pool)) return {};
  return Error(Code::aborted, "the pool is active: its metadata changes while it is")
      .with_hint(
          "stop its VMs and containerd, then: flintctl provision reset -y (it keeps all "
          "data); after the repair: flintctl provision all");
}

/// Another's device on the files: a pool's name does not say whose they are.
Result<> refuse_used(const BackingFiles& files, devmapper::Driver& driver, loop::Driver& loops) {
  const auto user = TRY(find_user(files, driver, loops));
  if (!user) return {};
  return Error(Code::aborted,
               fmt::format("{} is in use by the device '{}'", user->file, user->device))
      .with_hint(
          fmt::format("flintctl pool check {}; for another folder give --directory", user->device));
}

/// What the lost first block of a pool's metadata said, as far as it is known: the length of its
/// data. Pools that containerd or flintctl made have these blocks, and no transactions.
Result<std::vector<std::string>> assumed_superblock(const BackingFiles& files) {
  const PoolTable usual;
  struct stat data = {};
  if (::stat(files.data.c_str(), &data) != 0) return sys::last_error("reading " + files.data);
  const std::uint64_t blocks = static_cast<std::uint64_t>(data.st_size) / usual.block_bytes();
  return std::vector<std::string>{"--transaction-id",  "0",
                                  "--data-block-size", std::to_string(usual.block_sectors),
                                  "--nr-data-blocks",  std::to_string(blocks)};
}

/// Out of mere garbage thin_repair makes a pool without volumes.
Result<bool> has_volumes(const std::string& metadata) {
  const std::string tool = TRY(find_tool("thin_ls"));
  const auto output =
      TRY(sys::run({tool, "--no-headers", "--format", "DEV", metadata}, {}, tool_timeout));
  return output.status.ok() && output.out.find_first_of("0123456789") != std::string::npos;
}

/// Writes to `twin` what can be read of the metadata.
Result<> run_repair(const BackingFiles& files, const std::string& twin) {
  std::vector<std::string> argv = {TRY(find_tool("thin_repair")), "-i", files.metadata, "-o", twin};
  auto made = run_tool(argv, files.metadata);
  if (made || made.error().code() != Code::data_loss) return made;
  const auto assumed = TRY(assumed_superblock(files));
  argv.insert(argv.end(), assumed.begin(), assumed.end());
  if (run_tool(argv, files.metadata) && TRY(has_volumes(twin))) return {};
  return std::move(made)
      .error()
      .context("thin_repair cannot make sense of it")
      .with_hint(fmt::format("nothing was changed; to give up what the pool held: mv {0} {0}.lost, "
                             "flintctl provision reset -y --delete-data, then: flintctl provision "
                             "all",
                             files.metadata));
}

Result<Repaired> repair_locked(const Spec& spec, devmapper::Driver& driver, loop::Driver& loops) {
  TRY(refuse_active(spec.name, driver));
  const BackingFiles files = backing_files(spec.directory);
  const std::string& metadata = files.metadata;
  if (!sys::exists(metadata)) {
    return Error(Code::not_found, metadata + " does not exist").with_hint("give --directory");
  }
  TRY(refuse_used(files, driver, loops));
  const auto sound = check_metadata(metadata, NeedsCheck::clear, spec.thin_check);
  if (sound) return Repaired{};
  if (sound.error().code() != Code::data_loss) return Error(sound.error());
  const std::string twin = TRY(make_twin(metadata));
  Rollback undo([&] { static_cast<void>(sys::remove_file(twin)); });
  TRY(run_repair(files, twin));
  TRY(check_metadata(twin, NeedsCheck::clear, spec.thin_check)
          .context("what thin_repair made is no better"));
  const std::string kept = TRY(keep_old(metadata));
  // Either name has whole metadata at every moment.
  if (std::rename(twin.c_str(), metadata.c_str()) != 0) {
    return sys::last_error("replacing " + metadata);
  }
  undo.commit();
  return Repaired{true, kept};
}

const lvm::LogicalVolume* find_pool(const lvm::Report& report, const lvm::LogicalName& name) {
  const lvm::VolumeGroup* group = report.find(name.group);
  const lvm::LogicalVolume* volume = group == nullptr ? nullptr : group->find(name.volume);
  return volume != nullptr && volume->type == "thin-pool" ? volume : nullptr;
}

/// What a repair left of the old metadata: the volume that was not there before.
std::string new_volume(const lvm::Report& before, const lvm::Report& after,
                       const lvm::LogicalName& pool) {
  const lvm::VolumeGroup* old = before.find(pool.group);
  const lvm::VolumeGroup* now = after.find(pool.group);
  if (old == nullptr || now == nullptr) return {};
  for (const lvm::LogicalVolume& volume : now->logical) {
    if (old->find(volume.name) == nullptr) return pool.group + "/" + volume.name;
  }
  return {};
}

Result<Repaired> repair_logical_locked(const lvm::LogicalName& pool, const Spec& spec,
                                       devmapper::Driver& driver, lvm::Tools& tools) {
  TRY(refuse_active(lvm::dm_name(pool), driver));
  const auto sound = check_logical(pool, tools, spec.thin_check);
  if (sound) return Repaired{};
  if (sound.error().code() != Code::data_loss) return Error(sound.error());
  TRY(find_tool("thin_repair"));
  const lvm::Report before = TRY(lvm::read_report(tools));
  TRY(tools.run({"lvconvert", "--yes", "--repair", pool.text()}));
  TRY(check_logical(pool, tools, spec.thin_check).context("what thin_repair made is no better"));
  return Repaired{true, new_volume(before, TRY(lvm::read_report(tools)), pool)};
}

}  // namespace

Result<> check_metadata(const std::string& file, NeedsCheck mark, const std::string& program) {
  std::vector<std::string> argv = {TRY(find_tool(program))};
  if (mark == NeedsCheck::clear) argv.emplace_back("--clear-needs-check-flag");
  argv.push_back(file);
  return run_tool(argv, file);
}

Result<Survey> check_inactive(const Spec& spec, devmapper::Driver* driver, loop::Driver* loops) {
  const BackingFiles files = backing_files(spec.directory);
  if (driver != nullptr && loops != nullptr) TRY(refuse_used(files, *driver, *loops));
  Survey found = TRY(survey(files));
  if (!found.superblock) {
    return Error(Code::not_found,
                 fmt::format("there is no pool '{}', active or in {}", spec.name, files.directory))
        .with_hint("give --directory, or make it: " + maker_command(spec.name));
  }
  auto sound =
      check_metadata(found.superblock_unfinished ? files.unfinished_metadata : files.metadata,
                     NeedsCheck::keep, spec.thin_check);
  if (sound) return found;
  if (sound.error().code() != Code::data_loss) return sound.error();
  return std::move(sound).error().with_hint(repair_command(spec.name, spec.directory));
}

Result<> remove_old_metadata(const BackingFiles& files) {
  for (const std::string& name : TRY(sys::list_directory(files.directory))) {
    if (name.starts_with("metadata.damaged-") || name == "metadata.repaired") {
      TRY(sys::remove_file(fmt::format("{}/{}", files.directory, name)));
    }
  }
  return {};
}

std::string repair_command(const std::string& name, const std::string& directory) {
  const bool usual = directory.empty() || directory == Spec().directory;
  return fmt::format("flintctl pool repair {}{}{}", name, usual ? "" : " --directory ",
                     usual ? "" : directory);
}

std::string repair_command(const Pool& pool) {
  return repair_command(pool.device.name, directory_of(pool, backing_files(Spec().directory)));
}

Result<Repaired> repair(const Spec& spec, devmapper::Driver& driver, loop::Driver& loops) {
  const sys::FileLock lock =
      TRY(sys::FileLock::acquire(sys::lock_path(spec.run_directory, "pool"), spec.lock_wait));
  return repair_locked(spec, driver, loops)
      .context(fmt::format("repairing thin pool '{}'", spec.name));
}

Result<std::optional<lvm::LogicalName>> find_logical(const std::string& pool, lvm::Tools& tools) {
  auto name = lvm::parse_dm_name(pool);
  if (!name) return std::optional<lvm::LogicalName>();
  const auto report = lvm::read_report(tools);
  if (!report && report.error().code() == Code::host_not_ready) {
    return std::optional<lvm::LogicalName>();
  }
  if (!report) return report.error();
  if (find_pool(*report, *name) == nullptr) name.reset();
  return name;
}

Result<> check_logical(const lvm::LogicalName& pool, lvm::Tools& tools,
                       const std::string& program) {
  const std::string tool = TRY(find_tool(program));
  const lvm::LogicalName metadata{pool.group, pool.volume + "_tmeta"};
  // A part of a pool that is not active may be active alone, and is read-only then. lvmthin(7).
  TRY(tools.run({"lvchange", "--yes", "--activate", "y", metadata.text()}));
  const Rollback leave([&] {
    static_cast<void>(tools.run({"lvchange", "--activate", "n", metadata.text()}));
  });
  return run_tool({tool, devmapper::node_path(lvm::dm_name(metadata))}, metadata.text());
}

Result<Repaired> repair_logical(const lvm::LogicalName& pool, const Spec& spec,
                                devmapper::Driver& driver, lvm::Tools& tools) {
  const sys::FileLock lock =
      TRY(sys::FileLock::acquire(sys::lock_path(spec.run_directory, "pool"), spec.lock_wait));
  return repair_logical_locked(pool, spec, driver, tools)
      .context(fmt::format("repairing thin pool '{}'", lvm::dm_name(pool)));
}

}  // namespace flintctl::thinpool
