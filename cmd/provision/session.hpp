// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "core/result.hpp"
#include "host.hpp"
#include "provision/host_plan.hpp"

namespace flintctl::cmd {

/// What the `provision` commands that work on the whole host share.
struct ProvisionSession {
  provision::HostPaths paths;
  provision::HostSettings settings;
  std::unique_ptr<provision::PoolDrivers> drivers;
  std::unique_ptr<provision::Services> services;

  /// The steps that the settings ask for.
  provision::Plan plan() { return provision::host_plan(paths, settings, *drivers, *services); }
  /// All there are.
  provision::Plan every_step() {
    return provision::every_step(paths, settings, *drivers, *services);
  }
};

/// `file`: host.toml, "-" for the standard input, or empty for the one in /etc/flintctl if there is
/// one, else the defaults. The pool lies where it was made before, unless the file gives it a
/// folder.
Result<ProvisionSession> open_provision_session(Host& host, const std::string& file);

/// The folder of the pool of that name: host.toml's or the recorded one, else the usual one.
Result<std::string> known_directory(Host& host, const std::string& pool);

/// The same with the defaults, whatever host.toml says: for what needs no settings, or must work
/// when that file cannot be read.
Result<ProvisionSession> open_default_session(Host& host);

/// A word when the other commands would not use the pool that was made: nothing but the
/// configuration tells them which it is.
void say_other_pool(Host& host, const std::string& made);

}  // namespace flintctl::cmd
