// SPDX-License-Identifier: Apache-2.0
#include "inventory/records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "data/value.hpp"
#include "inventory/paths.hpp"
#include "sys/sha256.hpp"
#include "vm/name.hpp"

namespace flintctl::inventory {
namespace {

constexpr std::size_t record_limit = 1U << 20U;
/// A reader that loses the race against an update this often met something else.
constexpr int read_attempts = 5;

std::string label_is(const char* key, std::string_view value) {
  return fmt::format("labels.\"{}\"==\"{}\"", key, value);
}

std::string vm_filter() { return label_is(vm::label::kind, vm::vm_kind); }

/// Newest version of each uid: an update leaves two for a moment.
std::vector<vm::Summary> newest(std::vector<vm::Summary> all) {
  std::map<std::string, vm::Summary> by_uid;
  for (auto& summary : all) {
    const auto found = by_uid.find(summary.uid);
    if (found == by_uid.end()) {
      by_uid.emplace(summary.uid, std::move(summary));
    } else if (found->second.version < summary.version) {
      found->second = std::move(summary);
    }
  }
  std::vector<vm::Summary> summaries;
  summaries.reserve(by_uid.size());
  for (auto& [uid, summary] : by_uid) summaries.push_back(std::move(summary));
  std::sort(summaries.begin(), summaries.end(), [](const vm::Summary& a, const vm::Summary& b) {
    return std::tie(a.name_space, a.name, a.created_at, a.uid) <
           std::tie(b.name_space, b.name, b.created_at, b.uid);
  });
  return summaries;
}

bool ignorable(const Result<>& result) {
  return result.has_value() || result.error().code() == Code::not_found;
}

Result<vm::Record> parse_record(std::string_view bytes) {
  auto value = data::parse_json(bytes);
  if (!value) return std::move(value).error().with_code(Code::data_loss);
  return vm::record_from_value(*value);
}

/// Of many VMs the one that is damaged must be named, and can always be deleted.
Error unreadable(const vm::Summary& summary, Error error) {
  const bool has_hint = !error.hint().empty();
  auto named = std::move(error).context(fmt::format(
      "the record of VM '{}' cannot be read", vm::display_name(summary.name_space, summary.name)));
  if (has_hint) return named;
  return std::move(named).with_hint(fmt::format(
      "'{}' removes the VM", vm::vm_command("delete", summary.name_space, summary.name)));
}

}  // namespace

Error no_such_vm(const std::string& name_space, const std::string& name) {
  return Error(Code::not_found,
               fmt::format("VM '{}' does not exist", vm::display_name(name_space, name)))
      .with_hint("'flintctl vm list -A' shows what exists");
}

Result<std::vector<vm::Summary>> Records::query(const std::string& filter) {
  std::vector<vm::Summary> summaries;
  for (const auto& blob : TRY(client_.content_list({filter}))) {
    auto summary = vm::summary_from_labels(blob.labels);
    if (!summary) continue;
    summary->digest = blob.digest;
    summaries.push_back(*std::move(summary));
  }
  return newest(std::move(summaries));
}

Result<std::vector<vm::Summary>> Records::list(const std::optional<std::string>& name_space) {
  auto filter = vm_filter();
  if (name_space) filter += "," + label_is(vm::label::name_space, *name_space);
  return query(filter).context("listing VMs");
}

Result<std::vector<vm::Summary>> Records::named(const std::string& name_space,
                                                const std::string& name) {
  return query(vm_filter() + "," + label_is(vm::label::name_space, name_space) + "," +
               label_is(vm::label::name, name));
}

Result<vm::Summary> Records::find(const std::string& name_space, const std::string& name) {
  auto found = TRY(named(name_space, name));
  if (found.empty()) return no_such_vm(name_space, name);
  const auto finished = std::find_if(found.begin(), found.end(), [](const vm::Summary& summary) {
    return summary.stage != vm::Stage::creating;
  });
  return finished == found.end() ? std::move(found.back()) : std::move(*finished);
}

Result<vm::Record> Records::read(const std::string& name_space, const std::string& name) {
  for (int attempt = 1;; ++attempt) {
    const auto summary = TRY(find(name_space, name));
    auto bytes = client_.content_read(summary.digest, record_limit);
    if (!bytes) {
      if (bytes.error().code() == Code::not_found && attempt < read_attempts) continue;
      return std::move(bytes).error();
    }
    auto parsed = parse_record(*bytes);
    if (!parsed) return unreadable(summary, std::move(parsed).error());
    auto record = *std::move(parsed);
    // Labels are authoritative for what they carry.
    record.labels = summary.labels;
    return record;
  }
}

Result<> Records::begin(const vm::Record& record) {
  const containerd::Labels labels{{vm::label::kind, std::string(vm::vm_kind)},
                                  {vm::label::uid, record.uid},
                                  {vm::label::name, record.name},
                                  {vm::label::name_space, record.name_space},
                                  {vm::label::stage, std::string(to_string(vm::Stage::creating))}};
  return client_.lease_create(lease_id(record.uid), labels);
}

Result<vm::Summary> Records::write(const vm::Record& record, vm::Stage stage) {
  const auto labels = vm::record_labels(record, stage);
  const auto bytes = data::to_json(vm::to_value(record));
  const auto digest = "sha256:" + sys::sha256_hex(bytes);
  const auto ref = fmt::format("flintctl/vm/{}/{}", record.uid, record.version);
  const auto leased = client_.with_lease(lease_id(record.uid));
  TRY(leased->content_write(ref, bytes, digest, labels).context("writing the VM's record"));
  TRY(delete_blobs(record.uid, digest));
  auto summary = vm::summary_from_labels(labels);
  if (!summary) return Error(Code::internal, "a record's labels do not describe a VM");
  summary->digest = digest;
  return *std::move(summary);
}

Result<> Records::set_stage(const vm::Summary& summary, vm::Stage stage) {
  return client_.content_update_labels(summary.digest,
                                       {{vm::label::stage, std::string(to_string(stage))}});
}

Result<> Records::delete_blobs(const std::string& uid, const std::string& except) {
  for (const auto& blob :
       TRY(client_.content_list({vm_filter() + "," + label_is(vm::label::uid, uid)}))) {
    if (blob.digest == except) continue;
    auto deleted = client_.content_delete(blob.digest);
    if (!ignorable(deleted)) return deleted;
  }
  return {};
}

Result<> Records::remove(const std::string& uid) {
  TRY(delete_blobs(uid, ""));
  auto deleted = client_.lease_delete(lease_id(uid));
  return ignorable(deleted) ? Result<>() : std::move(deleted);
}

Result<std::vector<Records::Lease>> Records::leases() {
  std::vector<Lease> leases;
  for (const auto& lease : TRY(client_.lease_list({vm_filter()}))) {
    if (lease.id.rfind(lease_prefix, 0) != 0) continue;
    const auto label = [&](const char* key) {
      const auto found = lease.labels.find(key);
      return found == lease.labels.end() ? std::string() : found->second;
    };
    leases.push_back({lease.id.substr(std::string_view(lease_prefix).size()),
                      label(vm::label::name_space), label(vm::label::name)});
  }
  return leases;
}

}  // namespace flintctl::inventory
