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
  provision::Voice voice;  ///< to standard error, and nowhere when that is to be quiet

  /// The steps that the settings ask for.
  provision::Plan plan() {
    auto made = provision::host_plan(paths, settings, *drivers, *services);
    made.set_voice(voice);
    return made;
  }
  /// All there are.
  provision::Plan every_step() {
    auto made = provision::every_step(paths, settings, *drivers, *services);
    made.set_voice(voice);
    return made;
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

/// What says at once for whom a run waits.
provision::Voice voice_of(Host& host);

/// A word when the other commands would not use the pool that was made: nothing but the
/// configuration tells them which it is.
void say_other_pool(Host& host, const std::string& made);

}  // namespace flintctl::cmd
