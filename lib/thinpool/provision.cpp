// SPDX-License-Identifier: Apache-2.0
#include "thinpool/provision.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include "core/rollback.hpp"
#include "lvm/names.hpp"
#include "sys/file.hpp"
#include "sys/interrupt.hpp"
#include "sys/lock.hpp"
#include "thinpool/backing.hpp"
#include "thinpool/differences.hpp"
#include "thinpool/grow.hpp"
#include "thinpool/metadata.hpp"
#include "thinpool/pool.hpp"
#include "thinpool/table.hpp"
#include "thinpool/users.hpp"

namespace flintctl::thinpool {
namespace {

/// A filesystem with less than this is full for a pool's purposes.
constexpr std::uint64_t no_space_bytes = 1 * mib;

Error explain_full(Error error) {
  if (error.code() != Code::resource_exhausted) return error;
  return std::move(error).with_hint("free some space there, or give another --directory");
}

/// The kernel says little when it cannot make a pool; a full filesystem is the usual reason.
Error explain_activation(Error error, const BackingFiles& files) {
  const Result<sys::FilesystemSpace> space = sys::filesystem_space(files.directory);
  if (space && space->available < no_space_bytes) {
    return std::move(error)
        .with_code(Code::resource_exhausted)
        .context(fmt::format("the filesystem of {} is full", files.directory))
        .with_hint("free some space there, or give another --directory");
  }
  if (!error.hint().empty()) return error;
  if (error.code() == Code::permission_denied) {
    return std::move(error).with_hint(fmt::format(
        "a file there may be immutable, or its filesystem read-only: lsattr {}", files.directory));
  }
  return std::move(error).with_hint("the kernel's own reason is among the last lines of dmesg");
}

Error is_logical_error(const std::string& name) {
  const auto logical = lvm::parse_dm_name(name);
  return Error(Code::already_exists, fmt::format("'{}' is a pool of LVM's", name))
      .with_hint(logical ? fmt::format("flintctl provision lvm --vg {} --lv {}", logical->group,
                                       logical->volume)
                         : "choose another --name");
}

/// What the files say, of a pool that is not active.
class FileRun {
 public:
  explicit FileRun(const Spec& spec) : spec_(spec), files_(backing_files(spec.directory)) {}

  Result<Outcome> plan_files();

 protected:
  Result<> survey_files();
  void warn_of_space();
  [[nodiscard]] std::uint64_t data_bytes() const;
  [[nodiscard]] PoolTable table(std::uint64_t data_bytes) const;

  const Spec& spec_;
  BackingFiles files_;
  Survey survey_;
  Outcome outcome_;
};

/// One run of ensure() or plan().
class Run : FileRun {
 public:
  Run(const Spec& spec, devmapper::Driver& driver, loop::Driver& loops)
      : FileRun(spec), driver_(driver), loops_(loops) {}

  Result<Outcome> ensure();
  Result<Outcome> plan();

 private:
  /// The device of the pool's name if it is live.
  Result<bool> is_live();
  Result<> discard_empty_device();
  Result<> adopt();
  Result<> create();
  Result<> reattach();
  Result<> check_before_use();
  /// Loops and table from files that are all there.
  Result<> activate(const std::string& metadata_file);
  /// A loop device of the file: one that exists, or a new one.
  Result<loop::Attachment> attach(const std::string& file);
  /// Another device on the files, whatever its name.
  Result<> refuse_used_files();
  void tell_state(const Pool& pool);

