// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>

#include "config/config.hpp"
#include "core/units.hpp"
#include "devmapper/driver.hpp"
#include "provision/containerd_config.hpp"
#include "sys/file.hpp"
#include "sys/place.hpp"

namespace flintctl::provision {
namespace {

constexpr std::size_t socket_path_limit = 107;  // sun_path less its NUL: unix(7)
constexpr std::string_view ttrpc_suffix = ".ttrpc";
constexpr const char* system_root = "/var/lib/containerd";
constexpr const char* system_state = "/run/containerd";

const data::Value& member(const data::Value& value, std::string_view key) {
  static const data::Value nothing;
  const data::Value* found = value.find(key);
  return found != nullptr ? *found : nothing;
}

Result<> check_path(std::string_view what, const std::string& path, std::string_view system_path) {
  if (!path.starts_with('/')) {
    return Error(Code::invalid_argument,
                 fmt::format("containerd's {} '{}' is not an absolute path", what, path));
  }
  if (path != system_path) return {};
  return Error(Code::invalid_argument,
               fmt::format("containerd's {} {} belongs to the host's own containerd", what, path))
      .with_hint(fmt::format("the private containerd needs its own: {} and {}",
                             config::private_containerd_address, "/var/lib/containerd-dev"));
}

Result<> check_socket(const std::string& path) {
  if (path.size() <= socket_path_limit) return {};
  return Error(Code::invalid_argument,
               fmt::format(
                   "the socket path '{}' has {} bytes, more than the {} that a socket can have",
                   path, path.size(), socket_path_limit))
      .with_hint(fmt::format("choose an address of at most {} bytes (containerd opens a second "
                             "socket with {} appended)",
                             socket_path_limit - ttrpc_suffix.size(), ttrpc_suffix));
}

Result<> check_own(const std::string& root, const std::string& state, const std::string& address,
                   const std::string& ttrpc_address) {
  TRY(check_path("root", root, system_root));
  TRY(sys::refuse_shared_folder("containerd's root", root));
  TRY(check_path("state", state, system_state));
  if (auto checked = sys::refuse_shared_folder("containerd's state", state); !checked) {
    // Nobody names the state: it is where the socket is.
    return std::move(checked)
        .error()
        .context(fmt::format("containerd's address {}", address))
        .with_hint(fmt::format("put the socket into a folder of its own, as in {}",
                               config::private_containerd_address));
  }
  TRY(check_path("address", address, config::system_containerd_address));
  TRY(check_socket(address));
  return check_socket(ttrpc_address);
}

/// The string at `key`; missing means containerd's default, which is the host's own.
Result<std::string> own_string(const data::Value& table, std::string_view key,
                               std::string_view whole_key) {
  std::string value = table.string_or(key);
  if (!value.empty()) return value;
  return Error(Code::invalid_argument,
               fmt::format("it names no {}: containerd would use the host's own", whole_key))
      .with_hint("write one with: flintctl containerd config --write");
}

/// HOST:PORT as containerd listens on it, or nothing: then it serves no metrics.
Result<> check_metrics_address(const std::string& address) {
  if (address.empty()) return {};
  const auto colon = address.rfind(':');
  const std::string host = address.substr(0, std::min(colon, address.size()));
  const std::string port = colon == std::string::npos ? "" : address.substr(colon + 1);
  unsigned number = 0;
  const auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), number);
  const bool is_port = failed == std::errc() && end == port.data() + port.size() && number <= 65535;
  const bool bracketed = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
  const std::string_view known = bracketed ? "[]0123456789abcdefABCDEF:.%"
                                           : "0123456789abcdefghijklmnopqrstuvwxyz"
                                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-";
  if (is_port && host.find_first_not_of(known) == std::string::npos) return {};
  return Error(Code::invalid_argument,
               fmt::format("'{}' is no address for containerd's metrics", address))
      .with_hint(
          "write HOST:PORT with a port of 1 to 65535, or 0 for any that is free, as in "
          "127.0.0.1:1338");
}

}  // namespace

Result<> validate(const ContainerdSettings& settings) {
  TRY(check_own(settings.root, settings.state, settings.address,
                settings.address + std::string(ttrpc_suffix)));
  TRY(devmapper::check_name(settings.pool));
  TRY(check_metrics_address(settings.metrics_address));
  TRY(parse_size(settings.base_image_size).context("the size of a disk made from an image"));
  if (settings.format && *settings.format != 2 && *settings.format != 3) {
    return Error(Code::invalid_argument,
                 fmt::format("containerd's configuration has no version {}", *settings.format))
        .with_hint("2 is for containerd 1.6 and later, 3 for 2.0 and later");
  }
  return {};
}

Result<ContainerdSettings> fit_to_host(ContainerdSettings settings, const std::string& binary,
                                       const sys::FactCache& facts) {
  settings.version = TRY(find_containerd(binary, facts)).version;
  if (settings.format == 3 && !settings.version.at_least(2, 0)) {
    return Error(Code::invalid_argument,
                 fmt::format("containerd {} cannot read a configuration of version 3",
                             settings.version.text))
        .with_hint("leave --config-version out, or use containerd 2.0 or later");
  }
  settings.zeroing = Zeroing::unknown;
  if (const auto driver = devmapper::open(sys::Modules::leave)) {
    settings.zeroing = read_pool_zeroing(**driver, settings.pool);
  }
  const auto mke2fs = find_mke2fs(facts);
  settings.mke2fs_can_skip_zeros = mke2fs && mke2fs->at_least(1, 47);
  return settings;
}

Result<ContainerdFacts> read_containerd_facts(const std::string& path) {
  const std::string what = fmt::format("containerd's configuration {}", path);
  if (!sys::exists(path)) {
    return Error(Code::host_not_ready, fmt::format("{} does not exist", what))
        .with_hint("write it with: flintctl containerd config --write");
  }
  const std::string text = TRY(sys::read_file(path).context(what));
  auto parsed = data::parse_toml(text);
  if (!parsed) {
    return std::move(parsed).error().context(what).with_hint(
        "write it anew with: flintctl containerd config --write");
  }
  const data::Value document = *std::move(parsed);
  ContainerdFacts facts;
  facts.root = TRY(own_string(document, "root", "root").context(what));
  facts.state = TRY(own_string(document, "state", "state").context(what));
  facts.address =
      TRY(own_string(member(document, "grpc"), "address", "grpc.address").context(what));
  facts.ttrpc_address =
      member(document, "ttrpc").string_or("address", facts.address + std::string(ttrpc_suffix));
  facts.metrics_address = member(document, "metrics").string_or("address");
  const data::Value& devmapper =
      member(member(document, "plugins"), "io.containerd.snapshotter.v1.devmapper");
  facts.pool = devmapper.string_or("pool_name");
  facts.assumes_zeroed_blocks =
      devmapper.string_or("fs_options").find("assume_storage_prezeroed") != std::string::npos;
  TRY(check_own(facts.root, facts.state, facts.address, facts.ttrpc_address).context(what));
  return facts;
}

}  // namespace flintctl::provision
