// SPDX-License-Identifier: Apache-2.0
#include "version.hpp"

namespace flintctl::cmd {
namespace {

Result<> version(Host& host) {
  const output::Format format = TRY(host.format());
  if (format.is_table() || format.kind == output::Kind::name) {
    host.streams().out << "flintctl " FLINTCTL_VERSION "\n";
    return {};
  }
  return output::print_value(host.streams().out, format,
                             data::Value::object({{"version", FLINTCTL_VERSION}}));
}

}  // namespace

void add_version(cli::Command& root, Host& host) {
  root.version("flintctl " FLINTCTL_VERSION);
  root.add("version", "Print the version of flintctl")
      .example("flintctl version -o json", "for scripts")
      .action([&host] { return version(host); });
}

}  // namespace flintctl::cmd
