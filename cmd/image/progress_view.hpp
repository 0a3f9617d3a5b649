// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "image/progress.hpp"
#include "output/streams.hpp"

namespace flintctl::cmd {

/// How a pull shows where it is, on the error stream. `automatic`: `terminal` on a terminal that
/// understands escape sequences, else `plain`; nothing under --quiet.
enum class ProgressKind { automatic, terminal, plain, json, none };

/// The words of --progress: auto, tty, plain, json, none.
const std::vector<std::string>& progress_words();
ProgressKind progress_kind(const std::string& word);

/// What the images that a command brings at once share to show where they are. `terminal` redraws
/// one line a layer and one for all, `plain` prints a line when a layer's state changes, `json` a
/// document a line for each event.
class ProgressDisplay {
 public:
  virtual ~ProgressDisplay() = default;

  /// For one of the images, by its place among `names`. Any thread may use it; this must outlive
  /// it.
  [[nodiscard]] virtual std::unique_ptr<image::Progress> of(std::size_t image) = 0;
};

/// `streams` must outlive it.
std::unique_ptr<ProgressDisplay> make_display(ProgressKind kind, output::Streams& streams,
                                              const std::vector<std::string>& names);

/// A display for one image alone.
std::unique_ptr<image::Progress> make_progress(ProgressKind kind, output::Streams& streams);

}  // namespace flintctl::cmd
