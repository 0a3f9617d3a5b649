// SPDX-License-Identifier: Apache-2.0
#include "provision/reset.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <utility>

#include "inventory/records.hpp"
#include "provision/session.hpp"
#include "sys/host.hpp"
#include "vm/name.hpp"

namespace flintctl::cmd {
namespace {

using provision::UndoReport;

const char* word(UndoReport::Outcome outcome) {
  switch (outcome) {
    case UndoReport::Outcome::would_undo:
      return "would be undone";
    case UndoReport::Outcome::kept:
      return "kept";
    case UndoReport::Outcome::undone:
      break;
  }
  return "undone";
}

/// Each change as it is undone; JSON and its like as one List at the end.
class UndoPrinter {
 public:
  UndoPrinter(Host& host, output::Format format) : host_(host), format_(std::move(format)) {}

  void operator()(const UndoReport& report) {
    any_ = true;
    output::Streams& streams = host_.streams();
    const provision::Change& change = report.change;
    if (format_.kind == output::Kind::name) {
      streams.out << change.kind << '/' << change.target << std::endl;
    } else if (format_.is_table()) {
      streams.out << fmt::format("{} {} {}", change.kind, change.target, word(report.outcome))
                  << std::endl;
    } else {
      items_.push_back(
          data::Value::object({{"step", change.step},
                               {"kind", change.kind},
                               {"target", change.target},
                               {"result", word(report.outcome)},
                               {"notes", data::Array(report.notes.begin(), report.notes.end())}}));
    }
    if (streams.quiet) return;
    for (const std::string& note : report.notes) streams.err << "note: " << note << '\n';
  }

  Result<> finish() {
    if (format_.is_table()) {
      if (!any_) host_.streams().out << "nothing is recorded\n";
      return {};
    }
    if (format_.kind == output::Kind::name) return {};
    return output::print_value(host_.streams().out, format_, output::list_value(std::move(items_)));
  }

 private:
  Host& host_;
  output::Format format_;
  data::Array items_;
  bool any_ = false;
};

/// The same that the plan refuses by folder, by name where containerd can still be asked.
Result<> refuse_named_vms(Host& host) {
  const auto client = host.containerd();
  if (!client) return {};
  const auto vms = inventory::Records(**client).list();
  if (!vms || vms->empty()) return {};
  std::vector<std::string> names;
  for (const vm::Summary& one : *vms) names.push_back(vm::display_name(one.name_space, one.name));
  return Error(Code::aborted,
               fmt::format("the disks of {} would be destroyed: {}",
                           names.size() == 1 ? "a VM" : "VMs", fmt::join(names, ", ")))
      .with_hint("delete them first: " +
                 vm::vm_command("delete", vms->front().name_space, vms->front().name));
}

/// What other clients of the same containerd have on the pool is theirs.
Result<> refuse_other_namespaces(Host& host) {
  const auto client = host.containerd();
  const config::Config* config = TRY(host.config());
  if (!client) return {};
  const auto names = (*client)->namespaces();
  for (const std::string& name : names ? *names : std::vector<std::string>()) {
    if (name == config->containerd_namespace) continue;
    const auto snapshots = (*client)->with_namespace(name)->snapshot_list(config->snapshotter, {});
    if (!snapshots || snapshots->empty()) continue;
    return Error(
               Code::aborted,
               fmt::format(
                   "snapshots of containerd's namespace '{}' would be destroyed: {}{}", name,
                   snapshots->front().name,
                   snapshots->size() > 1 ? fmt::format(" and {} more", snapshots->size() - 1) : ""))
        .with_hint(fmt::format("whoever uses it removes them first: ctr --namespace {} snapshots "
                               "--snapshotter {} ls",
                               name, config->snapshotter));
  }
  return {};
}

}  // namespace

Result<> provision_reset(Host& host, const ProvisionResetOptions& options) {
  TRY(sys::require_root("undoing what was provisioned"));
  ProvisionSession session = TRY(open_default_session(host));  // the record says what was done
  provision::Plan plan = session.every_step();
  const auto data = options.delete_data ? provision::Data::remove : provision::Data::keep;
  if (options.delete_data) {
    TRY(refuse_named_vms(host));
    TRY(refuse_other_namespaces(host));
  }
  UndoPrinter printer(host, TRY(host.format()));
  if (options.dry_run) {
    for (const UndoReport& report : TRY(plan.plan_reset(data))) printer(report);
    return printer.finish();
  }
  if (!options.yes) {
    return Error(Code::invalid_argument, "reset undoes all that was provisioned on this host")
        .with_hint("see what with: flintctl provision reset --dry-run; then do it with --yes (-y)");
  }
  auto undone = plan.reset(data, [&](const UndoReport& report) { printer(report); });
  TRY(printer.finish());
  return undone;
}

void add_provision_reset(cli::Command& provision, Host& host) {
  auto options = std::make_shared<ProvisionResetOptions>();
  provision.add("reset", "Undo what provisioning did to this host")
      .details(
          "Undoes every recorded change in reverse: units, configuration, containerd, pool, "
          "packages. A file that was there before comes back; one that was edited since is left. "
          "Packages that were new are removed, not purged, unless others depend on them. Disk "
          "contents (images, VMs' disks, containerd's data) stay unless --delete-data is given. "
          "Refused while a VM or a mount uses the pool, or the host's own containerd runs with it, "
          "and --delete-data while there is any VM: "
          "what goes with a VM's disk is gone, so each VM is to be deleted by its name first.")
      .example("flintctl provision reset --dry-run", "what would be undone")
      .example("flintctl provision reset -y --delete-data", "all of it, with all disks")
      .flag("--delete-data", options->delete_data,
            "Remove the pool's files and containerd's data as well")
      .flag("--dry-run", options->dry_run, "Print what would be undone, change nothing")
      .flag("-y,--yes", options->yes, "Do it")
      .action([options, &host] { return provision_reset(host, *options); });
}

}  // namespace flintctl::cmd
