// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace flintctl::lifecycle {

enum class BootEvent { none, booted, panicked, powered_off };

/// Reads a console as it grows and says when the guest's userspace shows itself, or its end. Escape
/// sequences are passed over; lines are cut at 4 KiB.
///
/// Without a marker of the user's, "booted" is what init systems and login prompts print: systemd's
/// "Welcome to" and "Reached target", OpenRC's, sysvinit's, busybox's, runit's and s6's first
/// words, "login:". Not what an initial RAM disk, an emergency shell or a shutdown prints.
class BootScanner {
 public:
  /// `marker`: an ECMAScript regular expression, or empty for the default; invalid_argument when it
  /// is none. It is searched in each line, also in one that has not ended (a prompt).
  static Result<BootScanner> create(const std::string& marker);
  BootScanner(BootScanner&&) noexcept;
  BootScanner& operator=(BootScanner&&) noexcept;
  ~BootScanner();

  /// The first event in what came so far; once it is not `none` it stays. The guest's end counts
  /// only with its whole line, which says why.
  BootEvent feed(std::string_view bytes);
  /// How many bytes of the last feed() went into its answer: up to the line that decided.
  [[nodiscard]] std::size_t taken() const;
  /// The same when nothing more will come: a last line without an end counts, too.
  BootEvent finish();
  /// The line that decided.
  [[nodiscard]] const std::string& line() const;

 private:
  struct Impl;
  explicit BootScanner(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The last `count` lines that hold something, without escape sequences.
std::vector<std::string> last_lines(std::string_view console, std::size_t count);

}  // namespace flintctl::lifecycle
