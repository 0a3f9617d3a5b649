// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "provision/step.hpp"

namespace flintctl::provision {

/// What steps ask of systemd; tests give a fake one.
class Services {
 public:
  virtual ~Services() = default;
  /// False: no unit is written, asked for or started anywhere.
  virtual bool running() = 0;
  virtual Result<> reload() = 0;
  virtual Result<> start(const std::string& unit, std::chrono::milliseconds timeout) = 0;
  /// Started when it does not run.
  virtual Result<> restart(const std::string& unit, std::chrono::milliseconds timeout) = 0;
  virtual Result<pid_t> main_pid(const std::string& unit) = 0;
  /// Fine when it does not run.
  virtual Result<> stop(const std::string& unit) = 0;
  struct UnitState {
    bool active = false;
    bool needs_reload = false;   ///< its file changed since systemd read it
    std::string word;            ///< "active", "inactive", "failed", …
    bool loaded = true;          ///< systemd has its file
    std::string file_word = {};  ///< "enabled", "disabled", "masked", …
  };
  virtual Result<UnitState> state(const std::string& unit) = 0;
};
std::unique_ptr<Services> host_services();

/// A unit file of ours in /etc/systemd/system, enabled by a link. systemd.unit(5).
struct HostUnit {
  std::string name;  ///< "flintctl-pool-x.service"
  std::string text;
  std::string wanted_by = "multi-user.target";  ///< empty: enabled by what it is asked for by
  enum class Run { started, not_started } run = Run::started;
  std::chrono::milliseconds timeout = std::chrono::seconds(90);
};
/// File, link, that no drop-in of another's changes what it starts or when, and (Run::started) that
/// it is active. Empty where systemd does not run.
Result<std::vector<Item>> check_unit(const HostUnit& unit, const HostPaths& paths,
                                     Services& services);
/// Nothing where systemd does not run. systemd reads all its files again only where it knows the
/// unit by an older one: what is new to it, it reads by itself. Undone: stopped, link and file
/// gone.
Result<> install_unit(const HostUnit& unit, const HostPaths& paths, Services& services,
                      Journal& journal);

/// A word of a unit's ExecStart, quoted as systemd reads it. systemd.service(5), "Command lines".
std::string quote_argument(const std::string& word);
/// `text` as a part of a unit's name, other bytes as \xNN. systemd-escape(1).
std::string escape_unit_name(const std::string& text);

}  // namespace flintctl::provision
