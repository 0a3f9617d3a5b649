// SPDX-License-Identifier: Apache-2.0
#include "image/progress_view.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "core/text.hpp"
#include "core/units.hpp"
#include "data/value.hpp"
#include "image/layer_states.hpp"

namespace flintctl::cmd {
namespace {

using image::LayerPhase;

constexpr std::chrono::milliseconds redraw_every(100);
/// Without an event: to show what came right after the last picture, and that nothing comes.
constexpr std::chrono::milliseconds look_every(250);

/// A display as the kinds below implement it: all calls come one at a time.
class SharedDisplay : public image::ProgressDisplay {
 public:
  explicit SharedDisplay(const std::vector<std::string>& names) : images_(names.size()) {
    for (std::size_t i = 0; i < names.size(); ++i) images_[i].name = names[i];
  }
  [[nodiscard]] std::unique_ptr<image::Progress> of(std::size_t image) override;

 protected:
  struct Image {
    std::string name;
    std::vector<oci::Descriptor> layers;
    LayerStates states;
  };
  virtual void resolved(Image& image, const oci::Digest& digest) = 0;
  virtual void begun(Image&) {}
  virtual void changed(Image& image, std::size_t layer, LayerPhase phase, std::uint64_t bytes,
                       LayerStates::Change change) = 0;
  virtual void note(Image& image, const std::string& text) = 0;

  [[nodiscard]] const std::vector<Image>& images() const { return images_; }
  [[nodiscard]] std::vector<Image>& images() { return images_; }
  /// Held during all calls above.
  [[nodiscard]] std::mutex& mutex() { return mutex_; }
  /// Whose line it is, where that is not clear.
  [[nodiscard]] std::string prefix(const Image& image) const {
    return images_.size() > 1 ? image.name + ": " : std::string();
  }

 private:
  class One;
  std::mutex mutex_;
  std::vector<Image> images_;
};

/// One image's way into the display.
class SharedDisplay::One final : public image::Progress {
 public:
  One(SharedDisplay& display, Image& image) : display_(display), image_(image) {}

  void resolved(const std::string& name, const oci::Digest& digest) override {
    const std::lock_guard lock(display_.mutex_);
    image_.name = name;
    display_.resolved(image_, digest);
  }
  void layers(const std::vector<oci::Descriptor>& layers) override {
    const std::lock_guard lock(display_.mutex_);
    image_.layers = layers;
    image_.states.begin(layers);
    display_.begun(image_);
  }
  void layer(std::size_t index, LayerPhase phase, std::uint64_t bytes) override {
    const std::lock_guard lock(display_.mutex_);
    const auto change = image_.states.apply(index, phase, bytes);
    display_.changed(image_, index, phase, bytes, change);
  }
  void note(const std::string& text) override {
    constexpr std::size_t longest = 4096;  // a note quotes what images and registries say
    const std::lock_guard lock(display_.mutex_);
    display_.note(image_, printable(text, longest));
  }

 private:
  SharedDisplay& display_;
  Image& image_;
};

std::unique_ptr<image::Progress> SharedDisplay::of(std::size_t image) {
  return std::make_unique<One>(*this, images_.at(image));
}

/// A line when a layer's state changes.
class PlainDisplay final : public SharedDisplay {
 public:
  PlainDisplay(std::ostream& out, const std::vector<std::string>& names)
      : SharedDisplay(names), out_(out) {}

 private:
  void resolved(Image& image, const oci::Digest& digest) override {
    out_ << fmt::format("{} is {}\n", image.name, digest.text()) << std::flush;
  }
  void changed(Image& image, std::size_t index, LayerPhase, std::uint64_t,
               LayerStates::Change change) override {
    if (change != LayerStates::Change::phase) return;
    const auto& layers = image.states.all();
    out_ << fmt::format("{}layer {}/{} {}: {}\n", prefix(image), index + 1, layers.size(),
                        layers[index].id, phase_word(layers[index].phase))
         << std::flush;
  }
  void note(Image& image, const std::string& text) override {
    out_ << prefix(image) << text << '\n' << std::flush;
  }

