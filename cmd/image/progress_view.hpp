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

/// `terminal` redraws one line a layer and one for all, `plain` prints a line when a layer's state
/// changes, `json` a document a line for each event. `streams` must outlive it.
std::unique_ptr<image::ProgressDisplay> make_display(ProgressKind kind, output::Streams& streams,
                                                     const std::vector<std::string>& names);

/// A display for one image alone.
std::unique_ptr<image::Progress> make_progress(ProgressKind kind, output::Streams& streams);

}  // namespace flintctl::cmd
