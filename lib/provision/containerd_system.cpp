// SPDX-License-Identifier: Apache-2.0
#include "provision/containerd_system.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "config/config.hpp"
#include "core/rollback.hpp"
#include "devmapper/driver.hpp"
#include "provision/containerd_daemon.hpp"
#include "provision/containerd_process.hpp"
#include "provision/containerd_ready.hpp"
#include "provision/containerd_version.hpp"
#include "provision/system_config_file.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"

namespace flintctl::provision {
namespace {

constexpr auto drop_in_name = "/flintctl-devmapper.toml";
std::string canonical(const std::string& path) {
  std::error_code failed;
  const auto target = std::filesystem::canonical(path, failed);
  return failed ? path : target.string();
}

/// A configuration that imports what is there and what is to come.
std::string candidate_main(const data::Value& document, const std::string& config_path,
                           const std::string& drop_in) {
  data::Value main = data::Value::object();
  const auto version = document.integer_or("version");
  if (version > 0) main.set("version", version);
  main.set("imports", data::Array{config_path, drop_in});
  return data::to_toml(main);
}

}  // namespace

Result<std::string> find_system_containerd() {
  const auto listener = listener_of(config::system_containerd_address);
  if (listener && *listener) {
    std::error_code failed;
    const auto runs =
        std::filesystem::read_symlink(fmt::format("/proc/{}/exe", **listener), failed);
    if (!failed && runs.filename() == "containerd" && sys::exists(runs.string())) {
      return runs.string();
    }
  }
  auto found = sys::find_program("containerd");
  if (found) return found;
  return std::move(found)
      .error()
      .with_hint("install it: apt-get install containerd")
      .context("the host has no containerd of its own")
      .with_code(Code::host_not_ready);
}

Error failed_restart(const std::string& unit, Error why, const Result<>& restored) {
  const std::string now =
      restored ? "it was restarted with that" : "it could not be restarted with that either";
  return std::move(why).context(
      fmt::format("{} did not come up with the devmapper table: its old configuration is back, and "
                  "{}",
                  unit, now));
}

/// The host as it is, and what would be written.
struct SystemContainerdStep::Look {
  std::string binary;
  std::string config_path;  ///< links followed
  std::string whole;        ///< the text of the file
  std::string text;         ///< the same without our block
  bool has_block = false;
  data::Value document;  ///< of that text
  data::Value dump;      ///< of the file as it is, what our table has to do with
  std::string address;
  std::optional<std::string> drop_in;  ///< where the table goes; nothing: into the file
  bool has_drop_in = false;
  std::string drop_in_was;  ///< its text
  ContainerdSettings settings;

