// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace flintctl::sys {

/// Answers that cost a child process and do not change while what they were asked of does not: a
/// program's version, an image's init. One small file a fact, private to root. Lies below /run, so
/// that a reboot forgets. Only ever saves time: what cannot be read or written is asked anew.
class FactCache {
 public:
  /// `folder` is made (0700) when the first fact is kept; empty: nothing is kept.
  explicit FactCache(std::string folder) : folder_(std::move(folder)) {}

  /// What was kept under exactly this key; nothing under an empty one.
  [[nodiscard]] std::optional<std::string> find(std::string_view key) const;
  void keep(std::string_view key, std::string_view value) const;

 private:
  [[nodiscard]] std::string path_of(std::string_view key) const;

  std::string folder_;
};

/// Tells whether a file is still the one that was asked: device, inode, size, and times of change.
/// Empty for what is not an ELF program: a script may start whatever was installed meanwhile.
std::string program_identity(const std::string& path);

}  // namespace flintctl::sys
