// SPDX-License-Identifier: Apache-2.0
#include "image/progress_view.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <mutex>

#include "core/text.hpp"
#include "core/units.hpp"
#include "data/value.hpp"
#include "image/layer_states.hpp"

namespace flintctl::cmd {
namespace {

using image::LayerPhase;

constexpr std::chrono::milliseconds redraw_every(100);

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

 private:
  void resolved(Image& image, const oci::Digest& digest) override {
    note(image, fmt::format("{} is {}", image.name, digest.text()));
  }
  void begun(Image&) override { draw(); }
  void changed(Image&, std::size_t, LayerPhase, std::uint64_t,
               LayerStates::Change change) override {
    const auto now = std::chrono::steady_clock::now();
    if (change == LayerStates::Change::none) return;
    if (change == LayerStates::Change::bytes && now - drawn_at_ < redraw_every) return;
    drawn_at_ = now;
    draw();
  }
  /// Goes above the picture, which is drawn anew below it.
  void note(Image&, const std::string& text) override {
    std::string picture;
    if (drawn_lines_ > 0) picture = fmt::format("\033[{}A\r\033[J", drawn_lines_);
    out_ << picture << text << '\n' << std::flush;
    drawn_lines_ = 0;
    if (!picture.empty()) draw();
  }

  /// Asked each time: a window may have been given another size meanwhile.
  void measure() {
    winsize size{};
    ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    rows_ = size.ws_row > 0 ? size.ws_row : 24;
    columns_ = size.ws_col > 1 ? size.ws_col : 80;
  }

  void draw() {
    measure();
    std::vector<std::string> lines;
    for (const Image& image : images()) add_lines(image, lines, true);
    if (lines.size() + 2 > rows_) {
      lines.clear();
      for (const Image& image : images()) add_lines(image, lines, false);
    }
    if (const auto total = total_line(); !total.empty()) lines.push_back(total);
    // Nothing above the screen's top can be reached again.
    if (lines.size() + 1 > rows_) lines.erase(lines.begin(), lines.end() - 1);
    std::string picture;
    if (drawn_lines_ > 0) picture = fmt::format("\033[{}A", drawn_lines_);
    for (const auto& text : lines) picture += line(text);
    if (lines.size() < drawn_lines_) picture += "\033[J";  // what the last one had more
    drawn_lines_ = lines.size();
    out_ << picture << std::flush;
  }

  void add_lines(const Image& image, std::vector<std::string>& lines, bool each_layer) const {
    const auto& layers = image.states.all();
    if (layers.empty()) return;
    if (!each_layer) {
      // The name last: it is what may be cut.
      const std::string name = images().size() > 1 ? "  " + image.name : std::string();
      lines.push_back("  " + image.states.summary() + name);
      return;
    }
    if (images().size() > 1) lines.push_back(image.name);
    for (const LayerState& layer : layers) {
      lines.push_back(fmt::format("  {}  {}", layer.id, layer.text()));
    }
  }

  /// "  total  80 MiB of 121 MiB  12 MiB/s  4s left"; nothing when nothing has to come.
  std::string total_line() {
    LayerStates::Totals sum;
    for (const Image& image : images()) {
      const auto totals = image.states.totals();
      sum.size += totals.size;
      sum.arrived += totals.arrived;
      sum.unpacked += totals.unpacked;
    }
    if (sum.size == 0) return "";
    const auto now = std::chrono::steady_clock::now();
    arriving_.update(sum.arrived, now);
    unpacking_.update(sum.unpacked, now);
    std::string text =
        fmt::format("  {:<12}  {} of {}", "total", format_size(sum.arrived), format_size(sum.size));
    const auto speed = arriving_.per_second();
    if (speed && sum.arrived < sum.size) {
      text += fmt::format("  {}/s", format_size(static_cast<std::uint64_t>(*speed)));
    }
    // What is unpacked last is ready last.
    const auto unpacking = unpacking_.per_second();
    if (unpacking && *unpacking > 0 && sum.unpacked < sum.size) {
      const auto left = static_cast<double>(sum.size - sum.unpacked) / *unpacking;
      text += fmt::format("  {} left", format_age(std::chrono::seconds(1 + std::lround(left))));
    }
    return text;
  }

  /// Cut so that it never wraps: a wrapped line would count as two on the way up.
  [[nodiscard]] std::string line(const std::string& text) const {
    return "\r\033[K" + text.substr(0, columns_ - 1) + "\n";
  }

  std::ostream& out_;
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  std::size_t drawn_lines_ = 0;
  std::chrono::steady_clock::time_point drawn_at_;
  Rate arriving_;
  Rate unpacking_;
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
