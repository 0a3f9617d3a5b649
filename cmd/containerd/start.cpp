// SPDX-License-Identifier: Apache-2.0
#include "containerd/start.hpp"

#include <fmt/format.h>

#include <memory>

#include "provision/containerd_daemon.hpp"

namespace flintctl::cmd {
namespace {

data::Value to_value(const provision::ContainerdRun& run) {
  return data::Value::object({{"apiVersion", "flintctl/v1"},
                              {"kind", "Containerd"},
                              {"result", run.changed ? "started" : "unchanged"},
                              {"address", run.address},
                              {"version", run.version},
                              {"pid", static_cast<std::int64_t>(run.pid)},
                              {"configPath", run.config_path},
                              {"logFile", run.log_file}});
}

}  // namespace

Result<> containerd_start(Host& host, const ContainerdStartOptions& options) {
  const output::Format format = TRY(host.format());
  const std::string address = TRY(configured_containerd_address(host, options.config_path));
  provision::ContainerdStart start;
  start.config_path = options.config_path;
  start.log_file = options.log_file.empty() ? default_containerd_log(address) : options.log_file;
  start.timeout = options.timeout;
  start.snapshotter = TRY(host.config())->snapshotter;
  start.run_directory = TRY(host.config())->run_directory;
  if (options.debug) start.log_level = provision::LogLevel::trace;
  const provision::ContainerdRun run = TRY(provision::start_containerd(start));

  output::Streams& streams = host.streams();
  if (!format.is_table() && format.kind != output::Kind::name) {
    return output::print_value(streams.out, format, to_value(run));
  }
  streams.out << "containerd " << (run.changed ? "started" : "unchanged") << '\n';
  if (!streams.quiet) {
    streams.err << fmt::format("containerd {} (pid {}) at {}, {} ok; log: {}\n", run.version,
                               run.pid, run.address, start.snapshotter, run.log_file);
  }
  say_other_address(host, run.address);
  return {};
}

void add_containerd_start(cli::Command& containerd, Host& host) {
  auto options = std::make_shared<ContainerdStartOptions>();
  containerd.add("start", "Start the private containerd and wait until it works")
      .details(
          "Returns when its socket answers and its devmapper snapshotter is ok. It runs as a "
          "transient unit where systemd runs, else detached in a cgroup of its own, and never in "
          "place of another containerd. Run again it changes nothing.")
      .example("flintctl containerd start", "after provision devpool and containerd config --write")
      .option("--config-path", options->config_path, "Its configuration", "FILE")
      .option("--log-file", options->log_file,
              "Where its output is appended (/var/log/flintctl/containerd-dev.log)", "FILE")
      .duration_option("--timeout", options->timeout, "How long to wait for it")
      .flag("--debug", options->debug, "Log level trace, whatever its configuration says")
      .action([options, &host] { return containerd_start(host, *options); });
}

}  // namespace flintctl::cmd
