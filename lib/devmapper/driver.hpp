// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "sys/modules.hpp"

namespace flintctl::devmapper {

/// The kernel driver's version of the ioctl interface.
struct Version {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned patch = 0;
};

/// A block device's number, as tables name it: "7:0".
struct DeviceNumber {
  unsigned major = 0;
  unsigned minor = 0;
  bool operator==(const DeviceNumber&) const = default;
  [[nodiscard]] std::string text() const;
};
/// "7:0" as a number; invalid_argument for anything else.
Result<DeviceNumber> parse_device_number(const std::string& text);

/// One line of a table or of a status: `params` holds what follows the target's type.
struct Target {
  std::uint64_t start_sectors = 0;  ///< sectors are 512 bytes, whatever the device's block size
  std::uint64_t length_sectors = 0;
  std::string type;  ///< "thin-pool", "thin", "linear", ...
  std::string params;
  bool operator==(const Target&) const = default;
  /// The line as dmsetup(8) prints and takes it.
  [[nodiscard]] std::string text() const;
};
using Table = std::vector<Target>;

struct DeviceInfo {
  std::string name;
  std::string uuid;  ///< empty when its maker gave none
  DeviceNumber number;
  bool suspended = false;
  bool read_only = false;
  bool has_live_table = false;
  bool has_inactive_table = false;  ///< loaded, not yet resumed
  int open_count = 0;               ///< holders: mounts, other dm devices, open descriptors
};

struct Device {
  std::string name;
  DeviceNumber number;
};

enum class Removal {
  now,       ///< aborted at once when the device is in use
  retry,     ///< tried again for about five seconds while it is in use
  deferred,  ///< by the kernel, when its last user has gone
};

/// Device-mapper devices. Every call names a device by its dm name; a missing one is not_found, one
/// in use is aborted. Devices outlive the process: they go only by remove().
class Driver {
 public:
  virtual ~Driver() = default;

  virtual Result<Version> version() = 0;
  /// Loads the module of a target type ("thin-pool") if need be; host_not_ready when there is none.
  virtual Result<> require_target(const std::string& type) = 0;

  /// A device without a table. `uuid` marks its owner; empty for none.
  virtual Result<> create(const std::string& name, const std::string& uuid) = 0;
  /// Fills the inactive slot; resume() makes it live.
  virtual Result<> load(const std::string& name, const Table& table) = 0;
  virtual Result<> suspend(const std::string& name) = 0;
  virtual Result<> resume(const std::string& name) = 0;
  virtual Result<> remove(const std::string& name, Removal removal) = 0;
  /// A target message to sector 0, such as "create_thin 7".
  virtual Result<> message(const std::string& name, const std::string& text) = 0;

  virtual Result<DeviceInfo> info(const std::string& name) = 0;
  virtual Result<Table> table(const std::string& name) = 0;
  /// Status lines, without making the target flush or commit.
  virtual Result<Table> status(const std::string& name) = 0;
  virtual Result<std::vector<Device>> list() = 0;
  /// The devices that the live table refers to.
  virtual Result<std::vector<DeviceNumber>> dependencies(const std::string& name) = 0;

  /// /dev/mapper/NAME names this device when it returns, with udevd or without.
  virtual Result<> ensure_node(const std::string& name) = 0;
};

/// The kernel's device-mapper through libdevmapper. host_not_ready when this kernel has none,
/// permission_denied when the caller may not use it. With Modules::leave also host_not_ready where
/// the driver would have to be loaded first.
Result<std::unique_ptr<Driver>> open(sys::Modules modules = sys::Modules::load);

/// create, load, resume and node in one step; on failure no device is left.
Result<> activate(Driver& driver, const std::string& name, const std::string& uuid,
                  const Table& table);

/// The path of a device's node.
std::string node_path(const std::string& name);

/// Fine for 1 to 100 characters of those that need no quoting in a dm name (letters, digits and
/// "+-.:=@_", the first a letter or digit; not "control"): invalid_argument otherwise. The kernel's
/// limit is 127; snapshot names are built by appending to a pool's.
Result<> check_name(const std::string& name);

}  // namespace flintctl::devmapper
