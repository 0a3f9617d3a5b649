// SPDX-License-Identifier: Apache-2.0
#include "vm/view.hpp"

#include <fmt/format.h>

#include "core/units.hpp"
#include "oci/reference.hpp"

namespace flintctl::cmd {
namespace {

using data::Value;

std::string age(vm::Time since, std::chrono::system_clock::time_point now) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - since);
  return format_age(std::max(seconds, std::chrono::seconds(0)));
}

Value texts(const vm::Labels& labels) {
  auto value = Value::object();
  for (const auto& [key, text] : labels) value.set(key, text);
  return value;
}

void set_text(Value& object, const char* key, const std::string& text) {
  if (!text.empty()) object.set(key, text);
}

bool has_process(vm::Phase phase) {
  return phase == vm::Phase::running || phase == vm::Phase::paused ||
         phase == vm::Phase::starting || phase == vm::Phase::stopping ||
         phase == vm::Phase::unknown;
}

Value metadata_value(const vm::Record& record) {
  return Value::object({{"name", record.name},
                        {"namespace", record.name_space},
                        {"uid", record.uid},
                        {"labels", texts(record.labels)},
                        {"annotations", texts(record.annotations)},
                        {"createdAt", vm::format_time(record.created_at)}});
}

Value volumes_value(const VmDetails& vm) {
  auto volumes = Value::array();
  for (const auto& volume : vm.record.volumes) {
    auto value = Value::object({{"name", volume.name},
                                {"snapshotter", volume.snapshotter},
                                {"key", volume.key},
                                {"sizeBytes", volume.size}});
    if (volume.name == "root") set_text(value, "device", vm.root_device);
    volumes.push(std::move(value));
  }
  return volumes;
}

Value interfaces_value(const vm::Record& record) {
  auto interfaces = Value::array();
  for (const auto& interface : record.interfaces) {
    auto value = Value::object(
        {{"name", interface.name}, {"hostDevice", interface.host_device}, {"mac", interface.mac}});
    set_text(value, "bridge", interface.bridge);
    interfaces.push(std::move(value));
  }
  return interfaces;
}

void add_runtime(Value& status, const VmDetails& vm) {
  const auto& runtime = *vm.runtime;
  status.set("startedAt", vm::format_time(runtime.started_at));
  if (runtime.booted_at) status.set("bootedAt", vm::format_time(*runtime.booted_at));
  if (has_process(vm.status.phase)) status.set("pid", runtime.pid);
  set_text(status, "accelerator", runtime.accelerator);
  set_text(status, "providerVersion", runtime.provider_version);
  set_text(status, "note", runtime.note);
  set_text(status, "cmdline", runtime.cmdline);
}

Value status_value(const VmDetails& vm) {
  auto status = Value::object({{"phase", std::string(to_string(vm.status.phase))}});
  set_text(status, "reason", vm.status.reason);
  set_text(status, "message", vm.status.message);
  if (vm.runtime) add_runtime(status, vm);
  status.set("consoleLog", vm.console_log);
  status.set("imageDigest", vm.record.image_digest);
  status.set("kernel",
             Value::object({{"digest", vm.record.kernel.digest}, {"path", vm.record.kernel.path}}));
  if (!vm.record.initrd.path.empty()) {
    status.set("initrd", Value::object({{"digest", vm.record.initrd.digest},
                                        {"path", vm.record.initrd.path}}));
  }
  status.set("volumes", volumes_value(vm));
  status.set("interfaces", interfaces_value(vm.record));
  auto addresses = Value::array();
  for (const auto& address : vm.record.addresses) addresses.push(address);
  status.set("addresses", std::move(addresses));
  return status;
}

/// What labels leave out, because somebody damaged them, is no value.
std::string known(std::string text) { return text.empty() ? "<unknown>" : std::move(text); }

std::string known_number(std::uint64_t number, std::string text) {
  return known(number == 0 ? std::string() : std::move(text));
}

/// An image's name without its registry, and so much of a digest as people compare.
std::string short_image(const std::string& text) {
  const auto reference = oci::Reference::parse(text);
  if (!reference) return text;
  constexpr std::string_view library = "library/";
  constexpr std::size_t shown_digits = 12;
  std::string name = reference->repository();
  if (reference->host() == "docker.io" && name.starts_with(library)) name.erase(0, library.size());
  if (reference->tag()) return name + ":" + *reference->tag();
  return name + "@" + reference->digest()->text().substr(0, sizeof "sha256:" - 1 + shown_digits);
}

