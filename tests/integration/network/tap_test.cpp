// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

#include "core/unique_fd.hpp"
#include "network/driver.hpp"
#include "support/catch.hpp"

using namespace flintctl;

namespace {

ifreq request_for(const char* name) {
  ifreq request = {};
  std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  return request;
}

/// An empty network namespace for this process, once.
void enter_namespace() {
  static const bool entered = [] {
    REQUIRE(::unshare(CLONE_NEWNET) == 0);
    return true;
  }();
  REQUIRE(entered);
}

UniqueFd socket_fd() { return UniqueFd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)); }

void make_bridge(const char* name) { REQUIRE(::ioctl(socket_fd().get(), SIOCBRADDBR, name) == 0); }
void delete_bridge(const char* name) {
  REQUIRE(::ioctl(socket_fd().get(), SIOCBRDELBR, name) == 0);
}

short flags_of(const char* name) {
  auto request = request_for(name);
  REQUIRE(::ioctl(socket_fd().get(), SIOCGIFFLAGS, &request) == 0);
  return request.ifr_flags;
}

/// Opens the tap as a hypervisor does.
UniqueFd hold(const char* name) {
  UniqueFd tun(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  auto request = request_for(name);
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
  REQUIRE(::ioctl(tun.get(), TUNSETIFF, &request) == 0);
  return tun;
}

/// True when the bridge lets it go, so it was joined.
bool leave_bridge(const char* bridge, const char* name) {
  auto request = request_for(bridge);
  request.ifr_ifindex = static_cast<int>(::if_nametoindex(name));
  return ::ioctl(socket_fd().get(), SIOCBRDELIF, &request) == 0;
}

constexpr auto tap = "fltap00c0ffee";

}  // namespace

TEST_CASE("a tap is made, joined to its bridge, up, listed and deleted") {
  enter_namespace();
  const auto driver = network::open_kernel_driver();
  make_bridge("flbr0");
  REQUIRE(driver->create_tap(tap, "flbr0"));
  CHECK((flags_of(tap) & IFF_UP) != 0);
  CHECK(driver->list_taps().value() == std::vector<std::string>{tap});
  CHECK(leave_bridge("flbr0", tap));
  REQUIRE(driver->delete_tap(tap));
  CHECK(::if_nametoindex(tap) == 0);
  CHECK(driver->delete_tap(tap));
  CHECK(driver->list_taps().value().empty());
  delete_bridge("flbr0");
}

TEST_CASE("a leftover tap is replaced, a held one is not touched") {
  enter_namespace();
  const auto driver = network::open_kernel_driver();
  REQUIRE(driver->create_tap(tap, ""));
  const unsigned first = ::if_nametoindex(tap);
  REQUIRE(driver->create_tap(tap, ""));
  const unsigned second = ::if_nametoindex(tap);
  CHECK(second != first);
  {
    const auto held = hold(tap);
    const auto refused = driver->create_tap(tap, "");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Code::aborted);
    CHECK(::if_nametoindex(tap) == second);
    CHECK(driver->delete_tap(tap));  // delete is always possible
  }
  CHECK(::if_nametoindex(tap) == 0);
}

TEST_CASE("a missing bridge is found before a tap is made") {
  enter_namespace();
  const auto driver = network::open_kernel_driver();
  const auto missing = driver->create_tap(tap, "nobr");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code() == Code::not_found);
  CHECK(missing.error().message() == "no bridge nobr");
  CHECK_FALSE(missing.error().hint().empty());
  const auto wrong = driver->create_tap(tap, "lo");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code() == Code::invalid_argument);
  CHECK(::if_nametoindex(tap) == 0);
}

TEST_CASE("interfaces that are no taps are never deleted or replaced") {
  enter_namespace();
  const auto driver = network::open_kernel_driver();
  CHECK_FALSE(driver->delete_tap("lo"));
  make_bridge(tap);
  const auto taken = driver->create_tap(tap, "");
  REQUIRE_FALSE(taken);
  CHECK(taken.error().code() == Code::already_exists);
  CHECK_FALSE(driver->delete_tap(tap));
  delete_bridge(tap);
  CHECK_FALSE(driver->create_tap("a-name-that-is-too-long", ""));
}
