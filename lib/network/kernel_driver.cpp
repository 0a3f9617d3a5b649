// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/ethtool.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/rollback.hpp"
#include "core/unique_fd.hpp"
#include "network/driver.hpp"
#include "network/netlink.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/host.hpp"

namespace flintctl::network {
namespace {

constexpr auto tun_device = "/dev/net/tun";

Result<ifreq> request_for(const std::string& name) {
  if (name.empty() || name.size() >= IFNAMSIZ) {
    return Error(Code::invalid_argument,
                 fmt::format("'{}' is no interface name: 1 to {} characters", name, IFNAMSIZ - 1));
  }
  ifreq request = {};
  std::memcpy(request.ifr_name, name.data(), name.size());
  return request;
}

Result<UniqueFd> control_socket() {
  UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return sys::last_error("opening a socket");
  return fd;
}

/// What made the interface: "tun", "bridge"; empty when it does not say. ETHTOOL_GDRVINFO.
Result<std::string> kind_of(const std::string& name) {
  auto request = TRY(request_for(name));
  ethtool_drvinfo info = {};
  info.cmd = ETHTOOL_GDRVINFO;
  request.ifr_data = reinterpret_cast<char*>(&info);
  const UniqueFd socket = TRY(control_socket());
  if (::ioctl(socket.get(), SIOCETHTOOL, &request) == 0) return std::string(info.driver);
  if (errno == ENODEV) return Error(Code::not_found, fmt::format("no interface {}", name));
  return std::string();
}

Result<UniqueFd> open_tun() {
  auto opened = sys::open(tun_device, O_RDWR);
  if (!opened && opened.error().code() == Code::not_found) {
    TRY(sys::load_module("tun"));
    opened = sys::open(tun_device, O_RDWR);
  }
  if (opened) return opened;
  return std::move(opened)
      .error()
      .with_code(Code::host_not_ready)
      .with_hint("load the kernel module tun and run as root");
}

Result<> make_persistent(const std::string& name) {
  const UniqueFd tun = TRY(open_tun());
  auto request = TRY(request_for(name));
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
  if (::ioctl(tun.get(), TUNSETIFF, &request) != 0) {
    return sys::last_error(fmt::format("creating the tap {}", name));
  }
  if (::ioctl(tun.get(), TUNSETPERSIST, 1) != 0) {
    return sys::last_error(fmt::format("keeping the tap {}", name));
  }
  return {};
}

/// True while a process has the tap open: a second one cannot attach to a tap of one queue.
Result<bool> is_held(const std::string& name) {
  const UniqueFd tun = TRY(open_tun());
  auto request = TRY(request_for(name));
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
  if (::ioctl(tun.get(), TUNSETIFF, &request) == 0) return false;
  if (errno == EBUSY) return true;
  return sys::last_error(fmt::format("looking at the tap {}", name));
}

Result<> attach(const std::string& name, const std::string& bridge) {
  auto request = TRY(request_for(bridge));
  request.ifr_ifindex = static_cast<int>(::if_nametoindex(name.c_str()));
  const UniqueFd socket = TRY(control_socket());
  if (::ioctl(socket.get(), SIOCBRADDIF, &request) != 0) {
    return sys::last_error(fmt::format("joining {} to the bridge {}", name, bridge));
  }
  return {};
}

Result<> set_up(const std::string& name) {
  auto request = TRY(request_for(name));
  const UniqueFd socket = TRY(control_socket());
  if (::ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0) {
    return sys::last_error(fmt::format("reading the flags of {}", name));
  }
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) {
    return sys::last_error(fmt::format("setting {} up", name));
  }
  return {};
}

class KernelDriver final : public Driver {
 public:
  Result<> check_bridge(const std::string& name) override {
    const auto kind = kind_of(name);
    if (!kind) {
      return Error(kind.error().code(), fmt::format("no bridge {}", name))
          .with_hint(fmt::format("make it: flintctl provision network --bridge {}", name));
    }
    if (*kind == "bridge") return {};
    return Error(Code::invalid_argument, fmt::format("{} is not a bridge", name));
  }

  Result<> create_tap(const std::string& name, const std::string& bridge) override {
    if (!bridge.empty()) TRY(check_bridge(bridge));
    TRY(remove_leftover(name));
    TRY(make_persistent(name));
    Rollback undo([&] { (void)delete_tap(name); });
    if (!bridge.empty()) TRY(attach(name, bridge));
    TRY(set_up(name));
    undo.commit();
    return {};
  }

  Result<> delete_tap(const std::string& name) override {
    const auto kind = kind_of(name);
    if (!kind && kind.error().code() == Code::not_found) return {};
    if (!kind) return kind.error();
    if (*kind != "tun") {
      return Error(Code::invalid_argument, fmt::format("{} is not a tap", name));
    }
    const unsigned index = ::if_nametoindex(name.c_str());
    if (index == 0) return {};  // it went meanwhile
    auto deleted = delete_link(index);
    if (!deleted && ::if_nametoindex(name.c_str()) == 0) return {};
    return std::move(deleted).context(fmt::format("deleting the tap {}", name));
  }

  Result<std::vector<std::string>> list_taps() override {
    std::vector<std::string> names;
    const std::unique_ptr<struct if_nameindex[], decltype(&::if_freenameindex)> all(
        ::if_nameindex(), &::if_freenameindex);
    if (!all) return sys::last_error("listing interfaces");
    for (std::size_t i = 0; all[i].if_index != 0; ++i) {
      if (is_tap_name(all[i].if_name)) names.emplace_back(all[i].if_name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  Result<> remove_leftover(const std::string& name) {
    const auto kind = kind_of(name);
    if (!kind && kind.error().code() == Code::not_found) return {};
    if (!kind) return kind.error();
    if (*kind != "tun") {
      return Error(Code::already_exists, fmt::format("an interface {} exists and is no tap", name));
    }
    if (TRY(is_held(name))) {
      return Error(Code::aborted, fmt::format("another process holds the tap {}", name));
    }
    return delete_tap(name);
  }
};

}  // namespace

std::unique_ptr<Driver> open_kernel_driver() { return std::make_unique<KernelDriver>(); }

}  // namespace flintctl::network
