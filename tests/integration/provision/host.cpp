// SPDX-License-Identifier: Apache-2.0
#include "host.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <fstream>

#include "core/unique_fd.hpp"
#include "provision/containerd_launch.hpp"
#include "provision/containerd_process.hpp"
#include "sys/cgroup.hpp"
#include "sys/file.hpp"

namespace flintctl::provision {

TestHost::TestHost() {
  std::string pattern = "/tmp/flintctl-host-XXXXXX";
  folder_ = ::mkdtemp(pattern.data());
  settings.root = folder_ + "/root";
  settings.state = folder_ + "/state";
  settings.address = folder_ + "/state/c.sock";
  settings.metrics_address = fmt::format("127.0.0.1:{}", free_port());
  start.config_path = folder_ + "/config.toml";
  start.log_file = folder_ + "/log/containerd.log";
  start.snapshotter = "overlayfs";
  start.run_directory = folder_;
}

TestHost::~TestHost() {
  end_launched(containerd_names(address()));
  (void)sys::remove_tree(folder_);
}

void TestHost::configure() const {
  std::string text = containerd_toml(settings);
  // This plugin makes /opt/containerd, and a test leaves nothing outside its folder.
  const std::string last_disabled = "\"io.containerd.nri.v1.nri\"";
  text.insert(text.find(last_disabled), "\"io.containerd.internal.v1.opt\", ");
  std::ofstream(start.config_path) << text;
}

std::string TestHost::script(const std::string& body) const {
  const std::string path = folder_ + "/bin/containerd";
  (void)sys::make_directories(folder_ + "/bin");
  std::ofstream(path) << "#!/bin/sh\n"
                         "[ \"$1\" = --version ] && exec echo containerd x v1.6.99 y\n"
                      << body << '\n';
  ::chmod(path.c_str(), 0755);
  return path;
}

ContainerdStop TestHost::stop_options() const {
  ContainerdStop stop;
  stop.address = address();
  stop.run_directory = start.run_directory;
  return stop;
}

std::vector<pid_t> TestHost::processes() const {
  const ContainerdNames names = containerd_names(address());
  for (const std::string& name : {names.cgroup, names.unit_cgroup}) {
    if (const auto cgroup = sys::Cgroup::open(name)) return cgroup->processes().value_or({});
  }
  return {};
}

std::string TestHost::log() const { return sys::read_file(start.log_file).value_or({}); }

unsigned free_port() {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), length) != 0) return 0;
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0) return 0;
  return ntohs(address.sin_port);
}

std::string said(const Error& error) {
  return fmt::format("{} hint: {}", error.text(), error.hint());
}

}  // namespace flintctl::provision
