// SPDX-License-Identifier: Apache-2.0
#include "containerd/stop.hpp"

#include <memory>

#include "provision/containerd_daemon.hpp"

namespace flintctl::cmd {

Result<> containerd_stop(Host& host, const ContainerdStopOptions& options) {
  const output::Format format = TRY(host.format());
  provision::ContainerdStop stop;
  stop.address = TRY(running_containerd_address(host, options.config_path));
  stop.grace = options.grace;
  stop.run_directory = TRY(host.config())->run_directory;
  const auto pid = TRY(provision::stop_containerd(stop));

  const char* result = pid ? "stopped" : "unchanged";
  if (!format.is_table() && format.kind != output::Kind::name) {
    return output::print_value(host.streams().out, format,
                               data::Value::object({{"apiVersion", "flintctl/v1"},
                                                    {"kind", "Containerd"},
                                                    {"result", result},
                                                    {"address", stop.address}}));
  }
  host.streams().out << "containerd " << result << '\n';
  return {};
}

void add_containerd_stop(cli::Command& containerd, Host& host) {
  auto options = std::make_shared<ContainerdStopOptions>();
  containerd.add("stop", "Stop the private containerd; running VMs go on")
      .details(
          "Ends only the containerd that flintctl started. SIGTERM first, SIGKILL after the grace. "
          "When none runs, nothing changes.")
      .example("flintctl containerd stop", "before a change of its configuration takes effect")
      .option("--config-path", options->config_path, "Its configuration, which names its address",
              "FILE")
      .duration_option("--grace", options->grace, "Time between SIGTERM and SIGKILL")
      .action([options, &host] { return containerd_stop(host, *options); });
}

}  // namespace flintctl::cmd
