// SPDX-License-Identifier: Apache-2.0
#include "containerd/config.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "data/value.hpp"
#include "provision/containerd.hpp"
#include "provision/containerd_config.hpp"
#include "provision/containerd_install.hpp"
#include "provision/containerd_process.hpp"
#include "provision/containerd_system.hpp"
#include "provision/session.hpp"
#include "sys/file.hpp"
#include "sys/host.hpp"

namespace flintctl::cmd {
namespace {

using provision::ContainerdInstall;
using provision::ContainerdSettings;

data::Value check_head(const std::string& path, bool in_place) {
  return data::Value::object({{"apiVersion", "flintctl/v1"},
                              {"kind", "ContainerdConfigCheck"},
                              {"path", path},
                              {"inPlace", in_place}});
}

Result<ContainerdSettings> to_settings(Host& host, const ContainerdConfigOptions& options) {
  ContainerdSettings settings;
  settings.address = TRY(private_containerd_address(host));
  settings.state = std::filesystem::path(settings.address).parent_path().string();
  settings.root = options.root;
  settings.metrics_address = options.metrics_address;
  settings.pool = TRY(host.config())->pool;
  settings.log_level = options.debug ? provision::LogLevel::trace : provision::LogLevel::info;
  if (options.format != 0) settings.format = static_cast<int>(options.format);
  TRY(provision::validate(settings));
  return provision::fit_to_host(std::move(settings), "containerd",
                                sys::FactCache(TRY(host.config())->run_directory + "/facts"));
}

Result<> print(Host& host, const ContainerdSettings& settings) {
  const output::Format format = TRY(host.format());
  std::ostream& out = host.streams().out;
  if (format.is_table() || format.kind == output::Kind::name) {
    out << provision::containerd_toml(settings);
    return {};
  }
  return output::print_value(out, format, provision::containerd_document(settings));
}

Result<> differs(const std::string& path, std::size_t keys) {
  if (keys == 0) return {};
  return Error(Code::unknown,
               fmt::format("{} differs in {} {}", path, keys, keys == 1 ? "key" : "keys"))
      .with_hint("see the change with: flintctl containerd config --write --dry-run");
}

Result<> check(Host& host, const ContainerdSettings& settings, const std::string& path) {
  if (!sys::exists(path)) {
    return Error(Code::unknown, fmt::format("{} does not exist", path))
        .with_hint("write it with: flintctl containerd config --write");
  }
  const std::string text = TRY(sys::read_file(path));
  const data::Value installed = TRY(data::parse_toml(text).context(path));
  const auto differences = provision::compare(settings, installed);
  const output::Format format = TRY(host.format());
  if (!format.is_table() && format.kind != output::Kind::name) {
    TRY(output::print_value(host.streams().out, format, check_value(path, differences)));
    return differs(path, differences.size());
  }
  for (const auto& difference : differences) host.streams().out << difference.text() << '\n';
  if (differences.empty()) {
    host.streams().out << path << " is as it should be\n";
    return {};
  }
  return differs(path, differences.size());
}

void say(Host& host, const ContainerdSettings& settings, const std::string& path,
         const ContainerdInstall& install) {
  output::Streams& streams = host.streams();
  streams.out << path << (install.changed() ? " configured\n" : " unchanged\n");
  if (streams.quiet) return;
  for (const std::string& change : install.changes) streams.err << change << '\n';
  for (const std::string& note : install.notes) streams.err << "note: " << note << '\n';
  if (!install.backup.empty()) streams.err << "the old file is kept as " << install.backup << '\n';
  if (settings.zeroing == provision::Zeroing::unknown) {
    streams.err << fmt::format(
        "note: the pool '{}' is not active; written again once it is, the configuration lets "
        "mkfs write less\n",
        settings.pool);
  }
  const auto own = provision::find_own_containerd(settings.address);
  if (install.file_differs && own && *own) {
    streams.err << "note: the running containerd reads it at its next start: "
                   "flintctl containerd stop, then flintctl containerd start\n";
  }
}

Result<> write(Host& host, const ContainerdSettings& settings,
               const ContainerdConfigOptions& options) {
  if (options.dry_run) {
    const auto plan = TRY(provision::plan_containerd_config(settings, options.config_path));
    host.streams().out << plan.diff;
    for (const std::string& change : plan.changes) host.streams().err << "would " << change << '\n';
    for (const std::string& note : plan.notes) host.streams().err << "note: " << note << '\n';
    if (!plan.changed()) host.streams().out << options.config_path << " unchanged\n";
    return {};
  }
  TRY(sys::require_root("installing containerd's configuration"));
  const auto install = TRY(provision::install_containerd_config(settings, options.config_path));
  say(host, settings, options.config_path, install);
  if (options.config_path == private_containerd_config) say_other_address(host, settings.address);
  return {};
}

/// Our table in the configuration of the host's own containerd.
Result<> system_config(Host& host, const ContainerdConfigOptions& options) {
  if (options.write) {
    ProvisionContainerdOptions provision;
    provision.system = true;
    provision.restart = options.restart;
    provision.dry_run = options.dry_run;
    return provision_containerd(host, provision);
  }
  ProvisionSession session = TRY(open_provision_session(host, {}));
  provision::SystemContainerdStep step(session.paths, session.settings.system_containerd,
                                       *session.services);
  std::ostream& out = host.streams().out;
  if (!options.check) {
    const provision::HostFile table = TRY(step.table());
    out << "# for " << table.path << '\n' << table.text;
    return {};
  }
  const provision::Item item = TRY(step.check()).items.front();
  const output::Format format = TRY(host.format());
  if (!format.is_table() && format.kind != output::Kind::name) {
    const bool in_place = item.state == provision::State::in_place;
    auto value = check_head(item.subject, in_place);
    if (!in_place) value.set("detail", item.detail.empty() ? "is missing" : item.detail);
    TRY(output::print_value(out, format, value));
  } else if (item.state == provision::State::in_place) {
    out << item.subject << " is as it should be\n";
  }
  if (item.state == provision::State::in_place) return {};
  return Error(Code::unknown,
               fmt::format("{} {}", item.subject, item.detail.empty() ? "is missing" : item.detail))
      .with_hint("write it with: flintctl containerd config --system --write");
}

}  // namespace

data::Value check_value(const std::string& path,
                        const std::vector<provision::ConfigDifference>& differences) {
  auto list = data::Value::array();
  for (const auto& difference : differences) {
    auto value = data::Value::object({{"key", difference.key}});
    if (!difference.wanted.empty()) value.set("wanted", difference.wanted);
    if (!difference.found.empty()) value.set("found", difference.found);
    list.push(std::move(value));
  }
  auto value = check_head(path, differences.empty());
  value.set("differences", std::move(list));
  return value;
}

Result<> containerd_config(Host& host, const ContainerdConfigOptions& options) {
  TRY(host.format());
  if (options.write && options.check) {
    return Error(Code::invalid_argument, "--write and --check exclude each other");
  }
  if (options.dry_run && !options.write) {
    return Error(Code::invalid_argument, "--dry-run goes with --write only")
        .with_hint("without --write nothing is changed anyway");
  }
  if (options.restart && !(options.system && options.write)) {
    return Error(Code::invalid_argument, "--restart goes with --system --write only")
        .with_hint("the private one: flintctl containerd stop, then flintctl containerd start");
  }
  if (options.system) return system_config(host, options);
  const ContainerdSettings settings = TRY(to_settings(host, options));
  if (options.write) return write(host, settings, options);
  if (options.check) return check(host, settings, options.config_path);
  return print(host, settings);
}

void add_containerd_config(cli::Command& containerd, Host& host) {
  auto options = std::make_shared<ContainerdConfigOptions>();
  containerd.add("config", "Print, install or compare containerd's configuration")
      .details(
          "For the containerd that is installed (1.6 or newer) and the live thin pool. --check "
          "exits "
          "0 when the installed file means the same and 1 when it differs, and says in which keys. "
          "--system is about the devmapper table in the configuration of the host's own "
          "containerd: "
          "see 'provision containerd --help'.")
      .example("flintctl containerd config --write", "installs it and makes the folders")
      .example("flintctl containerd config --write --dry-run", "shows what that would change")
      .flag("--write", options->write,
            "Install the file and make root, state and snapshotter folders")
      .flag("--check", options->check, "Compare the installed file in meaning")
      .flag("--dry-run", options->dry_run, "With --write: print the change and make none")
      .flag("--system", options->system, "The host's own containerd: our table in it")
      .flag("--restart", options->restart, "With --system --write: restart it now")
      .flag("--debug", options->debug, "Log level trace instead of info")
      .option("--config-version", options->format,
              "Format of the file: 2 or 3 (what the containerd writes itself)")
      .option("--config-path", options->config_path, "The file", "FILE")
      .option("--root", options->root, "containerd's data folder", "DIR")
      .option("--metrics-address", options->metrics_address, "Where its metrics are served",
              "HOST:PORT")
      .action([options, &host] { return containerd_config(host, *options); });
}

}  // namespace flintctl::cmd