void line(std::ostream& out, const char* title, const std::string& text) {
  if (!text.empty()) out << fmt::format("{:<13}{}\n", fmt::format("{}:", title), text);
}

std::string phase_text(const vm::Status& status) {
  const auto phase = std::string(to_string(status.phase));
  return status.reason.empty() ? phase : fmt::format("{} ({})", phase, status.reason);
}

}  // namespace

void print_vms(std::ostream& out, output::Kind kind, output::Table::Titles titles,
               NamespaceColumn namespaces, const std::vector<VmRow>& rows,
               std::chrono::system_clock::time_point now) {
  const bool wide = kind == output::Kind::wide;
  std::vector<output::Column> columns{{"NAME"},         {"PHASE"},     {"PROVIDER"},
                                      {"VCPUS"},        {"MEMORY"},    {"IMAGE"},
                                      {"REASON", true}, {"UID", true}, {"AGE"}};
  const bool show = namespaces == NamespaceColumn::show;
  if (show) columns.insert(columns.begin(), {"NAMESPACE"});
  output::Table table(std::move(columns));
  for (const auto& [summary, status] : rows) {
    std::vector<std::string> cells{
        summary.name,
        std::string(to_string(status.phase)),
        known(summary.provider),
        known_number(summary.vcpus, std::to_string(summary.vcpus)),
        known_number(summary.memory, vm::size_text(summary.memory)),
        known(wide ? summary.image : short_image(summary.image)),
        status.reason,
        summary.uid,
        summary.created_at == vm::Time() ? "<unknown>" : age(summary.created_at, now)};
    if (show) cells.insert(cells.begin(), summary.name_space);
    table.add(std::move(cells));
  }
  table.print(out, kind, titles);
}

Value to_value(const VmDetails& vm) {
  return Value::object({{"apiVersion", "flintctl/v1"},
                        {"kind", "MicroVM"},
                        {"metadata", metadata_value(vm.record)},
                        {"spec", vm::to_value(vm.record.spec)},
                        {"status", status_value(vm)}});
}

Value to_value(const vm::Summary& summary, const Error& damage) {
  auto metadata = Value::object({{"name", summary.name},
                                 {"namespace", summary.name_space},
                                 {"uid", summary.uid},
                                 {"labels", texts(summary.labels)}});
  if (summary.created_at != vm::Time()) {
    metadata.set("createdAt", vm::format_time(summary.created_at));
  }
  auto status = Value::object({{"phase", std::string(to_string(vm::Phase::unknown))},
                               {"reason", "RecordUnreadable"},
                               {"message", damage.text()},
                               {"hint", std::string(damage.hint())}});
  return Value::object({{"apiVersion", "flintctl/v1"},
                        {"kind", "MicroVM"},
                        {"metadata", std::move(metadata)},
                        {"status", std::move(status)}});
}

void print_details(std::ostream& out, const VmDetails& vm) {
  const auto& record = vm.record;
  line(out, "Name", record.name);
  line(out, "Namespace", record.name_space);
  line(out, "UID", record.uid);
  line(out, "Phase", phase_text(vm.status));
  line(out, "Message", vm.status.message);
  line(out, "Image", record.spec.root.image);
  line(out, "vCPUs", std::to_string(record.spec.vcpus));
  line(out, "Memory", vm::size_text(record.spec.memory));
  line(out, "Provider", record.spec.provider);
  if (vm.runtime) {
    line(out, "Version", vm.runtime->provider_version);
    line(out, "Accelerator", vm.runtime->accelerator);
    line(out, "Note", vm.runtime->note);
    if (has_process(vm.status.phase)) line(out, "PID", std::to_string(vm.runtime->pid));
    line(out, "Started", vm::format_time(vm.runtime->started_at));
    if (vm.runtime->booted_at) line(out, "Booted", vm::format_time(*vm.runtime->booted_at));
    line(out, "Cmdline", vm.runtime->cmdline);
  }
  line(out, "Kernel", record.kernel.path);
  line(out, "Initrd", record.initrd.path);
  line(out, "Root device", vm.root_device);
  for (const auto& interface : record.interfaces) {
    line(out, "Interface",
         fmt::format("{} on {}, {}", interface.name, interface.host_device, interface.mac));
  }
  line(out, "Console log", vm.console_log);
  line(out, "Created", vm::format_time(record.created_at));
}

}  // namespace flintctl::cmd
