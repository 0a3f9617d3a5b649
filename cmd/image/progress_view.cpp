// SPDX-License-Identifier: Apache-2.0
#include "image/progress_view.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "data/value.hpp"
#include "image/layer_states.hpp"

namespace flintctl::cmd {
namespace {

using image::LayerPhase;

constexpr std::chrono::milliseconds redraw_every(100);

/// A line when a layer's state changes.
class PlainProgress : public image::Progress {
 public:
  explicit PlainProgress(std::ostream& out) : out_(out) {}

  void resolved(const std::string& name, const oci::Digest& digest) override {
    out_ << fmt::format("{} is {}\n", name, digest.text()) << std::flush;
  }
  void layers(const std::vector<oci::Descriptor>& layers) override { states_.begin(layers); }
  void layer(std::size_t index, LayerPhase phase, std::uint64_t bytes) override {
    if (states_.apply(index, phase, bytes) != LayerStates::Change::phase) return;
    const LayerState& layer = states_.all()[index];
    out_ << fmt::format("layer {}/{} {}: {}\n", index + 1, states_.all().size(), layer.id,
                        phase_word(layer.phase))
         << std::flush;
  }
  void note(const std::string& text) override { out_ << text << '\n' << std::flush; }

 private:
  std::ostream& out_;
  LayerStates states_;
};

/// A document a line for each event.
class JsonProgress : public image::Progress {
 public:
  explicit JsonProgress(std::ostream& out) : out_(out) {}

  void resolved(const std::string& name, const oci::Digest& digest) override {
    print({{"event", "resolved"}, {"name", name}, {"digest", digest.text()}});
  }
  void layers(const std::vector<oci::Descriptor>& layers) override { layers_ = layers; }
  void layer(std::size_t index, LayerPhase phase, std::uint64_t bytes) override {
    print({{"event", std::string(phase_word(phase))},
           {"layer", layers_[index].digest.text()},
           {"bytes", bytes},
           {"size", layers_[index].size}});
  }
  void note(const std::string& text) override { print({{"event", "note"}, {"text", text}}); }

 private:
  void print(std::initializer_list<data::Value::Member> members) {
    out_ << data::to_json(data::Value::object(members)) << '\n' << std::flush;
  }
  std::ostream& out_;
  std::vector<oci::Descriptor> layers_;
};

/// One line a layer, drawn over the last ones.
class TerminalProgress : public image::Progress {
 public:
  TerminalProgress(std::ostream& out, std::size_t rows, std::size_t columns)
      : out_(out), rows_(rows), columns_(columns) {}

  void resolved(const std::string& name, const oci::Digest& digest) override {
    note(fmt::format("{} is {}", name, digest.text()));
  }
  void layers(const std::vector<oci::Descriptor>& layers) override {
    states_.begin(layers);
    draw();
  }
  void layer(std::size_t index, LayerPhase phase, std::uint64_t bytes) override {
    const auto change = states_.apply(index, phase, bytes);
    const auto now = std::chrono::steady_clock::now();
    if (change == LayerStates::Change::none) return;
    if (change == LayerStates::Change::bytes && now - drawn_at_ < redraw_every) return;
    drawn_at_ = now;
    draw();
  }
  void note(const std::string& text) override {
    out_ << text << '\n' << std::flush;
    drawn_lines_ = 0;  // what is above stays above
  }

 private:
  void draw() {
    std::string picture;
    if (drawn_lines_ > 0) picture = fmt::format("\033[{}A", drawn_lines_);
    const auto& layers = states_.all();
    const bool fits = layers.size() + 1 < rows_;
    if (!fits) picture += line("  " + states_.summary());
    for (const LayerState& layer : layers) {
      if (fits) picture += line(fmt::format("  {}  {}", layer.id, layer.text()));
    }
    drawn_lines_ = fits ? layers.size() : 1;
    out_ << picture << std::flush;
  }
  /// Cut so that it never wraps: a wrapped line would count as two on the way up.
  [[nodiscard]] std::string line(const std::string& text) const {
    return "\r\033[K" + text.substr(0, columns_ - 1) + "\n";
  }

  std::ostream& out_;
  std::size_t rows_;
  std::size_t columns_;
  LayerStates states_;
  std::size_t drawn_lines_ = 0;
  std::chrono::steady_clock::time_point drawn_at_;
};

}  // namespace

const std::vector<std::string>& progress_words() {
  static const std::vector<std::string> words = {"auto", "tty", "plain", "json", "none"};
  return words;
}

ProgressKind progress_kind(const std::string& word) {
  const auto& words = progress_words();
  const auto found = std::find(words.begin(), words.end(), word);
  return found == words.end() ? ProgressKind::automatic
                              : static_cast<ProgressKind>(found - words.begin());
}

std::unique_ptr<image::Progress> make_progress(ProgressKind kind, output::Streams& streams) {
  if (streams.quiet) kind = ProgressKind::none;
  if (kind == ProgressKind::automatic) {
    kind = streams.err_is_terminal && streams.color ? ProgressKind::terminal : ProgressKind::plain;
  }
  switch (kind) {
    case ProgressKind::terminal: {
      winsize size{};
      ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
      return std::make_unique<TerminalProgress>(streams.err, size.ws_row > 0 ? size.ws_row : 24,
                                                size.ws_col > 1 ? size.ws_col : 80);
    }
    case ProgressKind::json:
      return std::make_unique<JsonProgress>(streams.err);
    case ProgressKind::none:
      return std::make_unique<image::NoProgress>();
    default:
      return std::make_unique<PlainProgress>(streams.err);
  }
}

}  // namespace flintctl::cmd