  std::ostream& out_;
};

/// A document a line for each event.
class JsonDisplay final : public SharedDisplay {
 public:
  JsonDisplay(std::ostream& out, const std::vector<std::string>& names)
      : SharedDisplay(names), out_(out) {}

 private:
  void resolved(Image& image, const oci::Digest& digest) override {
    print({{"event", "resolved"}, {"name", image.name}, {"digest", digest.text()}});
  }
  void changed(Image& image, std::size_t index, LayerPhase phase, std::uint64_t bytes,
               LayerStates::Change) override {
    if (index >= image.layers.size()) return;
    print({{"event", std::string(phase_word(phase))},
           {"image", image.name},
           {"layer", image.layers[index].digest.text()},
           {"bytes", bytes},
           {"size", image.layers[index].size}});
  }
  void note(Image& image, const std::string& text) override {
    print({{"event", "note"}, {"image", image.name}, {"text", text}});
  }
  void print(std::initializer_list<data::Value::Member> members) {
    out_ << data::to_json(data::Value::object(members)) << '\n' << std::flush;
  }

  std::ostream& out_;
};

/// One line a layer and one for all, drawn over the last ones.
class TerminalDisplay final : public SharedDisplay {
 public:
  TerminalDisplay(std::ostream& out, const std::vector<std::string>& names)
      : SharedDisplay(names), out_(out) {}
  TerminalDisplay(const TerminalDisplay&) = delete;
  TerminalDisplay& operator=(const TerminalDisplay&) = delete;
  /// What follows begins on a line of its own, though the terminal showed a key, such as ^C.
  ~TerminalDisplay() override {
    const std::lock_guard lock(mutex());
    out_ << "\r\033[K" << std::flush;
  }

 private:
  void resolved(Image& image, const oci::Digest& digest) override {
    note(image, fmt::format("{} is {}", image.name, digest.text()));
  }
  void begun(Image&) override {
    draw();
    if (!looking_.joinable()) {
      looking_ = std::jthread([this](const std::stop_token& stop) { look(stop); });
    }
  }
  void changed(Image&, std::size_t, LayerPhase, std::uint64_t,
               LayerStates::Change change) override {
    const auto now = std::chrono::steady_clock::now();
    if (change == LayerStates::Change::none) return;
    if (change == LayerStates::Change::bytes && now - drawn_at_ < redraw_every) return;
    draw();
  }
  /// Goes above the picture, which is drawn anew below it.
  void note(Image&, const std::string& text) override {
    std::string picture;
    if (!drawn_.empty()) picture = fmt::format("\033[{}A\r\033[J", drawn_.size());
    out_ << picture << text << '\n' << std::flush;
    drawn_.clear();
    if (!picture.empty()) draw();
  }

  void look(const std::stop_token& stop) {
    std::unique_lock lock(mutex());
    for (;;) {
      stopped_.wait_for(lock, stop, look_every, [] { return false; });
      if (stop.stop_requested()) return;
      const auto now = std::chrono::steady_clock::now();
      if (now - drawn_at_ < redraw_every) continue;
      for (Image& image : images()) image.states.pass(now);
      if (picture(now) != drawn_) draw();
    }
  }

  /// Asked each time: a window may have been given another size meanwhile.
  void measure() {
    winsize size{};
    ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    rows_ = size.ws_row > 0 ? size.ws_row : 24;
    // The last column stays empty: not all terminals agree where the cursor is after it.
    width_ = (size.ws_col > 1 ? size.ws_col : 80U) - 1U;
  }

  void draw() {
    drawn_at_ = std::chrono::steady_clock::now();
    auto lines = picture(drawn_at_);
    std::string text;
    if (!drawn_.empty()) text = fmt::format("\033[{}A", drawn_.size());
    for (const auto& line : lines) text += "\r\033[K" + line + "\n";
    if (lines.size() < drawn_.size()) text += "\033[J";  // what the last one had more
    drawn_ = std::move(lines);
    out_ << text << std::flush;
  }

