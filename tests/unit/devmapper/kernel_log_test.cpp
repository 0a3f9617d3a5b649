// SPDX-License-Identifier: Apache-2.0
#include "devmapper/kernel_log.hpp"

#include "support/catch.hpp"

using flintctl::devmapper::device_mapper_message;
using flintctl::devmapper::KernelLog;

TEST_CASE("device-mapper's reason is found in a record of the kernel's log") {
  CHECK(device_mapper_message("3,1057,250317,-;device-mapper: table: 254:0: thin-pool: Error "
                              "opening data device (-ENXIO)\n SUBSYSTEM=block\n") ==
        "table: 254:0: thin-pool: Error opening data device (-ENXIO)");
  CHECK(device_mapper_message("6,1,2,-;device-mapper: ioctl: error adding target to table\n")
            .empty());
  CHECK(device_mapper_message("6,1,2,-;EXT4-fs (dm-1): mounted\n").empty());
  CHECK(device_mapper_message("device-mapper: x").empty());
  CHECK(device_mapper_message("").empty());
}

TEST_CASE("nothing was said since now") { CHECK(KernelLog::mark().device_mapper_lines().empty()); }
