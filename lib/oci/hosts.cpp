// SPDX-License-Identifier: Apache-2.0
#include "oci/hosts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/units.hpp"
#include "data/value.hpp"
#include "http/url.hpp"
#include "sys/file.hpp"

namespace flintctl::oci {
namespace {

constexpr std::size_t max_hosts_file = 1U << 20U;

Error wrong(const std::string& key, std::string_view wanted) {
  return Error(Code::invalid_argument, fmt::format("'{}' must be {}", key, wanted));
}

std::string host_part(const std::string& host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

/// One table of the file: the server's own keys, or those of one [host."URL"].
class Table {
 public:
  Table(const data::Value& value, std::string path, std::string folder)
      : value_(value), path_(std::move(path)), folder_(std::move(folder)) {}

  Result<> fill(Endpoint& endpoint) const {
    TRY(capabilities(endpoint));
    endpoint.authorities = TRY(files("ca"));
    TRY(client(endpoint.tls));
    if (TRY(boolean("skip_verify"))) endpoint.tls.check = http::PeerCheck::none;
    TRY(headers(endpoint.headers));
    return dial_timeout(endpoint);
  }

  Result<bool> boolean(std::string_view name) const {
    const auto* member = value_.find(name);
    if (member == nullptr) return false;
    if (!member->is_bool()) return wrong(key(name), "true or false");
    return *member->as_bool();
  }

 private:
  std::string key(std::string_view name) const {
    return path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name);
  }

  /// One string or an array of them.
  Result<std::vector<std::string>> strings(const data::Value& member,
                                           const std::string& name) const {
    std::vector<std::string> found;
    if (const auto* text = member.as_string()) return std::vector<std::string>{*text};
    if (!member.is_array()) return wrong(name, "a string or an array of strings");
    for (const auto& element : member.elements()) {
      const auto* text = element.as_string();
      if (text == nullptr) return wrong(name, "a string or an array of strings");
      found.push_back(*text);
    }
    return found;
  }

  std::string absolute(const std::string& path) const {
    return path.starts_with('/') ? path : folder_ + "/" + path;
  }

  Result<std::vector<std::string>> files(std::string_view name) const {
    const auto* member = value_.find(name);
    if (member == nullptr) return std::vector<std::string>();
    auto paths = TRY(strings(*member, key(name)));
    for (auto& path : paths) path = absolute(path);
    return paths;
  }

  Result<> capabilities(Endpoint& endpoint) const {
    const auto* member = value_.find("capabilities");
    if (member == nullptr) return {};
    if (!member->is_array()) return wrong(key("capabilities"), "an array of strings");
    endpoint.pull = endpoint.resolve = false;
    for (const auto& word : TRY(strings(*member, key("capabilities")))) {
      if (word != "pull" && word != "resolve" && word != "push") {
        return Error(Code::invalid_argument,
                     fmt::format("'{}' has '{}'", key("capabilities"), word))
            .with_hint("known are pull, resolve and push");
      }
      endpoint.pull |= word == "pull";
      endpoint.resolve |= word == "resolve";
    }
    return {};
  }

  /// "pair.pem", ["a.pem"] or [["certificate.pem", "key.pem"]]: one of them, as TLS takes one.
  Result<> client(http::Tls& tls) const {
    const auto* member = value_.find("client");
    if (member == nullptr) return {};
    const bool nested =
        member->is_array() && !member->elements().empty() && member->elements().front().is_array();
    const auto& pair = nested ? member->elements().front() : *member;
    const auto names = TRY(strings(pair, key("client")));
    const bool one = nested ? member->elements().size() == 1 : names.size() == 1;
    if (!one || names.empty() || names.size() > 2) {
      return Error(Code::unimplemented,
                   fmt::format("'{}' must be one file, or one pair of files", key("client")));
    }
    tls.certificate_file = absolute(names[0]);
    if (names.size() == 2 && !names[1].empty()) tls.key_file = absolute(names[1]);
    return {};
  }

  Result<> headers(http::Headers& headers) const {
    const auto* member = value_.find("header");
    if (member == nullptr) return {};
    if (!member->is_object()) return wrong(key("header"), "a table");
    for (const auto& [name, value] : member->members()) {
      const auto values = TRY(strings(value, key("header." + name)));
      for (const auto& text : values) {
        const bool control = std::any_of(text.begin(), text.end(),
                                         [](unsigned char c) { return c < 0x20 || c == 0x7f; });
        if (control || name.empty() || name.find_first_of(": \t\r\n") != std::string::npos) {
          return wrong(key("header." + name), "a header's name and value");
        }
        headers.add(name, text);
      }
    }
    return {};
  }

  Result<> dial_timeout(Endpoint& endpoint) const {
    const auto* member = value_.find("dial_timeout");
    if (member == nullptr) return {};
    const auto* text = member->as_string();
    if (text == nullptr) return wrong(key("dial_timeout"), "a duration in quotes");
    endpoint.connect_timeout = TRY(parse_duration(*text).context(key("dial_timeout")));
    return {};
  }

  const data::Value& value_;
  std::string path_;
  std::string folder_;
};

constexpr std::string_view table_keys[] = {"capabilities", "ca",     "client",
                                           "skip_verify",  "header", "override_path",
                                           "dial_timeout", "server", "host"};

Result<> allow(const data::Value& table, std::string_view where, std::size_t also) {
  const std::vector<std::string_view> known(std::begin(table_keys),
                                            std::end(table_keys) - 2 + also);
  return data::refuse_unknown_keys(table, known, where);
}

/// The root of the API at `url`: containerd lets a host stand for https://host, and adds /v2.
Result<> place(Endpoint& endpoint, const std::string& text, bool override_path) {
  const bool has_scheme = text.find("://") != std::string::npos;
  const auto url = TRY(http::parse_url(has_scheme ? text : "https://" + text));
  if (url.text.find_first_of("?#") != std::string::npos) {
    return Error(Code::invalid_argument, fmt::format("'{}' has a query or a fragment", text));
  }
  endpoint.base = url.text;
  while (endpoint.base.ends_with('/')) endpoint.base.pop_back();
  if (!override_path && !endpoint.base.ends_with("/v2")) endpoint.base += "/v2";
  endpoint.host = url.authority();
  if (endpoint.host == "registry-1.docker.io" || endpoint.host == "index.docker.io") {
    endpoint.host = "docker.io";
  }
  return {};
}

/// The certificates that lie in a folder without a hosts.toml, as docker takes them.
Result<> add_docker_certificates(const std::string& folder, Endpoint& endpoint) {
  for (const auto& name : TRY(sys::list_directory(folder))) {
    const std::string path = folder + "/" + name;
    if (name.ends_with(".crt")) endpoint.authorities.push_back(path);
    if (!name.ends_with(".cert") || !endpoint.tls.certificate_file.empty()) continue;
    const std::string key = path.substr(0, path.size() - 5) + ".key";
    if (!sys::exists(key)) {
      return Error(Code::invalid_argument, fmt::format("{} has no {}", path, key));
    }
    endpoint.tls.certificate_file = path;
    endpoint.tls.key_file = key;
  }
  return {};
}

/// Who configures certificates speaks TLS, at home too: as docker and containerd take it.
void prefer_tls(const std::string& host, Transport transport, Endpoint& endpoint) {
  const bool configured = !endpoint.authorities.empty() || !endpoint.tls.certificate_file.empty() ||
                          endpoint.tls.check == http::PeerCheck::none;
  if (configured && transport == Transport::automatic) {
    endpoint.base = default_endpoint(host, Transport::tls).base;
  }
}

std::vector<std::string> folder_names(const std::string& host) {
  const std::string name = host_part(host);
  const std::string port = host.size() > name.size() ? host.substr(name.size() + 1) : "";
  std::vector<std::string> names;
  if (!port.empty()) names.push_back(fmt::format("{}_{}_", name, port));
  names.push_back(host);
  names.emplace_back("_default");
  return names;
}

Result<std::vector<Endpoint>> read_folder(const std::string& folder, const std::string& host,
                                          Transport transport) {
  const std::string path = folder + "/hosts.toml";
  if (sys::exists(path)) {
    const auto text = TRY(sys::read_file(path, max_hosts_file));
    return parse_hosts(text, folder, host, transport).context(path);
  }
  auto endpoint = default_endpoint(host, transport);
  TRY(add_docker_certificates(folder, endpoint));
  prefer_tls(host, transport, endpoint);
  return std::vector<Endpoint>{std::move(endpoint)};
}

}  // namespace

Endpoint default_endpoint(const std::string& host, Transport transport) {
  const std::string registry = host == "docker.io" ? "registry-1.docker.io" : host;
  const bool plain = transport == Transport::plain ||
                     (transport == Transport::automatic && http::is_loopback(host_part(host)) &&
                      !registry.ends_with(":443"));
  Endpoint endpoint;
  endpoint.base = fmt::format("{}://{}/v2", plain ? "http" : "https", registry);
  endpoint.host = host;
  return endpoint;
}

Result<std::vector<Endpoint>> parse_hosts(std::string_view toml, const std::string& folder,
                                          const std::string& host, Transport transport) {
  const auto document = TRY(data::parse_toml(toml));
  TRY(allow(document, "the top level", 2));
  std::vector<Endpoint> endpoints;
  const auto* hosts = document.find("host");
  if (hosts != nullptr && !hosts->is_object()) return wrong("host", "tables, [host.\"URL\"]");
  if (hosts != nullptr) {
    for (const auto& [name, value] : hosts->members()) {
      // A password in a URL is refused below; its error must not show it.
      const bool secret = name.find('@') != std::string::npos;
      const auto where = fmt::format("host.\"{}\"", secret ? "..." : name);
      if (!value.is_object()) return wrong(where, "a table");
      TRY(allow(value, "[" + where + "]", 0));
      const Table table(value, where, folder);
      Endpoint endpoint;
      TRY(table.fill(endpoint));
      TRY(place(endpoint, name, TRY(table.boolean("override_path"))).context(where));
      endpoints.push_back(std::move(endpoint));
    }
  }
  const Table root(document, "", folder);
  auto server = default_endpoint(host, transport);
  const auto* own = document.find("server");
  if (own != nullptr && !own->is_string()) return wrong("server", "a URL");
  if (own != nullptr) {
    TRY(place(server, *own->as_string(), TRY(root.boolean("override_path"))).context("server"));
  }
  TRY(root.fill(server));
  if (own == nullptr) prefer_tls(host, transport, server);
  endpoints.push_back(std::move(server));
  for (auto& endpoint : endpoints) endpoint.mirror = endpoint.host != host;
  return endpoints;
}

Result<std::vector<Endpoint>> find_endpoints(const std::vector<std::string>& directories,
                                             const std::string& host, Transport transport) {
  for (const auto& directory : directories) {
    for (const auto& name : folder_names(host)) {
      const std::string folder = directory + "/" + name;
      if (sys::is_directory(folder)) return read_folder(folder, host, transport);
    }
  }
  return std::vector<Endpoint>{default_endpoint(host, transport)};
}

std::vector<std::string> default_hosts_directories() {
  return {"/etc/containerd/certs.d", "/etc/docker/certs.d"};
}

}  // namespace flintctl::oci
