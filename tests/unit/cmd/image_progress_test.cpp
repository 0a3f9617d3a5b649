// SPDX-License-Identifier: Apache-2.0
#include <sstream>

#include "data/value.hpp"
#include "image/layer_states.hpp"
#include "image/progress_view.hpp"
#include "support/catch.hpp"

using namespace flintctl;
using cmd::LayerStates;
using image::LayerPhase;

namespace {

std::vector<oci::Descriptor> two_layers() {
  return {{"tar", oci::Digest::of("a"), 2048}, {"tar", oci::Digest::of("b"), 1024}};
}

/// What a pull of two layers prints, of which the second is here already.
std::string printed(cmd::ProgressKind kind) {
  std::ostringstream out;
  std::ostringstream err;
  output::Streams streams{out, err};
  const auto progress = cmd::make_progress(kind, streams);
  progress->resolved("r.io/a:1", oci::Digest::of("i"));
  progress->layers(two_layers());
  progress->layer(1, LayerPhase::exists, 0);
  progress->layer(0, LayerPhase::downloading, 1000);
  progress->layer(0, LayerPhase::unpacking, 500);
  progress->layer(0, LayerPhase::downloading, 2000);
  progress->layer(0, LayerPhase::downloaded, 2048);
  progress->layer(0, LayerPhase::unpacking, 2000);
  progress->layer(0, LayerPhase::done, 2048);
  CHECK(out.str().empty());
  return err.str();
}

}  // namespace

TEST_CASE("a layer that is unpacked while it arrives shows as downloading") {
  LayerStates states;
  states.begin(two_layers());
  CHECK(states.apply(0, LayerPhase::downloading, 100) == LayerStates::Change::phase);
  CHECK(states.apply(0, LayerPhase::downloading, 200) == LayerStates::Change::bytes);
  CHECK(states.apply(0, LayerPhase::unpacking, 50) == LayerStates::Change::none);
  CHECK(states.all()[0].text() == "downloading  200 B of 2 KiB");
  CHECK(states.apply(0, LayerPhase::downloaded, 2048) == LayerStates::Change::phase);
  CHECK(states.apply(0, LayerPhase::unpacking, 9999) == LayerStates::Change::phase);
  CHECK(states.all()[0].text() == "unpacking    2 KiB of 2 KiB");  // never more than all
  CHECK(states.apply(0, LayerPhase::done, 2048) == LayerStates::Change::phase);
  CHECK(states.apply(0, LayerPhase::downloaded, 2048) == LayerStates::Change::none);
  CHECK(states.apply(7, LayerPhase::done, 0) == LayerStates::Change::none);
  CHECK(states.summary(80) == "1 of 2 layers, 2 KiB of 3 KiB downloaded");
}

TEST_CASE("plain progress is a line for each change, without escape sequences") {
  CHECK(printed(cmd::ProgressKind::plain) == "r.io/a:1 is " + oci::Digest::of("i").text() +
                                                 "\n"
                                                 "layer 2/2 3e23e8160039: exists\n"
                                                 "layer 1/2 ca978112ca1b: downloading\n"
                                                 "layer 1/2 ca978112ca1b: downloaded\n"
                                                 "layer 1/2 ca978112ca1b: unpacking\n"
                                                 "layer 1/2 ca978112ca1b: done\n");
}

TEST_CASE("a stream that is no terminal gets plain progress, a quiet one none") {
  CHECK(printed(cmd::ProgressKind::automatic) == printed(cmd::ProgressKind::plain));
  CHECK(printed(cmd::ProgressKind::none).empty());
  std::ostringstream err;
  output::Streams streams{err, err};
  streams.quiet = true;
  cmd::make_progress(cmd::ProgressKind::json, streams)->note("waiting");
  CHECK(err.str().empty());
}

TEST_CASE("a note cannot move a terminal's cursor") {
  std::ostringstream err;
  output::Streams streams{err, err};
  cmd::make_progress(cmd::ProgressKind::plain, streams)->note("no \x1b[2J of\nthis");
  CHECK(err.str() == "no ?[2J of this\n");
}

TEST_CASE("JSON progress is a document a line") {
  std::istringstream lines(printed(cmd::ProgressKind::json));
  std::vector<std::string> events;
  for (std::string line; std::getline(lines, line);) {
    const auto document = data::parse_json(line);
    REQUIRE(document);
    events.push_back(document->string_or("event"));
  }
  CHECK(events == std::vector<std::string>{"resolved", "exists", "downloading", "unpacking",
                                           "downloading", "downloaded", "unpacking", "done"});
}

