// SPDX-License-Identifier: Apache-2.0
#include "provision/view.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace flintctl::cmd {
namespace {

using provision::Item;
using provision::State;
using provision::StepReport;

const char* word(State state) {
  switch (state) {
    case State::missing:
      return "missing";
    case State::differs:
      return "differs";
    case State::in_place:
      break;
  }
  return "in place";
}

bool any(const StepReport& report, State state) {
  return std::any_of(report.finding.items.begin(), report.finding.items.end(),
                     [state](const Item& item) { return item.state == state; });
}

}  // namespace

data::Value step_value(const StepReport& report) {
  data::Array items;
  for (const Item& item : report.finding.items) {
    items.push_back(data::Value::object(
        {{"subject", item.subject}, {"state", word(item.state)}, {"detail", item.detail}}));
  }
  auto value = data::Value::object({{"step", report.step},
                                    {"state", step_state(report)},
                                    {"result", step_result(report)},
                                    {"items", std::move(items)}});
  const std::vector<std::string>& warnings = report.finding.warnings;
  value.set("warnings", data::Array(warnings.begin(), warnings.end()));
  value.set("notes", data::Array(report.notes.begin(), report.notes.end()));
  if (report.error) value.set("error", report.error->text());
  return value;
}

std::string step_state(const StepReport& report) {
  if (report.error) return "error";
  if (report.in_place()) return "in place";
  // Wholly absent, or there and not as it should be.
  return any(report, State::differs) || any(report, State::in_place) ? "differs" : "missing";
}

std::string step_result(const StepReport& report) {
  if (report.error) return "failed";
  if (!report.changed) return "unchanged";
  return step_state(report) == "missing" ? "created" : "changed";
}

std::vector<std::string> dry_run_lines(const StepReport& report) {
  std::vector<std::string> lines;
  if (report.error) {
    lines.push_back(fmt::format("{}: cannot be planned: {}", report.step, report.error->text()));
  }
  for (const Item& item : report.finding.items) {
    // What waits for a person is a warning already.
    if (item.state == State::in_place || item.waits) continue;
    std::string line =
        fmt::format("{}: would {} {}", report.step,
                    item.state == State::missing ? item.verb : "change", item.subject);
    if (!item.detail.empty()) line += fmt::format(" ({})", item.detail);
    lines.push_back(std::move(line));
  }
  if (lines.empty()) lines.push_back(report.step + ": unchanged");
  return lines;
}

void say_notes(Host& host, const StepReport& report) {
  output::Streams& streams = host.streams();
  if (streams.quiet) return;
  for (const std::string& warning : report.finding.warnings) {
    streams.err << "warning: " << warning << '\n';
  }
  for (const std::string& note : report.notes) streams.err << "note: " << note << '\n';
}

void StepPrinter::operator()(const StepReport& report, const std::string& detail) {
  say_notes(host_, report);
  std::ostream& out = host_.streams().out;
  if (format_.kind == output::Kind::name) {
    out << subject(report) << '\n';
  } else if (!format_.is_table()) {
    items_.push_back(step_value(report));
  } else if (dry_run_) {
    for (const std::string& line : dry_run_lines(report)) out << line << '\n';
  } else {
    out << subject(report) << ' ' << step_result(report) << detail << std::endl;
  }
}

Result<> StepPrinter::finish() {
  if (format_.is_table() || format_.kind == output::Kind::name) return {};
  return output::print_value(host_.streams().out, format_, output::list_value(std::move(items_)));
}

std::string StepPrinter::subject(const StepReport& report) const {
  return subject_.empty() ? "step/" + report.step : subject_;
}

}  // namespace flintctl::cmd
