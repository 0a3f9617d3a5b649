// SPDX-License-Identifier: Apache-2.0
#include "vm/list.hpp"

#include <memory>

#include "inventory/records.hpp"
#include "vm/details.hpp"
#include "vm/session.hpp"
#include "vm/targets.hpp"
#include "vm/view.hpp"

namespace flintctl::cmd {
namespace {

Result<std::vector<VmRow>> read_rows(Host& host, const lifecycle::Context& context,
                                     const vm::Selector& selector) {
  const auto& options = host.options();
  const auto name_space =
      options.all_namespaces ? std::nullopt : std::optional(options.vm_namespace);
  const auto statuses = lifecycle::statuses(context);
  std::vector<VmRow> rows;
  for (auto& summary : TRY(inventory::Records(context.client).list(name_space))) {
    if (!selector.matches(summary.labels)) continue;
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
      continue;
    }
    const auto code = details.error().code();
    if (code == Code::not_found) continue;  // deleted since it was listed
    // One record that cannot be read must not hide the others.
    const bool damaged = code == Code::data_loss || code == Code::unimplemented;
    if (!damaged) return std::move(details).error();
    items.push_back(to_value(summary, details.error()));
  }
  return output::print_value(host.streams().out, format, output::list_value(std::move(items)));
}

/// As vm_target() accepts them: of all namespaces, each with its own.
void print_names(Host& host, const char* prefix, const std::vector<VmRow>& rows) {
  for (const auto& row : rows) {
    auto& out = host.streams().out << prefix;
    if (host.options().all_namespaces) out << row.summary.name_space << '/';
    out << row.summary.name << '\n';
  }
}

void print_empty(Host& host, const std::string& selector) {
  if (host.streams().quiet) return;
  auto& err = host.streams().err;
  if (!selector.empty()) {
    err << "No VM has these labels.\n";
  } else if (host.options().all_namespaces) {
    err << "No VMs.\n";
  } else {
    err << "No VMs in namespace '" << host.options().vm_namespace << "'.\n";
  }
}

}  // namespace

Result<> vm_list(Host& host, const VmListOptions& options) {
  const auto format = TRY(host.format());
  const auto selector = TRY(vm::Selector::parse(options.selector));
  const auto session = TRY(open_vm_session(host));
  const auto rows = TRY(read_rows(host, *session.context, selector));
  auto& streams = host.streams();
  if (format.kind == output::Kind::name || (streams.quiet && format.is_table())) {
    print_names(host, format.kind == output::Kind::name ? "vm/" : "", rows);
    return {};
  }
  if (!format.is_table()) return print_values(host, format, *session.context, rows);
  if (rows.empty()) {
    print_empty(host, options.selector);
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
  auto options = std::make_shared<VmListOptions>();
  auto& list = vm.add("list", "List VMs and what they do now");
  list.alias("ls")
      .example("flintctl vm list -A", "of all namespaces")
      .example("flintctl vm list -o wide", "with reason, uid and whole names of images")
      .example("flintctl vm list -l app=web,!old", "with one label and without another")
      .action([options, &host] { return vm_list(host, *options); });
  add_selector_flag(list, options->selector);
}

}  // namespace flintctl::cmd