TEST_CASE("a terminal's lines are drawn over the last ones and end as they were") {
  const std::string text = printed(cmd::ProgressKind::terminal);
  const auto last = text.rfind("\033[3A");
  REQUIRE(last != std::string::npos);
  CHECK(text.substr(last) ==
        "\033[3A\r\033[K  ca978112ca1b  done         2 KiB\n"
        "\r\033[K  3e23e8160039  exists       1 KiB\n"
        "\r\033[K  total         2 KiB of 2 KiB\n");
}

TEST_CASE("several images share a terminal, each under its name") {
  std::ostringstream out;
  std::ostringstream err;
  output::Streams streams{out, err};
  const auto display =
      cmd::make_display(cmd::ProgressKind::terminal, streams, {"r.io/a:1", "r.io/b:2"});
  const auto first = display->of(0);
  const auto second = display->of(1);
  first->layers(two_layers());
  second->layers(two_layers());
  second->note("waiting for another pull");
  first->layer(0, LayerPhase::done, 2048);
  const std::string text = err.str();
  CHECK(text.find("\033[J"
                  "waiting for another pull\n") != std::string::npos);
  const auto last = text.rfind("\033[7A");
  REQUIRE(last != std::string::npos);
  CHECK(text.substr(last) ==
        "\033[7A\r\033[Kr.io/a:1\n"
        "\r\033[K  ca978112ca1b  done         2 KiB\n"
        "\r\033[K  3e23e8160039  waiting      1 KiB\n"
        "\r\033[Kr.io/b:2\n"
        "\r\033[K  ca978112ca1b  waiting      2 KiB\n"
        "\r\033[K  3e23e8160039  waiting      1 KiB\n"
        "\r\033[K  total         2 KiB of 6 KiB\n");
}

TEST_CASE("when layers become too many for the screen, nothing of the larger picture stays") {
  std::ostringstream out;
  std::ostringstream err;
  output::Streams streams{out, err};
  const auto display =
      cmd::make_display(cmd::ProgressKind::terminal, streams, {"r.io/a:1", "r.io/b:2"});
  display->of(0)->layers(two_layers());
  // More than any terminal that these tests run on has rows.
  const std::vector<oci::Descriptor> many(2000, two_layers().front());
  display->of(1)->layers(many);
  const std::string text = err.str();
  const auto last = text.rfind("\033[4A");
  REQUIRE(last != std::string::npos);
  CHECK(text.substr(last) ==
        "\033[4A\r\033[K  0 of 2 layers, 0 B of 3 KiB downloaded  r.io/a:1\n"
        "\r\033[K  0 of 2000 layers, 0 B of 3.9 MiB downloaded  r.io/b:2\n"
        "\r\033[K  total         0 B of 3.9 MiB\n"
        "\033[J");
}

TEST_CASE("lines and documents of several images say whose they are") {
  std::ostringstream out;
  std::ostringstream plain;
  std::ostringstream json;
  output::Streams plain_streams{out, plain};
  output::Streams json_streams{out, json};
  for (const auto kind : {cmd::ProgressKind::plain, cmd::ProgressKind::json}) {
    auto& streams = kind == cmd::ProgressKind::plain ? plain_streams : json_streams;
    const auto display = cmd::make_display(kind, streams, {"r.io/a:1", "r.io/b:2"});
    const auto second = display->of(1);
    second->layers(two_layers());
    second->layer(0, LayerPhase::downloading, 7);
  }
  CHECK(plain.str() == "r.io/b:2: layer 1/2 ca978112ca1b: downloading\n");
  const auto document = data::parse_json(json.str());
  REQUIRE(document);
  CHECK(document->string_or("image") == "r.io/b:2");
  CHECK(document->integer_or("bytes") == 7);
}

TEST_CASE("a rate is that of the last seconds") {
  using std::chrono::seconds;
  cmd::Rate rate;
  const cmd::SteadyTime begin;
  rate.update(0, begin);
  CHECK_FALSE(rate.per_second());
  rate.update(1000, begin + seconds(1));
  CHECK(rate.per_second() == Approx(1000));
  for (int i = 2; i < 20; ++i) {
    rate.update(1000 + static_cast<std::uint64_t>(i - 1) * 5000, begin + seconds(i));
  }
  CHECK(*rate.per_second() > 4900);

  LayerStates states;
  states.begin(two_layers());
  states.apply(0, LayerPhase::downloading, 0, begin);
  states.apply(0, LayerPhase::downloading, 1024, begin + seconds(1));
  CHECK(states.all()[0].text() == "downloading  1 KiB of 2 KiB  1 KiB/s");
  CHECK(states.totals().arrived == 1024);
}

