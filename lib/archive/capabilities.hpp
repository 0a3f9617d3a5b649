// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/result.hpp"

namespace flintctl::archive {

/// Leaves the calling thread only the capabilities that placing files takes; threads that it starts
/// have no others either. `on_demand`: SYS_ADMIN stays permitted, for RaisedSysAdmin to switch on.
/// capabilities(7).
enum class SysAdmin { dropped, on_demand };
Result<> drop_capabilities(SysAdmin sys_admin);

/// Leaves it none at all.
Result<> drop_all_capabilities();

/// SYS_ADMIN switched on for the calling thread until scope exit, where it is permitted: without it
/// Linux sets no security.* attribute but security.capability, and containerd sets them all.
class RaisedSysAdmin {
 public:
  RaisedSysAdmin();
  ~RaisedSysAdmin();
  RaisedSysAdmin(const RaisedSysAdmin&) = delete;
  RaisedSysAdmin& operator=(const RaisedSysAdmin&) = delete;

 private:
  bool raised_ = false;
};

}  // namespace flintctl::archive