  devmapper::Driver& driver_;
  loop::Driver& loops_;
};

std::uint64_t FileRun::data_bytes() const {
  return survey_.data_bytes > 0 ? survey_.data_bytes
                                : spec_.data_bytes.value_or(Spec::default_data_bytes);
}

PoolTable FileRun::table(std::uint64_t data_bytes) const {
  PoolTable table;
  table.metadata_device = "<metadata>";
  table.data_device = "<data>";
  if (survey_.superblock) table.block_sectors = survey_.superblock->block_sectors;
  if (spec_.low_water_blocks) table.low_water_blocks = *spec_.low_water_blocks;
  table.length_sectors = data_bytes / table.block_bytes() * table.block_sectors;
  return table;
}

Result<bool> Run::is_live() {
  const Result<devmapper::DeviceInfo> info = driver_.info(spec_.name);
  if (!info) {
    if (info.error().code() == Code::not_found) return false;
    return Error(info.error());
  }
  if (is_logical(*info)) return is_logical_error(spec_.name);
  if (info->has_live_table) return true;
  if (info->uuid != pool_uuid(spec_.name)) {
    return Error(Code::already_exists,
                 fmt::format("device '{}' exists without a table and is not ours", spec_.name))
        .with_hint("choose another --name, or remove the device if nothing needs it");
  }
  return false;
}

Result<> Run::discard_empty_device() {
  const Result<devmapper::DeviceInfo> info = driver_.info(spec_.name);
  // Ours, as is_live() has seen: a killed run's, between create and resume.
  if (info && !info->has_live_table) return driver_.remove(spec_.name, devmapper::Removal::retry);
  return {};
}

Result<> Run::adopt() {
  const Pool pool = TRY(inspect(spec_.name, driver_, loops_));
  outcome_.line = pool.line;
  outcome_.differences = differences(spec_, files_, pool);
  outcome_.directory = directory_of(pool, files_);
  outcome_.change = outcome_.differences.empty() ? Change::unchanged : Change::adopted;
  tell_state(pool);
  return {};
}

void Run::tell_state(const Pool& pool) {
  outcome_.unwell = unwell(pool);
  for (Trouble& trouble : troubles(pool)) {
    if (trouble.works) outcome_.warnings.push_back(std::move(trouble.what));
  }
  for (const Backing* backing : {&pool.data, &pool.metadata}) {
    struct stat status {};
    if (!backing->loop || ::stat(backing->loop->backing_file.c_str(), &status) != 0 ||
        (status.st_mode & S_IRWXO) == 0) {
      continue;
    }
    outcome_.warnings.push_back(
        fmt::format("others may open {0}, and with it every guest's disk ({1:04o}): chmod o= {0}",
                    backing->loop->backing_file, status.st_mode & 07777U));
  }
}

Result<> FileRun::survey_files() {
  survey_ = TRY(survey(files_));
  outcome_.directory = spec_.directory;
  outcome_.change = survey_.superblock ? Change::reattached : Change::created;
  outcome_.differences = differences(spec_, survey_);
  const std::uint64_t blocks = data_bytes() / table(0).block_bytes();
  if (spec_.low_water_blocks.value_or(0) > blocks) {
    return Error(Code::invalid_argument,
                 fmt::format("a low water mark of {} blocks is more than the pool has: {}",
                             *spec_.low_water_blocks, blocks))
        .with_hint("--low-water-mark is the number of free blocks at which the kernel warns");
  }
  warn_of_space();
  return {};
}

void FileRun::warn_of_space() {
  const Result<sys::FilesystemSpace> space = sys::filesystem_space(files_.directory);
  if (!space) return;
  const std::uint64_t metadata = survey_.metadata_bytes > 0
                                     ? survey_.metadata_bytes
                                     : spec_.metadata_bytes.value_or(Spec::default_metadata_bytes);
  const std::uint64_t total = data_bytes() + metadata;
  const std::uint64_t growth =
      total > survey_.allocated_bytes ? total - survey_.allocated_bytes : 0;
  if (space->available >= growth) return;
  outcome_.warnings.push_back(fmt::format(
      "the pool can grow by {}, but {} has {} free: a full host filesystem breaks the pool",
      format_size(growth), files_.directory, format_size(space->available)));
}

Result<Outcome> FileRun::plan_files() {
  TRY(survey_files());
  outcome_.line = table(data_bytes()).target();
  return std::move(outcome_);
}

Result<> Run::refuse_used_files() {
  const auto user = TRY(find_user(files_, driver_, loops_));
  if (!user) return {};
  return Error(Code::already_exists,
               fmt::format("{} is in use by the device '{}'", user->file, user->device))
      .with_hint("give another --directory, or --name " + user->device);
}

Result<loop::Attachment> Run::attach(const std::string& file) {
  for (loop::Device& device : TRY(loops_.find(file))) {
    if (device.is_plain()) return loop::Attachment{std::move(device), UniqueFd()};
  }
  return loops_.attach(file, {});
}

Result<> Run::activate(const std::string& metadata_file) {
  const loop::Attachment metadata = TRY(attach(metadata_file));
  // A device that was there before is not ours to take away: only a new one has a descriptor.
  Rollback drop_metadata([&] {
    if (metadata.hold) static_cast<void>(loops_.detach(metadata.device.number));
  });
  TRY(sys::check_interrupt());
  const loop::Attachment data = TRY(attach(files_.data));
  Rollback drop_data([&] {
    if (data.hold) static_cast<void>(loops_.detach(data.device.number));
  });
  TRY(sys::check_interrupt());

  PoolTable wanted = table(data.device.size_bytes);
  wanted.metadata_device = fmt::format("{}:{}", loop::major_number, metadata.device.number);
  wanted.data_device = fmt::format("{}:{}", loop::major_number, data.device.number);
  outcome_.line = wanted.target();
  TRY(devmapper::activate(driver_, spec_.name, pool_uuid(spec_.name), {outcome_.line}));
  Rollback drop_pool(
      [&] { static_cast<void>(driver_.remove(spec_.name, devmapper::Removal::retry)); });

  const Pool pool = TRY(inspect(spec_.name, driver_, loops_));
  if (!pool.status.has_counters()) {
    return Error(Code::data_loss, "the kernel activated the pool but cannot use it")
        .with_hint(fmt::format("run thin_check on {}", metadata_file));
  }
  tell_state(pool);
  if (pool.status.discard == Discard::not_passed_down) {
    outcome_.warnings.push_back(
        fmt::format("{} takes no discard: space that the pool frees does not return to the host",
                    files_.directory));
  }
  drop_pool.commit();
  drop_data.commit();
  drop_metadata.commit();
  return {};
}

Result<> Run::create() {
  BackingSizes sizes;
  sizes.data = spec_.data_bytes.value_or(Spec::default_data_bytes);
  sizes.allocation = spec_.allocation;
  sizes.metadata = spec_.metadata_bytes.value_or(Spec::default_metadata_bytes);
  auto made = NewBacking::create(files_, survey_, sizes);
  if (!made) return explain_full(std::move(made).error());
  NewBacking backing = *std::move(made);
  Rollback undo([&] { backing.remove(); });
  TRY(sys::check_interrupt());
  if (Result<> active = activate(backing.metadata()); !active) {
    return explain_activation(std::move(active).error(), files_);
  }
  undo.commit();
  // From here on the pool works: if the name is not given now, the next run gives it.
  return backing.finish(files_);
}

/// As LVM does: what is wrong with metadata is best known before the kernel writes to it.
Result<> Run::check_before_use() {
  auto checked = check_metadata(files_.metadata, NeedsCheck::clear, spec_.thin_check);
  if (checked) return {};
  if (checked.error().code() == Code::data_loss) {
    return std::move(checked).error().with_hint(repair_command(spec_.name, spec_.directory));
  }
  const bool missing_tool = checked.error().code() == Code::host_not_ready;
  if (missing_tool && !survey_.superblock->needs_check) {
    outcome_.warnings.emplace_back(
        "the metadata was not checked: apt-get install thin-provisioning-tools");
    return {};
  }
  return checked;
}

Result<> Run::reattach() {
  if (survey_.superblock_unfinished) TRY(name_metadata(files_));
  TRY(check_before_use());
  if (Result<> active = activate(files_.metadata); !active) {
    return explain_activation(std::move(active).error(), files_);
  }
  return {};
}

Result<Outcome> Run::ensure() {
  TRY(check(spec_));
  const sys::FileLock lock =
      TRY(sys::FileLock::acquire(sys::lock_path(spec_.run_directory, "pool"), spec_.lock_wait));
  TRY(driver_.require_target("thin-pool"));
  if (TRY(is_live())) {
    TRY(adopt());
    // A run that ended between activation and naming.
    if (const auto found = survey(files_); found && found->superblock_unfinished) {
      TRY(name_metadata(files_));
    }
    TRY(driver_.ensure_node(spec_.name));
    return std::move(outcome_);
  }
  TRY(refuse_used_files());
  TRY(survey_files());
  if (!survey_.superblock && spec_.absent == Spec::Absent::refuse) {
    return Error(Code::not_found,
                 fmt::format("there are no files of a pool in {}", files_.directory))
        .with_hint("is the filesystem that they are on mounted? a new pool is made by: " +
                   maker_command(spec_.name));
  }
  TRY(discard_empty_device());
  TRY(survey_.superblock ? reattach() : create());
  return std::move(outcome_);
}

Result<Outcome> Run::plan() {
  TRY(check(spec_));
  if (TRY(is_live())) {
    TRY(adopt());
    return std::move(outcome_);
  }
  TRY(refuse_used_files());
  return plan_files();
}

}  // namespace

Result<> refuse_logical(const std::string& name, const std::string& etc, lvm::Tools& tools) {
  if (!lvm::parse_dm_name(name)) return {};
  const bool logical =
      sys::exists(lvm::profile_path(etc, name)) || TRY(find_logical(name, tools)).has_value();
  return logical ? Result<>(is_logical_error(name)) : Result<>();
}

std::string maker_command(const std::string& name) {
  const auto logical = lvm::parse_dm_name(name);
  if (logical && sys::exists(lvm::profile_path("/etc", name))) {
    return fmt::format("flintctl provision lvm --vg {} --lv {}", logical->group, logical->volume);
  }
  return "flintctl provision devpool --name " + name;
}

std::string pool_uuid(const std::string& name) { return "FLINTCTL-pool-" + name; }

Result<Outcome> ensure(const Spec& spec, devmapper::Driver& driver, loop::Driver& loops) {
  return Run(spec, driver, loops)
      .ensure()
      .context(fmt::format("provisioning thin pool '{}'", spec.name));
}

Result<Outcome> plan_inactive(const Spec& spec) {
  TRY(check(spec));
  return FileRun(spec).plan_files().context(fmt::format("provisioning thin pool '{}'", spec.name));
}

Result<Outcome> plan(const Spec& spec, devmapper::Driver& driver, loop::Driver& loops) {
  return Run(spec, driver, loops)
      .plan()
      .context(fmt::format("provisioning thin pool '{}'", spec.name));
}

}  // namespace flintctl::thinpool