TEST_CASE("time left is that of what is unpacked last, at the rate of the last seconds") {
  using std::chrono::seconds;
  cmd::TotalProgress total;
  const cmd::SteadyTime begin;
  const std::uint64_t mib = 1 << 20;
  const auto line = [&](std::uint64_t arrived, std::uint64_t unpacked, int second,
                        std::size_t width = 80) {
    return total.line({100 * mib, arrived * mib, unpacked * mib}, begin + seconds(second), width);
  };
  // Of what has not begun nobody knows when it ends.
  CHECK(line(0, 0, 0) == "  total         0 B of 100 MiB");
  CHECK(line(20, 10, 1) == "  total         20 MiB of 100 MiB  20 MiB/s  9s left");
  CHECK(line(40, 20, 2) == "  total         40 MiB of 100 MiB  20 MiB/s  8s left");
  // Half as fast: 0.7 * 10 + 0.3 * 5 MiB/s for 75 MiB.
  CHECK(line(50, 25, 3) == "  total         50 MiB of 100 MiB  17 MiB/s  9s left");
  // All is here, and only unpacked.
  CHECK(line(100, 91, 4).find("/s") == std::string::npos);
  CHECK(line(100, 91, 5).ends_with(" left"));
  CHECK(line(100, 100, 6) == "  total         100 MiB of 100 MiB");
  CHECK(cmd::TotalProgress().line({}, begin, 80).empty());
}

TEST_CASE("what stands still has no time left") {
  using std::chrono::seconds;
  cmd::TotalProgress total;
  const cmd::SteadyTime begin;
  const LayerStates::Totals half{2048, 1024, 1024};
  CHECK(total.line({2048, 0, 0}, begin, 80) == "  total         0 B of 2 KiB");
  CHECK(total.line(half, begin + seconds(1), 80) ==
        "  total         1 KiB of 2 KiB  1 KiB/s  1s left");
  std::string last;
  for (int second = 2; second < 60; ++second) last = total.line(half, begin + seconds(second), 80);
  CHECK(last == "  total         1 KiB of 2 KiB  0 B/s");

  LayerStates states;
  states.begin(two_layers());
  states.apply(0, LayerPhase::downloading, 0, begin);
  states.apply(0, LayerPhase::downloading, 1024, begin + seconds(1));
  for (int second = 2; second < 60; ++second) states.pass(begin + seconds(second));
  CHECK(states.all()[0].text() == "downloading  1 KiB of 2 KiB  0 B/s");
}

TEST_CASE("on a narrow terminal the rate goes first, then digits, never the bytes") {
  using std::chrono::seconds;
  const cmd::SteadyTime begin;
  LayerStates states;
  states.begin({{"tar", oci::Digest::of("a"), 48 << 20}});
  states.apply(0, LayerPhase::downloading, 0, begin);
  states.apply(0, LayerPhase::downloading, 13107200, begin + seconds(1));
  const auto& layer = states.all()[0];
  CHECK(layer.line(79) == "  ca978112ca1b  downloading  12.5 MiB of 48 MiB  12.5 MiB/s");
  CHECK(layer.line(66) == "  ca978112ca1b  downloading  12.5 MiB of 48 MiB");
  CHECK(layer.line(52) == "  ca9781 downloading 12.5 MiB of 48 MiB");
  CHECK(layer.line(39) == "ca9781 downloading 12.5 MiB of 48 MiB");
  CHECK(states.summary(39) == "0/1 layers, 12.5 MiB of 48 MiB");
  CHECK(states.summary(50) == "0 of 1 layers, 12.5 MiB of 48 MiB downloaded");

  const auto line = [&](std::size_t width) {
    cmd::TotalProgress total;
    total.line({48 << 20, 0, 0}, begin, width);
    return total.line({48 << 20, 12 << 20, 12 << 20}, begin + seconds(1), width);
  };
  CHECK(line(51) == "  total         12 MiB of 48 MiB  12 MiB/s  3s left");
  CHECK(line(45) == "  total 12 MiB of 48 MiB 12 MiB/s 3s left");
  CHECK(line(39) == "  total 12 MiB of 48 MiB 3s left");
  CHECK(line(30) == "  total 12 MiB of 48 MiB");
}

TEST_CASE("the words of --progress") {
  CHECK(cmd::progress_kind("tty") == cmd::ProgressKind::terminal);
  CHECK(cmd::progress_kind("plain") == cmd::ProgressKind::plain);
  CHECK(cmd::progress_kind("json") == cmd::ProgressKind::json);
  CHECK(cmd::progress_kind("none") == cmd::ProgressKind::none);
  CHECK(cmd::progress_kind("auto") == cmd::ProgressKind::automatic);
}
