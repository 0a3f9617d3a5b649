// SPDX-License-Identifier: Apache-2.0
#include "oci/auth_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <filesystem>

#include "core/unique_fd.hpp"
#include "data/value.hpp"
#include "oci/credential_helper.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/interrupt.hpp"

namespace flintctl::oci {
namespace {

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

/// HOME, or what the password file says where it is not set, as in units of systemd.
std::string home_folder() {
  if (auto home = from_environment("HOME"); !home.empty()) return home;
  const passwd* const user = ::getpwuid(::getuid());
  return user == nullptr ? std::string() : user->pw_dir;
}

std::string reading(const std::string& path) {
  return fmt::format("reading credentials from {}", path);
}

Result<AuthEntry> entry_in(const std::string& path, std::string_view host,
                           std::string_view repository) {
  const std::string text = TRY(sys::read_file(path).context(reading(path)));
  return find_auth(text, host, repository).context(reading(path));
}

/// The document of a file that may not exist yet.
Result<data::Value> read_document(const std::string& path) {
  if (!sys::exists(path)) return data::Value::object();
  const std::string text = TRY(sys::read_file(path).context(reading(path)));
  return parse_auth_file(text).context(reading(path));
}

/// An auth file while this process may change it: another login waits until this one has written.
class Writable {
 public:
  static Result<Writable> open(const std::string& path) {
    // A link (to a shared or managed file) stays one.
    char resolved[PATH_MAX];
    Writable file(::realpath(path.c_str(), resolved) == nullptr ? path : resolved);
    const auto folder = std::filesystem::absolute(file.target_).parent_path().string();
    TRY(sys::make_directories(folder, 0700));
    // The folder's lock leaves no file behind, and is in nobody else's way.
    file.folder_ = TRY(sys::open(folder, O_RDONLY | O_DIRECTORY));
    while (::flock(file.folder_.get(), LOCK_EX) != 0) {
      if (errno != EINTR) return sys::last_error("locking " + folder);
      TRY(sys::check_interrupt());
    }
    return file;
  }

  Result<> write(const data::Value& document) const {
    return sys::write_file_atomic(target_, data::to_json(document, data::Layout::indented) + "\n",
                                  0600);
  }

 private:
  explicit Writable(std::string target) : target_(std::move(target)) {}
  std::string target_;
  UniqueFd folder_;
};

/// `object` without the members named by `keys`.
data::Value without(const data::Value& object, const std::vector<std::string>& keys) {
  auto rest = data::Value::object();
  for (const auto& [key, value] : object.members()) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) rest.set(key, value);
  }
  return rest;
}

data::Value to_entry(const Credentials& credentials) {
  if (credentials.username.empty()) {
    return data::Value::object({{"identitytoken", credentials.secret}});
  }
  return data::Value::object(
      {{"auth", base64_encode(credentials.username + ":" + credentials.secret)}});
}

}  // namespace

std::vector<std::string> auth_files(const std::string& named) {
  if (!named.empty()) return {named};
  if (auto path = from_environment("REGISTRY_AUTH_FILE"); !path.empty()) return {std::move(path)};
  const std::string home = home_folder();
  std::vector<std::string> paths;
  if (const auto folder = from_environment("DOCKER_CONFIG"); !folder.empty()) {
    paths.push_back(folder + "/config.json");
  } else {
    paths.push_back(home + "/.docker/config.json");
  }
  // Under sudo there is no runtime folder; podman then has this one.
  const auto runtime = from_environment("XDG_RUNTIME_DIR");
  paths.push_back(runtime.empty() ? fmt::format("/run/containers/{}/auth.json", ::getuid())
                                  : runtime + "/containers/auth.json");
  const auto settings = from_environment("XDG_CONFIG_HOME");
  paths.push_back((settings.empty() ? home + "/.config" : settings) + "/containers/auth.json");
  return paths;
}

Result<std::optional<Credentials>> load_credentials(const std::string& named, std::string_view host,
                                                    std::string_view repository) {
  const bool must_exist = !named.empty() || !from_environment("REGISTRY_AUTH_FILE").empty();
  for (const auto& path : auth_files(named)) {
    if (!must_exist && !sys::exists(path)) continue;
    auto looked = entry_in(path, host, repository);
    if (!looked && looked.error().code() == Code::not_found) {
      return std::move(looked.error()).with_code(Code::invalid_argument);
    }
    auto entry = TRY(std::move(looked));
    if (!entry.helper.empty()) {
      const auto helper = TRY(CredentialHelper::find(entry.helper).context(reading(path)));
      if (auto found = TRY(helper.get(entry.server))) return found;
    }
    if (entry.credentials) return std::move(entry.credentials);
  }
  return std::optional<Credentials>();
}

Result<std::string> store_credentials(const std::string& named, std::string_view host,
                                      const Credentials& credentials) {
  const std::string path = auth_files(named).front();
  const auto file = TRY(Writable::open(path));
  auto document = TRY(read_document(path));
  const auto entry = TRY(find_auth(data::to_json(document), host).context(reading(path)));
  if (!entry.helper.empty()) {
    TRY(TRY(CredentialHelper::find(entry.helper)).store(entry.server, credentials));
    return "docker-credential-" + entry.helper;
  }
  const auto* auths = document.find("auths");
  // One entry, so that no other client finds an older one under another of the keys.
  auto kept = auths == nullptr ? data::Value::object() : without(*auths, auth_keys(host));
  kept.set(auth_keys(host).front(), to_entry(credentials));
  document.set("auths", std::move(kept));
  TRY(file.write(document).context("keeping credentials in " + path));
  return std::filesystem::absolute(path).string();
}

Result<bool> erase_credentials(const std::string& named, std::string_view host) {
  const std::string path = auth_files(named).front();
  if (!sys::exists(path)) return false;
  const auto file = TRY(Writable::open(path));
  auto document = TRY(read_document(path));
  // An unreadable entry is no reason to keep it.
  const auto entry = find_auth(data::to_json(document), host);
  bool erased = false;
  if (entry && !entry->helper.empty()) {
    erased = TRY(TRY(CredentialHelper::find(entry->helper)).erase(entry->server));
  }
  const auto* auths = document.find("auths");
  if (auths == nullptr) return erased;
  auto kept = without(*auths, auth_keys(host));
  if (kept.members().size() == auths->members().size()) return erased;
  document.set("auths", std::move(kept));
  TRY(file.write(document).context("removing credentials from " + path));
  return true;
}

}  // namespace flintctl::oci
