// SPDX-License-Identifier: Apache-2.0
#include "containerd/env.hpp"

namespace flintctl::cmd {

std::string shell_quoted(std::string_view text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+=,";
  if (!text.empty() && text.find_first_not_of(plain) == std::string_view::npos) {
    return std::string(text);
  }
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

Result<> containerd_env(Host& host) {
  const output::Format format = TRY(host.format());
  const config::Config* config = TRY(host.config());
  std::ostream& out = host.streams().out;
  if (!format.is_table() && format.kind != output::Kind::name) {
    return output::print_value(
        out, format,
        data::Value::object({{"CONTAINERD_ADDRESS", config->containerd_address},
                             {"CONTAINERD_NAMESPACE", config->containerd_namespace}}));
  }
  out << "export CONTAINERD_ADDRESS=" << shell_quoted(config->containerd_address) << '\n'
      << "export CONTAINERD_NAMESPACE=" << shell_quoted(config->containerd_namespace) << '\n';
  return {};
}

void add_containerd_env(cli::Command& containerd, Host& host) {
  containerd.add("env", "Print shell exports that point ctr and nerdctl to our containerd")
      .example("eval \"$(flintctl containerd env)\"", "then plain `ctr content ls` is ours")
      .action([&host] { return containerd_env(host); });
}

}  // namespace flintctl::cmd
