// SPDX-License-Identifier: Apache-2.0
#include "provision/session.hpp"

#include <fmt/format.h>

#include "provision/known_pool.hpp"
#include "sys/file.hpp"

namespace flintctl::cmd {

Result<ProvisionSession> open_default_session(Host& host) {
  const config::Config* config = TRY(host.config());
  ProvisionSession session;
  session.paths = provision::host_paths(*config);
  session.settings = provision::default_host_settings(*config);
  session.drivers = provision::host_pool_drivers();
  session.services = provision::host_services();
  session.voice = voice_of(host);
  return session;
}

Result<ProvisionSession> open_provision_session(Host& host, const std::string& file) {
  ProvisionSession session = TRY(open_default_session(host));
  std::string path = file.empty() ? default_host_file : file;
  if (path == "-") path = "/dev/stdin";
  if (!file.empty() || sys::exists(path)) {
    session.settings = TRY(provision::read_host_settings(path, std::move(session.settings)));
  }
  provision::place_as_recorded(session.paths, session.settings.pool);
  return session;
}

Result<std::string> known_directory(Host& host, const std::string& pool) {
  const ProvisionSession session = TRY(open_provision_session(host, {}));
  thinpool::Spec spec;
  spec.name = pool;
  if (session.settings.pool.name == pool) return session.settings.pool.directory;
  provision::place_as_recorded(session.paths, spec);
  return spec.directory;
}

provision::Voice voice_of(Host& host) {
  return [&host](const std::string& word) {
    output::Streams& streams = host.streams();
    if (!streams.quiet) streams.err << "note: " << word << std::endl;
  };
}

void say_other_pool(Host& host, const std::string& made) {
  const auto config = host.config();
  if (!config || (*config)->pool == made || host.streams().quiet) return;
  host.streams().err << fmt::format(
      "other commands use the pool {}: give them --pool {}, or write pool = \"{}\" into "
      "/etc/flintctl/config.toml\n",
      (*config)->pool, made, made);
}

}  // namespace flintctl::cmd
