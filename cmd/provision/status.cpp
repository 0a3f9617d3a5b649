// SPDX-License-Identifier: Apache-2.0
#include "provision/status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "provision/session.hpp"
#include "provision/view.hpp"

namespace flintctl::cmd {
namespace {

using provision::StepReport;

std::string why(const StepReport& report) {
  if (report.error) return report.error->text();
  std::string text;
  for (const provision::Item& item : report.finding.items) {
    if (item.state == provision::State::in_place) continue;
    if (!text.empty()) text += "; ";
    text += item.subject;
    if (!item.detail.empty()) {
      text += " " + item.detail;
    } else {
      text += item.state == provision::State::missing ? " is missing" : " differs";
    }
  }
  return text.empty() ? "-" : text;
}

Result<> print(Host& host, const output::Format& format, const std::vector<StepReport>& reports) {
  output::Streams& streams = host.streams();
  if (format.kind == output::Kind::name) {
    for (const StepReport& report : reports) streams.out << "step/" << report.step << '\n';
    return {};
  }
  if (format.is_table()) {
    output::Table table({{"STEP"}, {"STATE"}, {"WHY"}});
    for (const StepReport& report : reports) {
      table.add({report.step, step_state(report), why(report)});
    }
    table.print(
        streams.out, format.kind,
        host.options().no_headers ? output::Table::Titles::hide : output::Table::Titles::show);
    for (const StepReport& report : reports) say_notes(host, report);
    return {};
  }
  data::Array items;
  for (const StepReport& report : reports) items.push_back(step_value(report));
  return output::print_value(streams.out, format, output::list_value(std::move(items)));
}

}  // namespace

Result<> provision_status(Host& host, const ProvisionStatusOptions& options) {
  const output::Format format = TRY(host.format());
  ProvisionSession session = TRY(open_provision_session(host, options.file));
  provision::Plan plan = session.plan();
  const std::vector<StepReport> reports = plan.check();
  TRY(print(host, format, reports));
  const auto amiss = std::count_if(reports.begin(), reports.end(),
                                   [](const StepReport& report) { return !report.in_place(); });
  if (amiss == 0) return {};
  return Error(Code::host_not_ready,
               fmt::format("{} of {} steps are not in place", amiss, reports.size()))
      .with_hint("see what would be done: flintctl provision all --dry-run");
}

void add_provision_status(cli::Command& provision, Host& host) {
  auto options = std::make_shared<ProvisionStatusOptions>();
  provision.add("status", "Say of every step whether it is in place")
      .details(
          "Read from the host itself, never from what an earlier run recorded. Exits 0 when all "
          "is in place, else 6.")
      .example("flintctl provision status -o json", "for a monitor")
      .option("-f,--file", options->file,
              "What the host is to have, - for stdin (/etc/flintctl/host.toml if it exists)",
              "FILE")
      .action([options, &host] { return provision_status(host, *options); });
}

}  // namespace flintctl::cmd
