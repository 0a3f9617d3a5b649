// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"

namespace flintctl::apt {

/// Where the package manager's programs and its own folder are; tests name others.
struct Programs {
  std::string apt_get = "apt-get";
  std::string dpkg = "dpkg";
  std::string dpkg_query = "dpkg-query";
  std::string folder = "/var/lib/dpkg";
};

/// Debian's packages, by its own programs: nothing else may write their database. What installs or
/// removes runs to its end whatever becomes of this process, and waits for another that changes it.
/// No question is asked, no package is removed or marked to be kept, edited configuration files
/// stay as they are. The programs' last word is the error. apt-get(8), dpkg(1).
class Packages {
 public:
  explicit Packages(Programs programs = {}) : programs_(std::move(programs)) {}

  /// This host has such packages.
  [[nodiscard]] bool available() const;
  /// A run of dpkg was broken off, or one runs now: there are changes that it has not yet put into
  /// its database.
  [[nodiscard]] bool unfinished() const;

  enum class Broken {
    refuse,  ///< an error when packages of this host lack what they depend on
    mend,    ///< for what a run that was broken off left
  };
  /// Packages that installing these would bring anew, what they need first. Changes nothing.
  /// not_found when the lists that apt-get has do not know one of them.
  [[nodiscard]] Result<std::vector<std::string>> plan(const std::vector<std::string>& names,
                                                      Broken broken) const;
  /// Fetches what installing them takes, and may be interrupted. not_found as above, unavailable
  /// when it is not to be had.
  [[nodiscard]] Result<> fetch(const std::vector<std::string>& names, Broken broken) const;
  /// As above, and aborted when a run of dpkg was broken off: configure().
  [[nodiscard]] Result<> install(const std::vector<std::string>& names, Broken broken) const;
  /// Fetches the lists of the host's package sources.
  [[nodiscard]] Result<> update() const;
  /// Ends what a run that was broken off began.
  [[nodiscard]] Result<> configure() const;

  /// Who changes packages now, "process 7 (apt-get install x)"; empty when nobody does. fcntl(2).
  [[nodiscard]] std::string holder() const;
  /// Returns when nobody else changes packages, such as the apt-get of a killed run of ours;
  /// deadline_exceeded after two minutes.
  [[nodiscard]] Result<> settle() const;
  /// Removes one package, and not its configuration files or data. aborted when others depend on
  /// it: the message says which.
  [[nodiscard]] Result<> remove(const std::string& name) const;
  enum class State {
    absent,   ///< or only its settings are left
    halfway,  ///< some of it is there; it may not work
    installed,
  };
  [[nodiscard]] Result<State> state(const std::string& name) const;
  /// The package that a file came with; empty when it came with none.
  [[nodiscard]] Result<std::string> owner(const std::string& path) const;

 private:
  [[nodiscard]] Result<std::vector<std::string>> install_command(
      const std::vector<std::string>& names, Broken broken) const;

  Programs programs_;
};

/// What of an answer of apt-get or dpkg says why it failed; "" when nothing does.
std::string reason(const std::string& output);

}  // namespace flintctl::apt
