// SPDX-License-Identifier: Apache-2.0
// The built binary on a terminal: a pull's display in its midst, at two sizes, and what is left of
// it after ^C. The registry sends what the test has let go, and the test waits for what is shown.
#include <fmt/format.h>
#include <poll.h>
#include <pty.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <functional>
#include <regex>

#include "http/client.hpp"
#include "integration/images/world.hpp"
#include "support/catch.hpp"
#include "support/held_open.hpp"
#include "support/terminal/screen.hpp"
#include "sys/file.hpp"
#include "sys/mount.hpp"

namespace flintctl {
namespace {

using testing::Screen;
using testing::World;

/// gated_registry.py, which ends with this object.
class GatedRegistry {
 public:
  GatedRegistry() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    const UniqueFd read_end(ends[0]);
    UniqueFd write_end(ends[1]);
    sys::SpawnOptions options;
    options.argv = {"/usr/bin/python3", FLINTCTL_GATED_REGISTRY};
    options.descriptors = {{write_end.get(), 1}, {STDERR_FILENO, 2}};
    options.die_with_parent = true;
    auto process = sys::Process::spawn(options);
    REQUIRE(process);
    process_ = std::make_unique<sys::Process>(*std::move(process));
    write_end.reset();
    for (char c = 0; ::read(read_end.get(), &c, 1) == 1 && c != '\n';) port_ += c;
    REQUIRE_FALSE(port_.empty());
  }
  GatedRegistry(const GatedRegistry&) = delete;
  GatedRegistry& operator=(const GatedRegistry&) = delete;
  ~GatedRegistry() {
    (void)process_->signal(SIGKILL);
    (void)process_->wait();
  }

  [[nodiscard]] std::string image(const std::string& name) const {
    return fmt::format("127.0.0.1:{}/test/{}:1", port_, name);
  }
  /// Lets so many pieces of a layer go ("one/0", "3").
  void give(const std::string& layer, const std::string& count) const {
    auto client = http::Client::open();
    REQUIRE(client);
    http::Request request;
    request.url = fmt::format("http://127.0.0.1:{}/give/{}/{}", port_, layer, count);
    const auto response = client->request(request);
    REQUIRE(response);
    REQUIRE(response->status == 200);
  }

 private:
  std::unique_ptr<sys::Process> process_;
  std::string port_;
};

/// A program on a terminal of its own, which is its controlling terminal.
class OnTerminal {
 public:
  OnTerminal(unsigned short rows, unsigned short columns, const std::vector<std::string>& command)
      : screen(rows, columns) {
    std::vector<char*> arguments;
    arguments.reserve(command.size() + 1);
    for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    winsize size{rows, columns, 0, 0};
    int terminal = -1;
    child_ = ::forkpty(&terminal, nullptr, nullptr, &size);
    if (child_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::setenv("TERM", "xterm", 1);
      ::unsetenv("NO_COLOR");
      ::execv(arguments[0], arguments.data());
      ::_exit(127);
    }
    REQUIRE(child_ > 0);
    terminal_ = UniqueFd(terminal);
    REQUIRE(::tcgetattr(terminal, &before_) == 0);
  }
  OnTerminal(const OnTerminal&) = delete;
  OnTerminal& operator=(const OnTerminal&) = delete;
  ~OnTerminal() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }

  void type(char key) const { REQUIRE(::write(terminal_.get(), &key, 1) == 1); }

