// SPDX-License-Identifier: Apache-2.0
#include "bed.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <sstream>

#include "support/catch.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"

namespace flintctl::image {
namespace {

constexpr const char* configuration = R"(version: 0.1
log: {{level: info, accesslog: {{disabled: false}}}}
storage: {{filesystem: {{rootdirectory: {0}/store}}, maintenance: {{uploadpurging: {{enabled: false}}}}}}
http: {{addr: "127.0.0.1:0"}}
)";

template <typename T>
T must(Result<T> result) {
  if (!result) FAIL(result.error().text());
  return *std::move(result);
}

}  // namespace

Result<std::unique_ptr<DebianRegistry>> DebianRegistry::start(const std::string& folder) {
  TRY(sys::write_file_atomic(folder + "/registry.yml", fmt::format(configuration, folder), 0600));
  const auto access = TRY(sys::open(folder + "/access.log", O_WRONLY | O_CREAT | O_APPEND));
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return sys::last_error("making a pipe");
  UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  sys::SpawnOptions options;
  options.argv = {TRY(sys::find_program("docker-registry")), "serve", folder + "/registry.yml"};
  options.environment = {"PATH=/usr/bin:/bin"};
  options.descriptors = {{access.get(), 1}, {write_end.get(), 2}};
  options.die_with_parent = true;
  auto process = TRY(sys::Process::spawn(options));
  std::unique_ptr<DebianRegistry> registry(
      new DebianRegistry(std::move(process), std::move(read_end), folder));
  write_end.reset();
  TRY(registry->await_port());
  return registry;
}

/// Its log says where it listens; what it says later must be taken, or it would wait for ever.
Result<> DebianRegistry::await_port() {
  constexpr std::string_view words = "listening on 127.0.0.1:";
  std::string text;
  std::array<char, 4096> buffer{};
  while (port_.empty()) {
    const ssize_t count = ::read(log_.get(), buffer.data(), buffer.size());
    if (count <= 0) return Error(Code::unknown, "docker-registry did not start: " + text);
    text.append(buffer.data(), static_cast<std::size_t>(count));
    const auto at = text.find(words);
    const auto end =
        at == std::string::npos ? at : text.find_first_not_of("0123456789", at + words.size());
    if (end != std::string::npos) port_ = text.substr(at + words.size(), end - at - words.size());
  }
  drain_ = std::thread([fd = log_.get()] {
    std::array<char, 4096> rest{};
    while (::read(fd, rest.data(), rest.size()) > 0) {
    }
  });
  return {};
}

DebianRegistry::~DebianRegistry() {
  (void)process_.signal(SIGKILL);
  (void)process_.wait();
  if (drain_.joinable()) drain_.join();
}

std::vector<std::string> DebianRegistry::log() const {
  std::istringstream text(must(sys::read_file(folder_ + "/access.log")));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

Bed& Bed::get() {
  static Bed bed;
  return bed;
}

Bed::Bed() : folder_("/tmp/flintctl-pull-XXXXXX") {
  REQUIRE(::mkdtemp(folder_.data()) != nullptr);
  const auto built = must(sys::run({"/usr/bin/python3", FLINTCTL_TEST_IMAGES, folder_ + "/store"}));
  INFO(built.err);
  REQUIRE(built.status.ok());
  containerd_ = must(containerd::PrivateContainerd::start());
  registry_ = must(DebianRegistry::start(folder_));
}

Bed::~Bed() {
  registry_.reset();
  containerd_.reset();
  (void)sys::remove_tree(folder_);
}

std::unique_ptr<containerd::Client> Bed::client(const std::string& name_space) const {
  return must(containerd_->connect(name_space));
}

oci::Reference Bed::image(const std::string& name) const {
  return must(oci::Reference::parse(registry_->host() + "/test/" + name + ":1"));
}

PullOptions Bed::options(const std::string& name_space) const {
  PullOptions options;
  options.platform = {"linux", "amd64", ""};
  options.snapshotter = "native";
  options.state_directory = folder_ + "/state-" + name_space;
  options.run_directory = folder_ + "/run-" + name_space;
  options.registry.attempts = 2;
  options.registry.first_wait = std::chrono::milliseconds(1);
  return options;
}

std::size_t Bed::asked(const std::string& method, const std::string& part,
                       std::size_t since) const {
  const auto lines = registry_->log();
  return static_cast<std::size_t>(
      std::count_if(lines.begin() + static_cast<std::ptrdiff_t>(std::min(since, lines.size())),
                    lines.end(), [&](const std::string& line) {
                      return line.find("\"" + method + " ") != std::string::npos &&
                             line.find(part) != std::string::npos;
                    }));
}

}  // namespace flintctl::image
