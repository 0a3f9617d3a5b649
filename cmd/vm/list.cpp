// SPDX-License-Identifier: Apache-2.0
#include "vm/list.hpp"

#include "inventory/records.hpp"
#include "vm/details.hpp"
#include "vm/session.hpp"
#include "vm/view.hpp"

namespace flintctl::cmd {
namespace {

Result<std::vector<VmRow>> read_rows(Host& host, const lifecycle::Context& context) {
  const auto& options = host.options();
  const auto name_space =
      options.all_namespaces ? std::nullopt : std::optional(options.vm_namespace);
  const auto statuses = lifecycle::statuses(context);
  std::vector<VmRow> rows;
  for (auto& summary : TRY(inventory::Records(context.client).list(name_space))) {
    auto status = statuses.glance(summary);
    rows.push_back({std::move(summary), std::move(status)});
  }
  return rows;
}

Result<> print_values(Host& host, const output::Format& format, const lifecycle::Context& context,
                      const std::vector<VmRow>& rows) {
  data::Array items;
  for (const auto& [summary, status] : rows) {
    auto details = vm_details(context, summary, status);
    if (details) {
      items.push_back(to_value(*details));
    } else if (details.error().code() != Code::not_found) {  // deleted since it was listed
      return std::move(details).error();
    }
  }
  return output::print_value(host.streams().out, format, output::list_value(std::move(items)));
}

void print_empty(Host& host) {
  if (host.streams().quiet) return;
  auto& err = host.streams().err;
  if (host.options().all_namespaces) {
    err << "No VMs.\n";
  } else {
    err << "No VMs in namespace '" << host.options().vm_namespace << "'.\n";
  }
}

}  // namespace

Result<> vm_list(Host& host) {
  const auto format = TRY(host.format());
  const auto session = TRY(open_vm_session(host));
  const auto rows = TRY(read_rows(host, *session.context));
  auto& streams = host.streams();
  if (format.kind == output::Kind::name || (streams.quiet && format.is_table())) {
    const char* const prefix = format.kind == output::Kind::name ? "vm/" : "";
    for (const auto& row : rows) streams.out << prefix << row.summary.name << '\n';
    return {};
  }
  if (!format.is_table()) return print_values(host, format, *session.context, rows);
  if (rows.empty()) {
    print_empty(host);
    return {};
  }
  const auto titles =
      host.options().no_headers ? output::Table::Titles::hide : output::Table::Titles::show;
  const auto namespaces =
      host.options().all_namespaces ? NamespaceColumn::show : NamespaceColumn::hide;
  print_vms(streams.out, format.kind, titles, namespaces, rows, std::chrono::system_clock::now());
  return {};
}

void add_vm_list(cli::Command& vm, Host& host) {
  vm.add("list", "List VMs and what they do now")
      .alias("ls")
      .example("flintctl vm list -A", "of all namespaces")
      .example("flintctl vm list -o wide", "with reason and uid")
      .action([&host] { return vm_list(host); });
}

}  // namespace flintctl::cmd
