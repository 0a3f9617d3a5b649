// SPDX-License-Identifier: Apache-2.0
#include "archive/capabilities.hpp"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

#include "sys/error.hpp"

namespace flintctl::archive {
namespace {

constexpr std::uint32_t placing_files = 1U << CAP_CHOWN | 1U << CAP_DAC_OVERRIDE |
                                        1U << CAP_FOWNER | 1U << CAP_FSETID | 1U << CAP_MKNOD |
                                        1U << CAP_SETFCAP;
constexpr std::uint32_t sys_admin_bit = 1U << CAP_SYS_ADMIN;

/// All of them lie below 32: in the first word of each set.
using Sets = std::array<__user_cap_data_struct, 2>;

Result<Sets> capabilities() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  Sets sets = {};
  if (::syscall(SYS_capget, &header, sets.data()) == 0) return sets;
  return sys::last_error("reading the thread's capabilities");
}

Result<> set_capabilities(const Sets& sets) {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  if (::syscall(SYS_capset, &header, sets.data()) == 0) return {};
  return sys::last_error("setting the thread's capabilities");
}

}  // namespace

Result<> drop_capabilities(SysAdmin sys_admin) {
  Sets sets = TRY(capabilities());
  const std::uint32_t on_demand = sys_admin == SysAdmin::on_demand ? sys_admin_bit : 0;
  sets[0].permitted &= placing_files | on_demand;
  sets[0].effective &= placing_files;
  sets[0].inheritable = 0;
  sets[1] = {};
  return set_capabilities(sets);
}

Result<> drop_all_capabilities() { return set_capabilities({}); }

RaisedSysAdmin::RaisedSysAdmin() {
  auto sets = capabilities();
  if (!sets) return;
  const bool permitted = ((*sets)[0].permitted & sys_admin_bit) != 0;
  const bool effective = ((*sets)[0].effective & sys_admin_bit) != 0;
  if (!permitted || effective) return;
  (*sets)[0].effective |= sys_admin_bit;
  raised_ = set_capabilities(*sets).has_value();
}

RaisedSysAdmin::~RaisedSysAdmin() {
  if (!raised_) return;
  auto sets = capabilities();
  if (!sets) return;
  (*sets)[0].effective &= ~sys_admin_bit;
  (void)set_capabilities(*sets);
}

}  // namespace flintctl::archive
