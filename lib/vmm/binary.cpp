// SPDX-License-Identifier: Apache-2.0
#include "vmm/binary.hpp"

#include <fmt/format.h>

#include <charconv>

#include "sys/fact_cache.hpp"
#include "sys/file.hpp"
#include "sys/process.hpp"

namespace flintctl::vmm {
namespace {

constexpr auto version_timeout = std::chrono::seconds(10);

/// Reads one decimal number and what must follow it; false when either is missing.
bool take_number(std::string_view& text, int& number, std::string_view terminator) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (!text.starts_with(terminator)) return false;
  text.remove_prefix(terminator.size());
  return true;
}

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

/// Some other program bears the name.
Error unlike(const BinaryQuery& query, const std::string& path, const std::string& why) {
  return Error(Code::host_not_ready,
               fmt::format("{} does not answer like {}: {}", path, query.provider, why))
      .with_hint(
          fmt::format("set binary in [providers.{}] of the configuration file", query.provider));
}

Result<std::string> ask_version(const BinaryQuery& query, const std::string& path) {
  auto output = sys::run({path, "--version"}, {}, version_timeout);
  if (!output) return Error(output.error()).context(fmt::format("asking {} its version", path));
  if (!output->status.ok()) return unlike(query, path, output->status.text());
  return std::move(output->out);
}

}  // namespace

Result<Probe> parse_version(std::string_view output, std::string_view marker) {
  const Error unknown(Code::not_found,
                      fmt::format("no version in its answer '{}'", first_line(output)));
  const auto at = output.find(marker);
  if (at == std::string_view::npos) return unknown;
  std::string_view rest = output.substr(at + marker.size());
  Probe probe;
  probe.version = std::string(rest.substr(0, rest.find_first_of(" \n")));
  if (!take_number(rest, probe.major, ".") || !take_number(rest, probe.minor, ".") ||
      !take_number(rest, probe.patch, "")) {
    return unknown;
  }
  return probe;
}

Result<Probe> find_binary(const BinaryQuery& query) {
  const auto path = sys::find_program(query.name);
  if (!path) {
    return Error(Code::host_not_ready,
                 fmt::format("{} is not installed: no {}", query.provider, query.name))
        .with_hint(fmt::format("{}, or set binary in [providers.{}] of the configuration file",
                               query.package, query.provider));
  }
  const sys::FactCache facts(query.fact_folder);
  const auto identity = sys::program_identity(*path);
  const auto fact = identity.empty() ? "" : fmt::format("version of {} {}", *path, identity);
  auto known = facts.find(fact);
  const std::string answer = known ? *std::move(known) : TRY(ask_version(query, *path));
  auto probe = parse_version(answer, query.marker);
  if (!probe) return unlike(query, *path, probe.error().message());
  facts.keep(fact, answer);
  probe->binary = *path;
  return probe;
}

}  // namespace flintctl::vmm