  /// Takes what is printed until the screen is so, and no line is half written.
  void await(const std::string& what, const std::function<bool()>& so) {
    while (screen.column() != 0 || !so()) {
      INFO("waiting for: " << what << "\n" << screen.text());
      REQUIRE(take());
    }
  }
  void await_line(const std::string& pattern) {
    const std::regex expected(pattern);
    await(pattern, [&] {
      return std::any_of(screen.lines().begin(), screen.lines().end(),
                         [&](const auto& line) { return std::regex_match(line, expected); });
    });
  }
  /// Takes all the rest. Exit status.
  int end() {
    while (take()) {
    }
    int status = 0;
    REQUIRE(::waitpid(std::exchange(child_, -1), &status, 0) > 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  /// Whether echo, line editing and all else are as they were.
  [[nodiscard]] bool as_before() const {
    termios now{};
    return ::tcgetattr(terminal_.get(), &now) == 0 && now.c_iflag == before_.c_iflag &&
           now.c_oflag == before_.c_oflag && now.c_cflag == before_.c_cflag &&
           now.c_lflag == before_.c_lflag &&
           std::memcmp(now.c_cc, before_.c_cc, sizeof now.c_cc) == 0;
  }

  Screen screen;
  std::string printed;  ///< all of it

 private:
  /// False at the end; 20 seconds without a byte is a failure.
  bool take() {
    pollfd ready{terminal_.get(), POLLIN, 0};
    const int events = ::poll(&ready, 1, 20'000);
    INFO(screen.text());
    REQUIRE(events == 1);
    std::array<char, 4096> buffer{};
    const ssize_t count = ::read(terminal_.get(), buffer.data(), buffer.size());
    if (count <= 0) return false;  // EIO once nobody has the other end
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
    printed += bytes;
    screen.feed(bytes);
    return true;
  }

  pid_t child_ = -1;
  UniqueFd terminal_;
  termios before_{};
};

std::vector<std::string> pull_command(const World& world, const GatedRegistry& registry,
                                      const std::vector<std::string>& names = {"one", "two"}) {
  std::vector<std::string> command = {FLINTCTL,
                                      "--containerd-address",
                                      world.client->address(),
                                      "--config",
                                      world.files.path("config.toml"),
                                      "image",
                                      "pull",
                                      "--snapshotter",
                                      "native"};
  for (const auto& name : names) command.push_back(registry.image(name));
  return command;
}

/// A folder that is a file system of its own, in memory.
class MemoryFolder {
 public:
  MemoryFolder() { REQUIRE(sys::mount("tmpfs", folder_.path(), "tmpfs", 0, "")); }
  MemoryFolder(const MemoryFolder&) = delete;
  MemoryFolder& operator=(const MemoryFolder&) = delete;
  ~MemoryFolder() { (void)sys::unmount(folder_.path()); }
  [[nodiscard]] std::string path() const { return folder_.path(); }

 private:
  testing::Folder folder_;
};

/// Lines of the picture, which is drawn over again, must not wrap; what scrolls by may.
void check_widths(const Screen& screen) {
  for (const auto& line : screen.wrapped()) {
    INFO(line);
    CHECK((line.find("/test/one:1") != std::string::npos ||
           line.find("/test/two:1") != std::string::npos));
    CHECK(line.find(" is sha256:") != std::string::npos);
  }
}

std::size_t count_lines(const Screen& screen, const std::string& pattern) {
  const std::regex expected(pattern);
  return static_cast<std::size_t>(
      std::count_if(screen.lines().begin(), screen.lines().end(),
                    [&](const auto& line) { return std::regex_match(line, expected); }));
}

}  // namespace

TEST_CASE("a pull on a terminal shows bytes, rate, stage, total and time left of all images") {
  const World world;
  const GatedRegistry registry;
  OnTerminal pull(24, 80, pull_command(world, registry));
  const std::string rate = "  [0-9.]+ [KM]iB/s";
  pull.await_line("  total         0 B of 22 MiB");
  CHECK(count_lines(pull.screen, "  [0-9a-f]{12}  waiting      (2|4|16) MiB") == 3);

  // What is shown is what is in the file: a little less than was sent.
  registry.give("one/0", "4");
  pull.await_line("  [0-9a-f]{12}  downloading  (1.[5-9]|2) MiB of 16 MiB.*");
  registry.give("two/0", "4");
  pull.await_line("  [0-9a-f]{12}  downloading  (1.[5-9]|2) MiB of 4 MiB.*");
  pull.await_line("  total         (3.[0-9]|4) MiB of 22 MiB.*");
  // A layer that is here waits for the one below it.
  registry.give("one/1", "all");
  pull.await_line("  [0-9a-f]{12}  downloaded   2 MiB");

  // A rate needs half a second and two pictures; each picture lets another piece go.
  const std::regex complete("  total  .* of 22 MiB" + rate + "  [0-9]+s left");
  const auto line_of_all = [&] {
    const auto& lines = pull.screen.lines();
    const auto line = std::find_if(lines.begin(), lines.end(),
                                   [](const auto& text) { return text.find("  total ") == 0; });
    return line == lines.end() ? std::string() : *line;
  };
  const std::string layer = "  [0-9a-f]{12}  downloading  [0-9.]+ MiB of 16 MiB" + rate;
  const auto whole = [&] {
    return std::regex_match(line_of_all(), complete) && count_lines(pull.screen, layer) == 1;
  };
  for (int given = 0; !whole() && given < 20; ++given) {
    const auto bytes = line_of_all().substr(0, line_of_all().find(" of "));
    registry.give("one/0", "1");
    pull.await("more than" + bytes,
               [&] { return line_of_all().substr(0, line_of_all().find(" of ")) != bytes; });
  }
  INFO(pull.screen.text());
  CHECK(whole());
  // One display: each image's name over its layers, one line for all, and the cursor below it.
  CHECK(count_lines(pull.screen, "127.0.0.1:[0-9]+/test/(one|two):1") == 2);
  CHECK(count_lines(pull.screen, "  [0-9a-f]{12}  .*") == 3);
  CHECK(count_lines(pull.screen, "  total  .*") == 1);

  // Its turn comes when all of it is here.
  registry.give("one/0", "all");
  registry.give("two/0", "all");
  CHECK(pull.end() == 0);
  CHECK(pull.printed.find("  unpacking    ") != std::string::npos);
  CHECK(count_lines(pull.screen, "  [0-9a-f]{12}  done         (2|4|16) MiB") == 3);
  CHECK(count_lines(pull.screen, "  total         22 MiB of 22 MiB") == 1);
  CHECK(count_lines(pull.screen, "image/127.0.0.1:[0-9]+/test/(one|two):1 pulled") == 2);
  check_widths(pull.screen);
  CHECK(pull.as_before());

  // Again: nothing is fetched, and it says that all is there.
  OnTerminal again(24, 80, pull_command(world, registry));
  CHECK(again.end() == 0);
  CHECK(count_lines(again.screen, "  [0-9a-f]{12}  exists       (2|4|16) MiB") == 3);
  CHECK(count_lines(again.screen, "  total.*") == 0);
}

TEST_CASE("on a small terminal no line of a pull's display is wider than it, and ^C ends it") {
  const World world;
  const GatedRegistry registry;
  OnTerminal pull(10, 40, pull_command(world, registry));
  pull.await_line("  total         0 B of 22 MiB");
  registry.give("one/0", "4");
  const std::string layer = "[0-9a-f]{6} downloading (1.[5-9]|2) MiB of 16 MiB";
  pull.await_line(layer);
  registry.give("two/0", "4");
  pull.await_line("  total +(3.[0-9]|4) MiB of 22 MiB.*");
  CHECK(count_lines(pull.screen, "127.0.0.1:[0-9]+/test/(one|two):1") == 2);
  check_widths(pull.screen);

  pull.type('\x03');
  CHECK(pull.end() == 130);
  INFO(pull.screen.text());
  // The picture stays as it was, and what is said begins on a line of its own.
  CHECK(count_lines(pull.screen, layer) == 1);
  CHECK(count_lines(pull.screen, "error: pulling image '127.0.0.1.*") == 2);
  CHECK(pull.screen.column() == 0);
  CHECK_FALSE(pull.screen.coloured());
  CHECK(pull.as_before());
  CHECK(world.empty());
}

TEST_CASE(
    "^C ends a pull in the midst of a layer that is unpacked, and leaves layers' bytes only") {
  const MemoryFolder root;
  const World world(root.path());
  const GatedRegistry registry;
  testing::HeldOpen held(root.path(), "one1.1");
  OnTerminal pull(24, 80, pull_command(world, registry, {"one"}));
  registry.give("one/1", "all");
  pull.await_line("  [0-9a-f]{12}  downloaded   2 MiB");
  registry.give("one/0", "all");
  const auto extractor = held.wait();
  REQUIRE(extractor > 0);
  pull.await_line("  [0-9a-f]{12}  unpacking    .* of 2 MiB.*");
  pull.await_line("  [0-9a-f]{12}  done         16 MiB");
  pull.await_line("  total         18 MiB of 18 MiB.*");

  pull.type('\x03');
  CHECK(pull.end() == 130);
  INFO(pull.screen.text());
  CHECK(count_lines(pull.screen, "  [0-9a-f]{12}  unpacking    .* of 2 MiB.*") == 1);
  CHECK(count_lines(pull.screen, "error: pulling image '127.0.0.1.*") == 1);
  CHECK(pull.screen.column() == 0);
  CHECK_FALSE(pull.screen.coloured());
  CHECK(pull.as_before());
  CHECK((::kill(extractor, 0) == -1 && errno == ESRCH));
  CHECK(world.empty());
  const auto partial = sys::list_directory(world.files.path("state/partial"));
  REQUIRE(partial);
  CHECK(partial->size() == 2);
}

}  // namespace flintctl
