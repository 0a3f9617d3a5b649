// SPDX-License-Identifier: Apache-2.0
#include "provision/vmm.hpp"

#include <memory>

#include "provision/host_plan.hpp"
#include "provision/view.hpp"
#include "sys/host.hpp"

namespace flintctl::cmd {
namespace {

using provision::InstalledVmm;
using provision::StepReport;

data::Value to_value(const InstalledVmm& one) {
  return data::Value::object({{"name", one.name},
                              {"version", one.version},
                              {"path", one.path},
                              {"linked", one.linked},
                              {"intact", one.intact},
                              {"sourceSha256", one.source_sha256}});
}

Result<> list(Host& host) {
  const output::Format format = TRY(host.format());
  const auto installed = TRY(provision::list_vmms({}));
  output::Streams& streams = host.streams();
  if (format.is_table()) {
    output::Table table({{"NAME"}, {"VERSION"}, {"IN-USE"}, {"INTACT"}, {"PATH", true}});
    for (const InstalledVmm& one : installed) {
      table.add(
          {one.name, one.version, one.linked ? "yes" : "no", one.intact ? "yes" : "no", one.path});
    }
    table.print(
        streams.out, format.kind,
        host.options().no_headers ? output::Table::Titles::hide : output::Table::Titles::show);
    return {};
  }
  data::Array items;
  for (const InstalledVmm& one : installed) {
    if (format.kind == output::Kind::name) {
      streams.out << "vmm/" << one.name << '-' << one.version << '\n';
    }
    items.push_back(to_value(one));
  }
  if (format.kind == output::Kind::name) return {};
  return output::print_value(streams.out, format, output::list_value(std::move(items)));
}

}  // namespace

Result<> provision_vmm(Host& host, const ProvisionVmmOptions& options) {
  if (options.source.name == "list") return list(host);
  TRY(provision::validate(options.source));
  const auto services = provision::host_services();
  provision::Plan plan(provision::host_paths(*TRY(host.config())), *services);
  plan.add(std::make_unique<provision::VmmStep>(options.source));
  std::ostream& out = host.streams().out;
  if (options.dry_run) {
    const StepReport report = std::move(plan.check().front());
    if (report.error) return *report.error;
    for (const std::string& line : dry_run_lines(report)) out << line << '\n';
    return {};
  }
  TRY(sys::require_root("installing a hypervisor"));
  return plan.apply([&](const StepReport& report) {
    out << "vmm/" << options.source.name << ' ' << step_result(report) << '\n';
    say_notes(host, report);
  });
}

void add_provision_vmm(cli::Command& provision, Host& host) {
  auto options = std::make_shared<ProvisionVmmOptions>();
  provision.add("vmm", "Install a hypervisor from a verified file, or list what is installed")
      .details(
          "NAME is firecracker, jailer, cloud-hypervisor, virtiofsd or qemu; 'list' lists. The "
          "file is the binary or a .tar.gz release with it. Nothing of it is executed before its "
          "SHA-256 was found right. Versions lie side by side in /usr/local/lib/flintctl/vmm, and "
          "/usr/local/bin/NAME leads to the one that was installed last. What a distribution has "
          "comes from there as well: apt-get install qemu-system-x86.")
      .example(
          "flintctl provision vmm firecracker --file firecracker-v1.15.1-x86_64.tgz --sha256 "
          "DIGEST",
          "from a release")
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
