// SPDX-License-Identifier: Apache-2.0
#include "provision/vmm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include "provision/packages_step.hpp"
#include "provision/session.hpp"
#include "provision/view.hpp"
#include "sys/host.hpp"

namespace flintctl::cmd {
namespace {

using provision::InstalledVmm;
using provision::StepReport;

/// One row: what flintctl installed, or what the host has besides.
struct Row {
  std::string name;
  std::string version;
  std::string path;
  std::string source;        ///< "archive", "package", "host"
  std::string package = {};  ///< for "package"
  bool in_use = true;
  /// Of what was verified when it was installed.
  std::optional<bool> intact = {};
  std::string source_sha256 = {};
};

data::Value to_value(const Row& row) {
  auto value = data::Value::object({{"name", row.name},
                                    {"version", row.version},
                                    {"path", row.path},
                                    {"linked", row.in_use},
                                    {"source", row.source}});
  if (!row.package.empty()) value.set("package", row.package);
  if (row.intact) {
    value.set("intact", *row.intact);
    value.set("sourceSha256", row.source_sha256);
  }
  return value;
}

std::string intact_word(const Row& row) {
  if (!row.intact) return "-";
  return *row.intact ? "yes" : "no";
}

provision::VmmPaths vmm_paths(const config::Config& config) {
  provision::VmmPaths paths;
  paths.facts = provision::host_paths(config).facts();
  return paths;
}

std::vector<provision::HostVmm> host_vmms(const config::Config& config) {
  std::map<std::string, std::string> binaries;
  for (const auto& [name, provider] : config.providers) {
    if (!provider.binary.empty()) binaries[name] = provider.binary;
  }
  return provision::find_host_vmms(vmm_paths(config), binaries);
}

Result<std::vector<Row>> rows(const config::Config& config) {
  std::vector<Row> all;
  for (const InstalledVmm& one : TRY(provision::list_vmms(vmm_paths(config)))) {
    all.push_back({one.name,
                   one.version,
                   one.path,
                   "archive",
                   {},
                   one.linked,
                   one.intact,
                   one.source_sha256});
  }
  for (const provision::HostVmm& one : host_vmms(config)) {
    all.push_back(
        {one.name, one.version, one.path, one.package.empty() ? "host" : "package", one.package});
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Row& a, const Row& b) { return a.name < b.name; });
  return all;
}

Result<> list(Host& host) {
  const output::Format format = TRY(host.format());
  const std::vector<Row> all = TRY(rows(*TRY(host.config())));
  output::Streams& streams = host.streams();
  if (format.is_table()) {
    output::Table table(
        {{"NAME"}, {"VERSION"}, {"IN-USE"}, {"INTACT"}, {"SOURCE"}, {"PATH", true}});
    for (const Row& row : all) {
      const std::string source = row.package.empty() ? row.source : "package " + row.package;
      table.add({row.name, row.version.empty() ? "<unknown>" : row.version,
                 row.in_use ? "yes" : "no", intact_word(row), source, row.path});
    }
    table.print(
        streams.out, format.kind,
        host.options().no_headers ? output::Table::Titles::hide : output::Table::Titles::show);
    return {};
  }
  data::Array items;
  for (const Row& row : all) {
    if (format.kind == output::Kind::name) {
      streams.out << "vmm/" << row.name << '-' << row.version << '\n';
    }
    items.push_back(to_value(row));
  }
  if (format.kind == output::Kind::name) return {};
  return output::print_value(streams.out, format, output::list_value(std::move(items)));
}

/// From the distribution's package, which host.toml may forbid.
Result<std::unique_ptr<provision::Step>> package_step(Host& host, const std::string& name,
                                                      provision::Services& services) {
  using provision::PackagesStep;
  const ProvisionSession session = TRY(open_provision_session(host, {}));
  const bool allowed = session.settings.install_packages;
  return std::unique_ptr<provision::Step>(std::make_unique<PackagesStep>(
      std::vector{*provision::vmm_need(name)},
      allowed ? PackagesStep::Install::allowed : PackagesStep::Install::forbidden, services));
}

/// "7.2.22, /usr/bin/qemu-system-x86_64": what is in use now; nothing when there is none.
std::string found_text(const config::Config& config, const std::string& name) {
  const auto all = rows(config);
  for (const Row& row : all ? *all : std::vector<Row>()) {
    if (row.name != name || !row.in_use) continue;
    return fmt::format(": {}, {}", row.version.empty() ? "<unknown>" : row.version, row.path);
  }
  return {};
}

}  // namespace

Result<> provision_vmm(Host& host, const ProvisionVmmOptions& options) {
  const std::string& name = options.source.name;
  if (name == "list") return list(host);
  TRY(provision::validate(options.source));
  const config::Config& config = *TRY(host.config());
  const auto services = provision::host_services();
  provision::Plan plan(provision::host_paths(config), *services);
  plan.set_voice(voice_of(host));
  if (options.source.given()) {
    plan.add(std::make_unique<provision::VmmStep>(options.source));
  } else {
    plan.add(TRY(package_step(host, name, *services)));
  }
  StepPrinter print(host, TRY(host.format()), options.dry_run, "vmm/" + name);
  if (options.dry_run) {
    const std::vector<StepReport> reports = plan.check();
    TRY(provision::allow_apply(reports));
    for (const StepReport& report : reports) print(report);
    return print.finish();
  }
  TRY(sys::require_root("installing a hypervisor"));
  auto applied = plan.apply([&](const StepReport& report) {
    print(report, report.error ? std::string() : found_text(config, name));
  });
  TRY(print.finish());
  return applied;
}

void add_provision_vmm(cli::Command& provision, Host& host) {
  auto options = std::make_shared<ProvisionVmmOptions>();
  provision.add("vmm", "Install a hypervisor from a verified file or its package, or list them")
      .details(
          "NAME is firecracker, jailer, cloud-hypervisor, virtiofsd or qemu; 'list' lists those "
          "and "
          "what the host has besides. The file is the binary or a .tar.gz release with it. Nothing "
          "of it is executed before its SHA-256 was found right, and what does not say that it is "
          "that program is not installed. Versions lie side by side in "
          "/usr/local/lib/flintctl/vmm, and /usr/local/bin/NAME leads to the one that was "
          "installed last. Without a file qemu and virtiofsd come from the distribution's package, "
          "by apt-get, unless they are there.")
      .example(
          "flintctl provision vmm firecracker --file firecracker-v1.15.1-x86_64.tgz --sha256 "
          "DIGEST",
          "from a release")
      .example("flintctl provision vmm qemu", "from its package, unless it is there")
      .example("flintctl provision vmm list", "versions, and which is in use")
      .argument("NAME", options->source.name, "Which one, or 'list'")
      .option("--file", options->source.file, "Binary or release on this host", "PATH")
      .option("--url", options->source.url, "Where to fetch it", "URL")
      .option("--sha256", options->source.sha256, "Digest of the file", "HEX")
      .option("--version", options->source.version, "Refuse another version than this", "VERSION")
      .flag("--dry-run", options->dry_run, "Say what would be done and change nothing")
      .action([options, &host] { return provision_vmm(host, *options); });
}

}  // namespace flintctl::cmd