  [[nodiscard]] bool ours() const { return has_block || has_drop_in; }
  /// A table that its owner wrote for this pool is the owner's, whatever else it says.
  [[nodiscard]] bool has_table() const {
    const bool theirs = !ours() && dumped_devmapper(dump).string_or("pool_name") == settings.pool;
    return theirs || provision::has_table(dump, settings);
  }
  /// 1.6 and 1.7 take an absent file only by default, when none is named.
  [[nodiscard]] std::string dumped() const {
    return sys::exists(config_path) ? config_path : std::string("/dev/null");
  }
  [[nodiscard]] const std::string& place() const { return drop_in ? *drop_in : config_path; }
};

Result<SystemContainerdStep::Look> SystemContainerdStep::look() {
  Look look;
  look.config_path = canonical(wanted_.config_path);
  const bool there = sys::exists(look.config_path);
  look.whole = there ? TRY(read_config(look.config_path)) : std::string();
  look.text = look.whole;
  if (auto rest = without_block(look.text)) {
    look.text = *std::move(rest);
    look.has_block = true;
  }
  look.document = TRY(data::parse_toml(look.text).context(look.config_path));
  if (const auto folder = drop_in_folder(look.document)) look.drop_in = *folder + drop_in_name;
  look.has_drop_in = look.drop_in && sys::exists(*look.drop_in);
  if (look.has_drop_in) look.drop_in_was = TRY(read_config(*look.drop_in));
  look.binary = TRY(find_system_containerd());
  look.dump =
      TRY(consult_containerd_config(look.binary, look.dumped(), sys::FactCache(paths_.facts())));
  const data::Value* grpc = look.dump.find("grpc");
  look.address = grpc == nullptr ? std::string() : grpc->string_or("address");
  ContainerdSettings& settings = look.settings;
  settings.root = look.dump.string_or("root", "/var/lib/containerd");
  settings.snapshotter_root = fmt::format("{}/{}", settings.root, devmapper_plugin);
  settings.pool = wanted_.pool;
  settings.base_image_size = wanted_.base_image_size;
  if (const auto driver = devmapper::open(sys::Modules::leave)) {
    settings.zeroing = read_pool_zeroing(**driver, settings.pool);
  }
  const auto mke2fs = find_mke2fs(sys::FactCache(paths_.facts()));
  settings.mke2fs_can_skip_zeros = mke2fs && mke2fs->at_least(1, 47);
  return look;
}

Result<HostFile> SystemContainerdStep::table() {
  const Look look = TRY(this->look());
  return HostFile{look.place(), look.drop_in ? drop_in_text(look.document, look.settings)
                                             : table_block(look.document, look.settings)};
}

Result<> SystemContainerdStep::refuse_clashes(const Look& look) const {
  const std::string pool = dumped_devmapper(look.dump).string_or("pool_name");
  if (!pool.empty() && pool != wanted_.pool && !look.ours()) {
    return Error(Code::already_exists,
                 fmt::format("{} has a devmapper snapshotter on the pool '{}' already",
                             look.config_path, pool))
        .with_hint(fmt::format("use that one: --pool {}; or take its table away", pool));
  }
  const data::Value* disabled = look.dump.find("disabled_plugins");
  for (const data::Value& plugin : disabled == nullptr ? data::Array() : disabled->elements()) {
    const std::string* name = plugin.as_string();
    if (name != nullptr && (*name == devmapper_plugin || *name == "devmapper")) {
      return Error(Code::already_exists,
                   fmt::format("{} has the devmapper snapshotter disabled", look.config_path))
          .with_hint(fmt::format("take '{}' out of its disabled_plugins", *name));
    }
  }
  const auto own = find_own_containerd(config::private_containerd_address);
  if (!own || !*own) return {};
  const auto facts = read_containerd_facts((*own)->config_path);
  if (facts && facts->pool != wanted_.pool) return {};
  return Error(Code::already_exists,
               fmt::format("the private containerd at {} uses the pool '{}': two on one pool would "
                           "destroy each other's volumes",
                           config::private_containerd_address, wanted_.pool))
      .with_hint("stop it for good: flintctl provision reset; or make another pool: --pool NAME");
}

Result<> SystemContainerdStep::refuse_unwritable(const Look& look) {
  if (look.has_table()) return {};
  if (auto refused = refuse_immutable(look.place())) return *std::move(refused);
  if (look.drop_in) return {};
  return refuse_no_room(look.config_path, look.document,
                        with_block(look.text, table_block(look.document, look.settings)));
}

bool SystemContainerdStep::is_stopped(const Look& look) {
  const auto status = wanted_.status(look.address);
  return status && status->owner == ContainerdOwner::none;
}

void SystemContainerdStep::judge_running(const Look& look, Finding& finding) {
  const std::string subject = "containerd at " + look.address;
  const auto status = wanted_.status(look.address);
  const bool runs = status && status->owner != ContainerdOwner::none;
  const bool ready = runs && status->problem.empty();
  const std::string why = runs ? "has to be restarted to use it" : "does not run";
  if (wanted_.restart == SystemContainerd::Restart::now) {
    finding.items.push_back(
        {ready ? State::in_place : State::differs, subject, ready ? std::string() : why});
  } else if (is_stopped(look)) {
    Item item{State::missing, subject, why, "start"};
    if (!services_.running()) {
      item.warning =
          fmt::format("{} {}: start it the way it is started on this host", subject, why);
      item.waits = true;
    }
    finding.items.push_back(std::move(item));
  } else if (!ready) {
    Item item{State::differs, subject, why};
    item.warning = fmt::format(
        "{} {}: flintctl provision containerd --system "
        "--restart, or systemctl restart {}",
        subject, why, wanted_.unit);
    item.waits = true;
    finding.items.push_back(std::move(item));
  } else {
    finding.items.push_back({State::in_place, subject, {}});
  }
}

Result<> SystemContainerdStep::judge_unit(Finding& finding) {
  if (!services_.running()) return {};
  const std::string word = TRY(services_.state(wanted_.unit)).file_word;
  const bool masked = word.starts_with("masked");
  if (!masked && word != "disabled") return {};
  Item item{State::differs, "unit " + wanted_.unit, "is " + word};
  const std::string mend =
      fmt::format("systemctl {} {}", masked ? "unmask" : "enable", wanted_.unit);
  const std::string what = fmt::format("the unit {} is {}", wanted_.unit, word);
  if (masked) {
    item.obstacle = Error(Code::host_not_ready, what).with_hint(mend);
  } else {
    item.warning = fmt::format("{}, and does not come back after a reboot: {}", what, mend);
    item.waits = true;
  }
  finding.items.push_back(std::move(item));
  return {};
}

Result<Finding> SystemContainerdStep::check() {
  Finding finding;
  if (!find_system_containerd()) {
    finding.lacks = "containerd";
    finding.items.push_back({State::missing, "devmapper table in " + wanted_.config_path, {}});
    return finding;
  }
  const Look look = TRY(this->look());
  TRY(refuse_clashes(look));
  TRY(refuse_unwritable(look));
  const std::string subject = "devmapper table in " + look.place();
  if (look.has_table()) {
    finding.items.push_back({State::in_place, subject, {}});
  } else {
    finding.items.push_back({look.ours() ? State::differs : State::missing, subject,
                             look.ours() ? "does not say what it should" : ""});
  }
  judge_running(look, finding);
  TRY(judge_unit(finding));
  return finding;
}

data::Value SystemContainerdStep::details(const Look& look) const {
  return data::Value::object({{"address", look.address}, {"pool", wanted_.pool}});
}

Result<> SystemContainerdStep::install_drop_in(const Look& look, Journal& journal) {
  const std::string& path = *look.drop_in;
  const std::string text = drop_in_text(look.document, look.settings);
  const std::string fragment = config_candidate(path);
  const std::string main = config_candidate(look.config_path);
  TRY(intend_folders(std::filesystem::path(path).parent_path().string(), journal));
  data::Value recorded = details(look);
  recorded.set("main", look.config_path);
  TRY(journal.intend("drop-in", path, std::move(recorded)));
  TRY(sys::make_directories(std::filesystem::path(path).parent_path().string()));
  const Rollback remove([&] {
    (void)sys::remove_file(fragment);
    (void)sys::remove_file(main);
  });
  TRY(remove_config_candidate(path));
  TRY(remove_config_candidate(look.config_path));
  TRY(sys::write_file_atomic(fragment, text, 0644));
  TRY(sys::write_file_atomic(main, candidate_main(look.document, look.config_path, fragment),
                             0600));
  const data::Value before = TRY(dump_containerd_config(look.binary, look.dumped()));
  const data::Value after = TRY(dump_containerd_config(look.binary, main));
  if (!same_for_others(before, after) || !has_table(after, look.settings)) {
    return Error(Code::unknown, fmt::format("{} would change what else {} says, and is not written",
                                            path, look.config_path));
  }
  return install_file({path, text}, journal);
}

Result<> SystemContainerdStep::install_block(const Look& look, Journal& journal) {
  const std::string& path = look.config_path;
  const std::string candidate = config_candidate(path);
  const std::string backup = config_backup(path);
  TRY(intend_folders(std::filesystem::path(path).parent_path().string(), journal));
  TRY(journal.intend("table", path, details(look)));
  TRY(sys::make_directories(std::filesystem::path(path).parent_path().string()));
  const Rollback remove([&] { (void)sys::remove_file(candidate); });
  TRY(remove_config_candidate(path));
  const std::string text = with_block(look.text, table_block(look.document, look.settings));
  TRY(write_config_candidate(path, text));
  const data::Value before = TRY(dump_containerd_config(look.binary, look.dumped()));
  const data::Value after = TRY(dump_containerd_config(look.binary, candidate));
  if (!same_for_others(before, after) || !has_table(after, look.settings)) {
    return Error(Code::unknown,
                 fmt::format("the table would change what else {} says, and is not added", path));
  }
  // What was there before the first run stays, whatever we write into it later.
  if (look.has_block || !sys::exists(path)) return install_config_candidate(path);
  TRY(sys::remove_file(backup));
  if (::link(path.c_str(), backup.c_str()) != 0) {
    return sys::last_error(fmt::format("keeping the old {} as {}", path, backup));
  }
  Rollback forget([&] { (void)sys::remove_file(backup); });
  TRY(install_config_candidate(path));
  forget.commit();
  journal.note(fmt::format("the old {} is kept as {}", path, backup));
  return {};
}

Result<> SystemContainerdStep::install(const Look& look, Journal& journal) {
  const auto driver = TRY(devmapper::open());
  if (!driver->info(wanted_.pool)) {
    // containerd 2 gives up on all services when a configured snapshotter does not load.
    return Error(Code::host_not_ready,
                 fmt::format("the thin pool '{}' does not exist", wanted_.pool))
        .with_hint("make it: flintctl provision devpool");
  }
  const std::string& folder = look.settings.snapshotter_root;
  const bool makes_folder = !sys::exists(folder);
  const bool knows_table = journal.find("table", look.config_path) != nullptr;
  if (makes_folder) TRY(journal.intend("data", folder));
  auto installed = look.drop_in ? install_drop_in(look, journal) : install_block(look, journal);
  if (installed) return {};
  // Nothing was written: the record does not speak of it either.
  if (makes_folder) (void)journal.forget("data", folder);
  if (!knows_table) (void)journal.forget("table", look.config_path);
  return installed;
}

Result<> SystemContainerdStep::wait_until_ready(const Look& look) {
  const pid_t pid = TRY(services_.main_pid(wanted_.unit));
  const auto process = TRY(sys::Process::open(pid));
  const auto deadline = std::chrono::steady_clock::now() + wanted_.timeout;
  return require_snapshotter(TRY(wait_for_answer(process, look.address, deadline)), "devmapper");
}

Result<> SystemContainerdStep::restart(const Look& look) {
  // One that is stopped is started only: it may be coming up by now.
  TRY(wanted_.restart == SystemContainerd::Restart::now
          ? services_.restart(wanted_.unit, wanted_.timeout)
          : services_.start(wanted_.unit, wanted_.timeout));
  return wait_until_ready(look);
}

Result<> SystemContainerdStep::apply(Journal& journal) {
  const Look look = TRY(this->look());
  TRY(refuse_clashes(look));
  TRY(refuse_unwritable(look));
  TRY(require_devmapper_programs());
  const bool restarts = wanted_.restart == SystemContainerd::Restart::now;
  if (restarts && !services_.running()) {
    return Error(Code::host_not_ready,
                 "the host's containerd cannot be restarted: systemd does not run here")
        .with_hint("leave --restart out, and restart it the way it was started");
  }
  const bool wrote = !look.has_table();
  if (wrote) TRY(install(look, journal));
  if (!restarts && (!services_.running() || !is_stopped(look))) return {};
  auto restarted = restart(look);
  if (restarted) return {};
  if (!wrote) {
    // An earlier run's table: who knows whose disks need it.
    return std::move(restarted).error().context(
        fmt::format("{} did not come up; its configuration is left as it is", wanted_.unit));
  }
  TRY(bring_back(look, journal));
  return failed_restart(wanted_.unit, std::move(restarted).error(),
                        services_.restart(wanted_.unit, wanted_.timeout));
}

Result<> SystemContainerdStep::bring_back(const Look& look, Journal& journal) {
  if (look.has_drop_in) return install_file({*look.drop_in, look.drop_in_was}, journal);
  if (look.has_block && !look.drop_in) {
    TRY(write_config_candidate(look.config_path, look.whole));
    return install_config_candidate(look.config_path);
  }
  Notes notes;
  const Change* table = look.drop_in ? nullptr : journal.find("table", look.config_path);
  const Change* file = look.drop_in ? journal.find("file", *look.drop_in) : nullptr;
  if (table != nullptr) TRY(undo(*table, Data::keep, notes));
  if (file != nullptr) TRY(undo_file_change(*file, Data::keep, notes));
  return {};
}

}  // namespace flintctl::provision
