// SPDX-License-Identifier: Apache-2.0
#include "support/registry/faulty_registry.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "http/client.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"

namespace flintctl::oci {

Result<std::unique_ptr<FaultyRegistry>> FaultyRegistry::start() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return sys::last_error("making a pipe");
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  sys::SpawnOptions options;
  options.argv = {TRY(sys::find_program("python3")), FLINTCTL_FAULTY_REGISTRY};
  options.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"};
  options.descriptors = {{write_end.get(), 1}, {STDERR_FILENO, 2}};
  options.die_with_parent = true;
  auto process = TRY(sys::Process::spawn(options));
  write_end.reset();
  std::string line;
  for (char c = 0; ::read(read_end.get(), &c, 1) == 1 && c != '\n';) line += c;
  const auto space = line.find(' ');
  if (space == std::string::npos) {
    return Error(Code::unknown, "the faulty registry did not start");
  }
  return std::unique_ptr<FaultyRegistry>(
      new FaultyRegistry(std::move(process), line.substr(0, space), line.substr(space + 1)));
}

FaultyRegistry::~FaultyRegistry() {
  (void)process_.signal(SIGKILL);
  (void)process_.wait();
}

std::string FaultyRegistry::reference(const std::string& behaviour, const std::string& tag) const {
  return host() + "/" + behaviour + ":" + tag;
}

Result<std::vector<data::Value>> FaultyRegistry::log() const {
  auto client = TRY(http::Client::open());
  http::Request request;
  request.url = "http://" + host() + "/log";
  const auto response = TRY(client.request(request));
  std::vector<data::Value> entries;
  std::string_view rest = response.body;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    entries.push_back(TRY(data::parse_json(rest.substr(0, end))));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return entries;
}

}  // namespace flintctl::oci
