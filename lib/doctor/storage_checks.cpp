// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "core/units.hpp"
#include "devmapper/driver.hpp"
#include "doctor/checks.hpp"
#include "doctor/words.hpp"
#include "thinpool/metadata.hpp"
#include "thinpool/provision.hpp"

namespace flintctl::doctor {
namespace {

constexpr double fill_to_warn = 80;
constexpr double fill_to_fail = 95;

/// A finding when one of the pool's two devices is filling up.
void add_fill(Findings& findings, const std::string& name, const char* what, double percent) {
  if (percent < fill_to_warn) return;
  findings.push_back({fmt::format("pool/{}", what),
                      percent < fill_to_fail ? Severity::warning : Severity::error,
                      fmt::format("{} of pool {} is {:.0f} % full", what, name, percent),
                      "a full pool stops every VM that writes",
                      fmt::format("flintctl pool grow {} --{}-size SIZE", name, what)});
}

bool is_below(const std::string& path, const std::vector<std::string>& folders) {
  return std::any_of(folders.begin(), folders.end(),
                     [&](const std::string& folder) { return path.starts_with(folder + "/"); });
}

std::string fix_for(const lifecycle::Leftover& leftover) {
  if (leftover.kind != "device") return "flintctl gc";
  return fmt::format("flintctl gc; if containerd keeps it: dmsetup remove {}",
                     leftover.name.substr(leftover.name.rfind('/') + 1));
}

bool stands_on(const thinpool::Pool& pool, unsigned number) {
  const auto is = [&](const thinpool::Backing& backing) {
    return backing.loop && backing.loop->number == number;
  };
  return is(pool.data) || is(pool.metadata);
}

}  // namespace

Findings check_pool(const std::string& name, const Result<thinpool::Pool>& pool) {
  if (!pool && pool.error().code() == Code::permission_denied) {
    return {unread("pool", pool.error())};
  }
  if (!pool) {
    return {{"pool", Severity::error, pool.error().text(), "pulling images and creating VMs",
             thinpool::maker_command(name)}};
  }
  Findings findings;
  for (const thinpool::Trouble& trouble : thinpool::troubles(*pool)) {
    findings.push_back({"pool", trouble.works ? Severity::warning : Severity::error, trouble.what,
                        "pulling images and creating VMs", trouble.mend});
  }
  if (pool->status.has_counters()) {
    add_fill(findings, name, "data", pool->status.data.percent());
    add_fill(findings, name, "metadata", pool->status.metadata.percent());
  }
  if (findings.empty()) {
    findings.push_back({"pool",
                        Severity::ok,
                        fmt::format("{}: {:.0f} % of data, {:.0f} % of metadata used", name,
                                    pool->status.data.percent(), pool->status.metadata.percent()),
                        {},
                        {}});
  }
  return findings;
}

Findings check_autoextend(const std::string& name, const Result<lvm::Report>& report) {
  constexpr auto breaks = "a pool that fills up stops every VM that writes";
  constexpr auto check = "pool/autoextend";
  if (!report) return {unread(check, report.error())};
  const auto logical = lvm::parse_dm_name(name);
  const lvm::VolumeGroup* group = logical ? report->find(logical->group) : nullptr;
  const lvm::LogicalVolume* pool = group == nullptr ? nullptr : group->find(logical->volume);
  if (pool == nullptr) return {};
  if (pool->profile.empty() || !pool->monitored) {
    return {
        {check, Severity::warning,
         fmt::format("{} {}", logical->text(),
                     pool->monitored ? "has no profile by which LVM would extend it"
                                     : "is not watched by dmeventd"),
         breaks,
         fmt::format("flintctl provision lvm --vg {} --lv {}", logical->group, logical->volume)}};
  }
  constexpr std::uint64_t usual_step = 5;  // a fifth of its size
  if (group->free_bytes < pool->size_bytes / usual_step) {
    return {{check, Severity::warning,
             fmt::format("the volume group {} has {} left to extend its pool of {}", group->name,
                         format_size(group->free_bytes), format_size(pool->size_bytes)),
             breaks, fmt::format("vgextend {} DISK", group->name)}};
  }
  return {{check, Severity::ok, fmt::format("by {}, watched", pool->profile), {}, {}}};
}

Findings check_containerd(const Result<provision::ContainerdStatus>& status,
                          const std::string& starter) {
  if (!status) return {unread("containerd", status.error())};
  if (status->problem.empty()) {
    return {{"containerd",
             Severity::ok,
             fmt::format("{} at {}, snapshotter ok", status->version, status->address),
             {},
             {}}};
  }
  const bool absent = status->owner == provision::ContainerdOwner::none;
  return {{"containerd", Severity::error, status->problem, "everything but provisioning",
           absent || status->hint.empty() ? starter : status->hint}};
}

Findings check_network(const Result<provision::Finding>& network, Network asked,
                       const std::string& maker) {
  constexpr auto breaks = "VMs with an interface on that bridge";
  if (asked == Network::not_asked_for) {
    return {{"network", Severity::ok, "no bridge, and none is asked for", {}, {}}};
  }
  if (!network) {
    return {
        {"network", Severity::warning, network.error().text(), breaks, fix_of(network.error())}};
  }
  Findings findings;
  if (!network->items.empty() && network->items.front().state == provision::State::missing) {
    return {{"network", Severity::warning, "there is no " + network->items.front().subject, breaks,
             maker}};
  }
  for (const provision::Item& item : network->items) {
    if (item.state == provision::State::in_place) continue;
    const std::string what = item.detail.empty() ? "is missing" : item.detail;
    findings.push_back(
        {"network", Severity::warning, fmt::format("{}: {}", item.subject, what), breaks, maker});
  }
  for (const std::string& warning : network->warnings) {
    findings.push_back(
        {"network", Severity::warning, warning, breaks, "see to what the message names"});
  }
  if (findings.empty()) {
    findings.push_back({"network", Severity::ok, "bridge, forwarding and translation", {}, {}});
  }
  return findings;
}

Findings check_leftovers(const Result<std::vector<lifecycle::Leftover>>& found,
                         const Findings& containerd) {
  if (!found) {
    Finding finding = unread("leftovers", found.error());
    // They are looked for by what containerd says: what mends that mends this.
    if (worst(containerd) == Severity::error) finding.fix = containerd.front().fix;
    return {finding};
  }
  Findings findings;
  for (const lifecycle::Leftover& leftover : *found) {
    findings.push_back({"leftover/" + leftover.kind, Severity::warning,
                        fmt::format("{}: {}", leftover.name, leftover.why),
                        "space or names that nobody uses", fix_for(leftover)});
  }
  if (findings.empty()) findings.push_back({"leftovers", Severity::ok, "none", {}, {}});
  return findings;
}

Findings check_loops(const std::vector<loop::Device>& devices,
                     const std::vector<std::string>& folders, const Result<thinpool::Pool>& pool) {
  Findings findings;
  for (const loop::Device& device : devices) {
    if (!is_below(device.backing_file, folders)) continue;
    if (pool && stands_on(*pool, device.number)) continue;
    findings.push_back({"leftover/loop", Severity::warning,
                        fmt::format("{} over {} is in no pool", device.path(), device.backing_file),
                        "the file's space, and its next use",
                        fmt::format("losetup -d {}", device.path())});
  }
  return findings;
}

}  // namespace flintctl::doctor