  std::vector<std::string> picture(SteadyTime now) {
    measure();
    std::vector<std::string> lines;
    for (const Image& image : images()) add_lines(image, lines, true);
    if (lines.size() + 2 > rows_) {
      lines.clear();
      for (const Image& image : images()) add_lines(image, lines, false);
    }
    if (auto total = total_line(now); !total.empty()) lines.push_back(std::move(total));
    // Nothing above the screen's top can be reached again.
    if (lines.size() + 1 > rows_) lines.erase(lines.begin(), lines.end() - 1);
    // A wrapped line would count as two on the way up.
    for (auto& line : lines) line.resize(std::min(line.size(), width_));
    return lines;
  }

  void add_lines(const Image& image, std::vector<std::string>& lines, bool each_layer) const {
    const auto& layers = image.states.all();
    if (layers.empty()) return;
    if (!each_layer) {
      // The name last: it is what may be cut.
      const std::string name = images().size() > 1 ? "  " + image.name : std::string();
      const std::size_t taken = 2 + name.size();
      lines.push_back("  " + image.states.summary(width_ - std::min(width_, taken)) + name);
      return;
    }
    if (images().size() > 1) lines.push_back(image.name);
    for (const LayerState& layer : layers) lines.push_back(layer.line(width_));
  }

  std::string total_line(SteadyTime now) {
    LayerStates::Totals sum;
    for (const Image& image : images()) {
      const auto totals = image.states.totals();
      sum.size += totals.size;
      sum.arrived += totals.arrived;
      sum.unpacked += totals.unpacked;
    }
    return total_.line(sum, now, width_);
  }

  std::ostream& out_;
  std::size_t rows_ = 0;
  std::size_t width_ = 0;
  std::vector<std::string> drawn_;  ///< the picture that is on the screen
  SteadyTime drawn_at_;
  TotalProgress total_;
  std::condition_variable_any stopped_;
  std::jthread looking_;  // last: it ends before what it uses
};

class NoDisplay final : public image::ProgressDisplay {
 public:
  [[nodiscard]] std::unique_ptr<image::Progress> of(std::size_t) override {
    return std::make_unique<image::NoProgress>();
  }
};

/// Keeps the display of one image alive with it.
class LoneProgress final : public image::Progress {
 public:
  explicit LoneProgress(std::unique_ptr<image::ProgressDisplay> display)
      : display_(std::move(display)), inner_(display_->of(0)) {}
  void resolved(const std::string& name, const oci::Digest& digest) override {
    inner_->resolved(name, digest);
  }
  void layers(const std::vector<oci::Descriptor>& layers) override { inner_->layers(layers); }
  void layer(std::size_t index, LayerPhase phase, std::uint64_t bytes) override {
    inner_->layer(index, phase, bytes);
  }
  void note(const std::string& text) override { inner_->note(text); }

 private:
  std::unique_ptr<image::ProgressDisplay> display_;
  std::unique_ptr<image::Progress> inner_;
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

std::unique_ptr<image::ProgressDisplay> make_display(ProgressKind kind, output::Streams& streams,
                                                     const std::vector<std::string>& names) {
  if (streams.quiet) kind = ProgressKind::none;
  if (kind == ProgressKind::automatic) {
    kind = streams.err_is_terminal && streams.color ? ProgressKind::terminal : ProgressKind::plain;
  }
  switch (kind) {
    case ProgressKind::terminal:
      return std::make_unique<TerminalDisplay>(streams.err, names);
    case ProgressKind::json:
      return std::make_unique<JsonDisplay>(streams.err, names);
    case ProgressKind::none:
      return std::make_unique<NoDisplay>();
    default:
      return std::make_unique<PlainDisplay>(streams.err, names);
  }
}

std::unique_ptr<image::Progress> make_progress(ProgressKind kind, output::Streams& streams) {
  return std::make_unique<LoneProgress>(make_display(kind, streams, {""}));
}

}  // namespace flintctl::cmd
