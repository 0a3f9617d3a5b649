// SPDX-License-Identifier: Apache-2.0
#include "debian_registry.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <sstream>

#include "sys/error.hpp"
#include "sys/file.hpp"

namespace flintctl::image {
namespace {

constexpr const char* configuration = R"(version: 0.1
log: {{level: info, accesslog: {{disabled: false}}}}
storage: {{filesystem: {{rootdirectory: {0}}}, maintenance: {{uploadpurging: {{enabled: false}}}}}}
http: {{addr: "{2}:0"{1}}}
)";

}  // namespace

Result<std::unique_ptr<DebianRegistry>> DebianRegistry::start(const Options& options) {
  const std::string& folder = options.folder;
  const std::string store = options.store.empty() ? folder + "/store" : options.store;
  const std::string http = options.http.empty() ? "" : ", " + options.http;
  std::string text = fmt::format(configuration, store, http, options.address);
  if (!options.auth.empty()) text += "auth: {" + options.auth + "}\n";
  TRY(sys::make_directories(folder));
  TRY(sys::write_file_atomic(folder + "/registry.yml", text, 0600));
  const auto access =
      TRY(sys::open(folder + "/access.log", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND));
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return sys::last_error("making a pipe");
  UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  sys::SpawnOptions child;
  child.argv = {TRY(sys::find_program("docker-registry")), "serve", folder + "/registry.yml"};
  child.environment = {"PATH=/usr/bin:/bin"};
  child.descriptors = {{access.get(), 1}, {write_end.get(), 2}};
  child.die_with_parent = true;
  auto process = TRY(sys::Process::spawn(child));
  std::unique_ptr<DebianRegistry> registry(
      new DebianRegistry(std::move(process), std::move(read_end), options));
  write_end.reset();
  TRY(registry->await_port());
  return registry;
}

/// Its log says where it listens; what it says later must be taken, or it would wait for ever.
Result<> DebianRegistry::await_port() {
  const std::string words = "listening on " + address_ + ":";
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
  std::istringstream text(sys::read_file(folder_ + "/access.log").value_or(""));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

}  // namespace flintctl::image
