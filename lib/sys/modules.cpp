// SPDX-License-Identifier: Apache-2.0
#include "sys/modules.hpp"

#include <sstream>

#include "sys/file.hpp"

namespace flintctl::sys {

bool has_misc_driver(const std::string& name) {
  std::istringstream lines(read_file("/proc/misc").value_or({}));
  std::string minor;
  for (std::string driver; lines >> minor >> driver;) {
    if (driver == name) return true;
  }
  return false;
}

}  // namespace flintctl::sys
