// SPDX-License-Identifier: Apache-2.0
#include "provision/containerd_step.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>

#include "devmapper/driver.hpp"
#include "provision/containerd_install.hpp"
#include "provision/containerd_pool.hpp"
#include "provision/containerd_process.hpp"
#include "provision/containerd_program.hpp"
#include "provision/containerd_version.hpp"
#include "provision/devpool_step.hpp"
#include "provision/host_file.hpp"
#include "sys/error.hpp"
#include "sys/fact_cache.hpp"
#include "sys/file.hpp"

namespace flintctl::provision {
namespace {

/// `text` where systemd expands specifiers. systemd.unit(5), "Specifiers".
std::string literal(const std::string& text) {
  std::string doubled;
  for (const char c : text) doubled += c == '%' ? std::string("%%") : std::string(1, c);
  return doubled;
}

/// What a containerd needs that systemd starts: systemd.service(5), containerd's own unit.
/// KillMode=process, because what it started for others lives on when it ends. Wants, not Requires:
/// the VMs' records are containerd's, and are to be read, stopped and deleted while the pool is
/// broken; and a pool's unit that is started anew must not take containerd along.
std::string unit_text(const std::string& pool_unit, const std::string& command,
                      const std::string& address, const std::string& log_file) {
  return fmt::format(
      "# Made by 'flintctl provision'.\n"
      "[Unit]\n"
      "Description=flintctl's containerd at {0}\n"
      "After=local-fs.target network.target {1}\n"
      "Wants={1}\n"
      "\n"
      "[Service]\n"
      "Type=notify\n"
      "ExecStart={2}\n"
      "StandardOutput=append:{3}\n"
      "StandardError=append:{3}\n"
      "Restart=on-failure\n"
      "RestartSec=5\n"
      "KillMode=process\n"
      "Delegate=yes\n"
      "TasksMax=infinity\n"
      "LimitNOFILE=1048576\n"
      "OOMScoreAdjust=-999\n"
      "\n"
      "[Install]\n"
      "WantedBy=multi-user.target\n",
      literal(address), pool_unit, command, literal(log_file));
}

/// What containerd keeps below its root. A pool's files may lie there as well and are another
/// step's.
Result<std::vector<std::string>> data_of_containerd(const std::string& root) {
  std::vector<std::string> paths;
  for (const std::string& name : TRY(sys::list_directory(root))) {
    if (name.starts_with("io.containerd.") || name == "tmpmounts") {
      paths.push_back(fmt::format("{}/{}", root, name));
    }
  }
  const std::string snapshotter = root + "/snapshotter/devmapper";
  for (const std::string& name : TRY(sys::list_directory(snapshotter))) {
    if (name.ends_with(".db")) paths.push_back(fmt::format("{}/{}", snapshotter, name));
  }
  return paths;
}

constexpr auto root_mode = "root-mode";

/// Only what is empty is open again to those it was open to: what is kept is guests' disks.
Result<Undone> undo_root_mode(const Change& change, Data data) {
  struct stat status = {};
  if (::stat(change.target.c_str(), &status) != 0) return Undone::done;
  if (data == Data::keep && !TRY(sys::list_directory(change.target)).empty()) return Undone::kept;
  const auto before = static_cast<mode_t>(change.details.integer_or("mode"));
  const bool ours = (status.st_mode & 07777U) == 0700;  // else somebody gave it another since
  if (!ours || before == 0) return Undone::done;
  if (::chmod(change.target.c_str(), before & 07777U) == 0) return Undone::done;
  return sys::last_error("giving back its mode to " + change.target);
}

Result<Undone> undo_root(const std::string& root, Data data) {
  const auto paths = TRY(data_of_containerd(root));
  if (data == Data::keep) return paths.empty() ? Undone::done : Undone::kept;
  for (const std::string& path : paths) TRY(sys::remove_tree(path));
  return Undone::done;
}

}  // namespace

Result<ContainerdSettings> ContainerdStep::settings() {
  TRY(validate(wanted_.settings));
  return fit_to_host(wanted_.settings, wanted_.start.binary, sys::FactCache(paths_.facts()));
}

Result<bool> ContainerdStep::has_program() const {
  if (!wanted_.source) return true;
  for (const InstalledProgram& one : TRY(list_programs(containerd_store(paths_.facts())))) {
    if (one.source_sha256 == wanted_.source->sha256 && one.linked) return true;
  }
  return false;
}

Result<HostUnit> ContainerdStep::unit() const {
  const std::string binary = TRY(find_containerd_program(wanted_.start.binary));
  const std::string command = fmt::format("{} --config {}", quote_argument(binary),
                                          quote_argument(wanted_.start.config_path));
  HostUnit unit{containerd_names(wanted_.settings.address).unit,
                unit_text(pool_unit_name(wanted_.settings.pool), command, wanted_.settings.address,
                          wanted_.start.log_file)};
  // start_containerd() starts it, and says what its log says when it fails.
  unit.run = HostUnit::Run::not_started;
  return unit;
}

Result<> ContainerdStep::check_config(const ContainerdSettings& wanted, Finding& finding) {
  const std::string& path = wanted_.start.config_path;
  const ContainerdInstall plan = TRY(plan_containerd_config(wanted, path));
  if (plan.file_differs) {
    const bool exists = sys::exists(path);
    finding.items.push_back({exists ? State::differs : State::missing, path,
                             exists ? "does not say what it should" : ""});
  } else {
    finding.items.push_back({State::in_place, path, {}});
  }
  for (const std::string& note : plan.notes) finding.warnings.push_back(note);
  for (const std::string& change : plan.changes) {
    // "create folder /x (0700)", "set the mode 0700 of /x (is 0755)": the first word is what would
    // be done.
    const auto space = change.find(' ');
    const std::string what = change.substr(space + 1);
    if (!what.starts_with("folder ") && !what.starts_with("the mode ")) continue;
    finding.items.push_back({State::missing, what, {}, change.substr(0, space)});
  }
  return {};
}

Result<std::string> ContainerdStep::other_config(const std::string& address) const {
  const auto own = TRY(find_own_containerd(address));
  return own ? outdated_config(*own, wanted_.start.config_path) : std::string();
}

Result<> ContainerdStep::check_not_installed(Finding& finding) const {
  // What the host has goes on while the program is missing.
  const std::string& path = wanted_.start.config_path;
  const std::string& address = wanted_.settings.address;
  const bool runs = TRY(find_own_containerd(address)).has_value();
  finding.items.push_back({sys::exists(path) ? State::in_place : State::missing, path, {}});
  finding.items.push_back(
      {runs ? State::in_place : State::missing, "containerd at " + address, {}});
  return {};
}

Result<> ContainerdStep::check_running(const ContainerdSettings& wanted, Finding& finding) {
  const ContainerdStatus status = TRY(containerd_status(wanted.address, wanted_.start.snapshotter));
  const std::string subject = "containerd at " + wanted.address;
  if (status.owner == ContainerdOwner::other) {
    return Error(Code::already_exists,
                 fmt::format("process {} serves {}, and flintctl did not start it", status.pid,
                             wanted.address))
        .with_hint("end it, or choose another address: --containerd-address PATH");
  }
  if (status.owner == ContainerdOwner::none) {
    ContainerdFacts facts;
    facts.root = wanted.root;
    facts.address = wanted.address;
    facts.pool = wanted.pool;
    TRY(refuse_containerd_clashes(facts));
    finding.items.push_back({State::missing, subject, {}});
    return {};
  }
  std::string problem = status.problem;
  if (problem.empty()) problem = TRY(other_config(wanted.address));
  finding.items.push_back(
      {problem.empty() ? State::in_place : State::differs, subject, std::move(problem)});
  const auto running = parse_containerd_version("containerd " + status.version);
  if (running && running->text != wanted.version.text) {
    finding.warnings.push_back(
        fmt::format("containerd at {} is still {}, not {}: flintctl containerd stop, then flintctl "
                    "containerd start",
                    wanted.address, running->text, wanted.version.text));
  }
  return {};
}

Result<Finding> ContainerdStep::check() {
  Finding finding;
  const bool lacks_package = !wanted_.source && wanted_.start.binary == "containerd" &&
                             !find_containerd_program(wanted_.start.binary);
  if (lacks_package) finding.lacks = wanted_.start.binary;
  if (lacks_package || !TRY(has_program())) {
    TRY(check_not_installed(finding));
    return finding;
  }
  const ContainerdSettings wanted = TRY(settings());
  TRY(check_config(wanted, finding));
  if (services_.running()) {
    for (Item& item : TRY(check_unit(TRY(unit()), paths_, services_))) {
      finding.items.push_back(std::move(item));
    }
  }
  TRY(check_running(wanted, finding));
  return finding;
}

Result<> ContainerdStep::install_config(Journal& journal) {
  const ContainerdSettings wanted = TRY(settings());
  TRY(install_folder({wanted.root, 0700}, journal));
  TRY(install_folder({wanted.snapshotter_directory(), 0700}, journal));
  // A root that holds a containerd's data already is not this step's to empty.
  if (!sys::exists(wanted.root + "/io.containerd.metadata.v1.bolt")) {
    TRY(journal.intend("root", wanted.root));
  }
  const std::string& path = wanted_.start.config_path;
  const ContainerdInstall plan = TRY(plan_containerd_config(wanted, path));
  // What it was before the first run comes back.
  if (plan.wide_root && journal.find(root_mode, wanted.root) == nullptr) {
    TRY(journal.intend(root_mode, wanted.root, data::Value::object({{"mode", *plan.wide_root}})));
  }
  if (plan.file_differs) {
    TRY(install_file({path, containerd_toml(wanted)}, journal));
  }
  TRY(install_containerd_config(wanted, path));
  return {};
}

/// containerd looks for its pool, and reads its configuration, when it starts, and never again.
Result<> ContainerdStep::stop_unwell(Journal& journal) {
  const ContainerdStatus status =
      TRY(containerd_status(wanted_.settings.address, wanted_.start.snapshotter));
  if (status.owner != ContainerdOwner::flintctl) return {};
  std::string problem = status.problem;
  if (problem.empty()) problem = TRY(other_config(status.address));
  if (problem.empty()) return {};
  // No start mends a pool that is not well, and without containerd nobody sees the VMs' records.
  if (const auto driver = devmapper::open(sys::Modules::leave)) {
    TRY(require_active_pool(wanted_.settings.pool, **driver));
  }
  ContainerdStop stop;
  stop.address = wanted_.settings.address;
  stop.run_directory = paths_.run_directory;
  TRY(stop_containerd(stop));
  journal.note("containerd is started anew: " + problem);
  return {};
}

Result<> ContainerdStep::apply(Journal& journal) {
  const std::string& state = wanted_.settings.state;
  if (!sys::exists(state)) TRY(journal.intend("state", state));
  TRY(install_config(journal));
  const std::string log_folder =
      std::filesystem::path(wanted_.start.log_file).parent_path().string();
  TRY(install_folder({log_folder}, journal));
  if (!sys::exists(wanted_.start.log_file)) TRY(journal.intend("data", wanted_.start.log_file));
  if (services_.running()) TRY(install_unit(TRY(unit()), paths_, services_, journal));
  TRY(journal.intend("containerd", wanted_.settings.address));
  TRY(stop_unwell(journal));
  ContainerdStart start = wanted_.start;
  start.run_directory = paths_.run_directory;
  TRY(start_containerd(start));
  return {};
}

Result<Undone> ContainerdStep::undo(const Change& change, Data data, Notes& notes) {
  if (change.kind == root_mode) return undo_root_mode(change, data);
  if (change.kind == "root") return undo_root(change.target, data);
  if (change.kind == "state") {
    // Sockets and the like. Ours has ended by now, and another's may have taken its place.
    for (const std::string& name : TRY(sys::list_directory(change.target))) {
      const auto listener = listener_of(fmt::format("{}/{}", change.target, name));
      if (!listener || !*listener) continue;
      notes.push_back(fmt::format("process {} serves {}/{}: the folder is left as it is",
                                  **listener, change.target, name));
      return Undone::done;
    }
    TRY(sys::remove_tree(change.target));
    return Undone::done;
  }
  if (change.kind != "containerd") return Step::undo(change, data, notes);
  ContainerdStop stop;
  stop.address = change.target;
  stop.run_directory = paths_.run_directory;
  auto stopped = stop_containerd(stop);
  if (!stopped) {
    // Another's containerd there now is not ours to end.
    if (stopped.error().code() == Code::already_exists) return Undone::done;
    return std::move(stopped).error();
  }
  return Undone::done;
}

}  // namespace flintctl::provision
