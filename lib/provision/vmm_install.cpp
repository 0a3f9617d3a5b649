// SPDX-License-Identifier: Apache-2.0
#include "provision/vmm_install.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "core/rollback.hpp"
#include "http/client.hpp"
#include "http/url.hpp"
#include "provision/vmm_archive.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/host.hpp"
#include "sys/process.hpp"
#include "sys/sha256.hpp"

namespace flintctl::provision {
namespace {

constexpr auto version_timeout = std::chrono::seconds(10);
constexpr int most_redirects = 5;
/// Digests of source and binary, written last: a folder without it is half installed.
constexpr auto seal_name = "sha256";

struct Known {
  const char* name;
  const char* package;  ///< Debian's, or null
};
constexpr Known known[] = {{"firecracker", nullptr},
                           {"jailer", nullptr},
                           {"cloud-hypervisor", nullptr},
                           {"virtiofsd", "qemu-system-common"},
                           {"qemu", "qemu-system-x86"}};

Result<std::string> hash_file(const std::string& path) {
  const UniqueFd fd = TRY(sys::open(path, O_RDONLY));
  sys::Sha256 hash;
  std::string buffer(256 * 1024, '\0');
  while (true) {
    const ssize_t length = ::read(fd.get(), buffer.data(), buffer.size());
    if (length < 0) return sys::last_error(fmt::format("reading {}", path));
    if (length == 0) return hash.finish();
    hash.update(buffer.data(), static_cast<std::size_t>(length));
  }
}

std::string link_target(const std::string& path) {
  std::error_code failed;
  const auto target = std::filesystem::read_symlink(path, failed);
  return failed ? std::string() : target.string();
}

bool is_hidden(const std::string& name) { return name.starts_with('.'); }

/// One exchange; a redirection's new place, or nothing when the body was written.
Result<std::optional<http::Url>> get(http::Client& client, const http::Url& url, int fd) {
  http::Request request;
  request.url = url.text;
  const auto head = TRY(client.stream(
      request, [&](const http::ResponseHead& answer, std::string_view bytes) -> Result<> {
        return answer.status == 200 ? sys::write_all(fd, bytes) : Result<>();
      }));
  if (head.status == 200) return std::optional<http::Url>();
  const std::string* location = head.headers.find("Location");
  if (head.status >= 300 && head.status < 400 && location != nullptr) {
    return std::optional(TRY(http::resolve_url(url, *location)));
  }
  return Error(head.status == 404 ? Code::not_found : Code::unavailable,
               fmt::format("{} answered with status {}", url.text, head.status));
}

Result<> download(const std::string& from, const std::string& path) {
  http::Url url = TRY(http::parse_url(from));
  auto client = TRY(http::Client::open());
  for (int redirects = 0; redirects <= most_redirects; ++redirects) {
    const UniqueFd fd = TRY(sys::open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600));
    auto next = TRY(get(client, url, fd.get()));
    if (!next) return {};
    url = *std::move(next);
  }
  return Error(Code::unavailable, fmt::format("{} redirects without end", from));
}

/// Asks the verified binary; it has a short time, no input and no environment to speak of.
Result<std::string> probe_version(const std::string& binary) {
  const auto output = TRY(sys::run({binary, "--version"}, {}, version_timeout));
  if (!output.status.ok()) {
    return Error(Code::invalid_argument,
                 fmt::format("it ends with {} when asked for its version", output.status.text()));
  }
  return parse_vmm_version(output.out.empty() ? output.err : output.out);
}

}  // namespace

bool is_vmm_member(const std::string& member, const std::string& name) {
  const std::string base = member.substr(member.rfind('/') + 1);
  if (base == name) return true;
  if (!base.starts_with(name + "-v") && base != name + "-static") return false;
  return base.find(".debug") == std::string::npos && base.find(".sig") == std::string::npos;
}

Result<std::string> parse_vmm_version(const std::string& output) {
  std::istringstream words(output);
  for (std::string word; words >> word;) {
    if (word.starts_with('v')) word.erase(0, 1);
    const auto end = word.find_first_not_of(
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-+_");
    word = word.substr(0, end);
    if (word.size() > 2 && word.front() >= '0' && word.front() <= '9' &&
        word.find('.') != std::string::npos) {
      return word;
    }
  }
  return Error(Code::invalid_argument, "it prints no version");
}

Result<> validate(const VmmSource& source) {
  const auto* const found = std::find_if(std::begin(known), std::end(known),
                                         [&](const Known& one) { return source.name == one.name; });
  if (found == std::end(known)) {
    return Error(Code::invalid_argument, fmt::format("no hypervisor '{}'", source.name))
        .with_hint("known are: firecracker, jailer, cloud-hypervisor, virtiofsd, qemu");
  }
  if (source.file.empty() == source.url.empty()) {
    const std::string package = found->package == nullptr
                                    ? std::string()
                                    : fmt::format("apt-get install {}, or ", found->package);
    return Error(Code::invalid_argument, "a hypervisor comes from one file or one URL")
        .with_hint(fmt::format("{}--file PATH or --url URL, with --sha256", package));
  }
  if (source.sha256.size() != 64 ||
      source.sha256.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return Error(Code::invalid_argument, "a SHA-256 is needed: 64 lower-case hexadecimal digits")
        .with_hint("take it from whom you trust, not from beside the file: --sha256 DIGEST");
  }
  if (!source.url.empty()) TRY(http::parse_url(source.url));
  return {};
}

Result<std::vector<InstalledVmm>> list_vmms(const VmmPaths& paths) {
  std::vector<InstalledVmm> all;
  for (const std::string& name : TRY(sys::list_directory(paths.store))) {
    const std::string folder = paths.store + "/" + name;
    for (const std::string& version : TRY(sys::list_directory(folder))) {
      if (is_hidden(version)) continue;
      const auto seal = sys::read_file(fmt::format("{}/{}/{}", folder, version, seal_name));
      if (!seal) continue;
      InstalledVmm one;
      one.name = name;
      one.version = version;
      one.path = fmt::format("{}/{}/{}", folder, version, name);
      std::istringstream digests(*seal);
      std::string binary;
      digests >> one.source_sha256 >> binary;
      one.intact = hash_file(one.path).value_or("") == binary;
      one.linked = link_target(paths.bin + "/" + name) == one.path;
      all.push_back(std::move(one));
    }
  }
  return all;
}

VmmStep::VmmStep(VmmSource source, VmmPaths paths)
    : source_(std::move(source)), paths_(std::move(paths)) {}

Result<Finding> VmmStep::check() {
  TRY(validate(source_));
  const std::string target = link_target(link());
  struct stat status = {};
  const bool there = ::lstat(link().c_str(), &status) == 0;
  if (there && !target.starts_with(folder() + "/")) {
    return Error(Code::already_exists, fmt::format("{} is not from here", link()))
        .with_hint("move it away, or use it as it is");
  }
  Finding finding;
  finding.items.push_back({State::missing, source_.name, "sha256 " + source_.sha256});
  for (const InstalledVmm& one : TRY(list_vmms(paths_))) {
    if (one.name != source_.name || one.source_sha256 != source_.sha256) continue;
    Item& item = finding.items.front();
    item = {State::in_place, one.path, one.version};
    if (!one.intact) item = {State::differs, one.path, "was changed since it was verified"};
    if (one.intact && !one.linked) item = {State::differs, link(), "leads to another version"};
  }
  return finding;
}

Result<> VmmStep::fetch(const std::string& path) const {
  if (!source_.file.empty()) {
    const UniqueFd from = TRY(sys::open(source_.file, O_RDONLY));
    const UniqueFd to = TRY(sys::open(path, O_WRONLY | O_CREAT | O_EXCL, 0600));
    std::string buffer(256 * 1024, '\0');
    ssize_t length = 0;
    while ((length = ::read(from.get(), buffer.data(), buffer.size())) > 0) {
      TRY(sys::write_all(to.get(), {buffer.data(), static_cast<std::size_t>(length)}));
    }
    if (length < 0) return sys::last_error(fmt::format("reading {}", source_.file));
  } else {
    TRY(download(source_.url, path));
  }
  // A copy of our own is what was verified: the source may change under our hands.
  const std::string digest = TRY(hash_file(path));
  if (digest == source_.sha256) return {};
  return Error(Code::data_loss, fmt::format("{} has the SHA-256 {}, not {}",
                                            source_.file.empty() ? source_.url : source_.file,
                                            digest, source_.sha256))
      .with_hint("it was changed or cut on its way; nothing of it was executed");
}

/// From the verified file to the sealed folder of its version; the binary's path.
Result<std::string> VmmStep::install(const std::string& stage) const {
  const std::string source = stage + "/source";
  const std::string binary = stage + "/" + source_.name;
  TRY(fetch(source));
  TRY(take_binary(source, source_.name, binary));
  TRY(sys::remove_file(source));
  const std::string version = TRY(probe_version(binary).context("asking for its version"));
  if (!source_.version.empty() && source_.version != version) {
    return Error(Code::invalid_argument,
                 fmt::format("it says it is {}, not {}", version, source_.version));
  }
  TRY(sys::write_file_atomic(fmt::format("{}/{}", stage, seal_name),
                             fmt::format("{}\n{}\n", source_.sha256, TRY(hash_file(binary))),
                             0644));
  const std::string home = fmt::format("{}/{}", folder(), version);
  // Another build of the same version, or one that was changed: it makes way.
  const std::string old = fmt::format("{}/.old-{}", folder(), sys::random_hex(4));
  const bool replaces = ::rename(home.c_str(), old.c_str()) == 0;
  if (::rename(stage.c_str(), home.c_str()) != 0) {
    return sys::last_error(fmt::format("installing {}", home));
  }
  if (replaces) TRY(sys::remove_tree(old));
  return fmt::format("{}/{}", home, source_.name);
}

Result<> VmmStep::lead_to(const std::string& binary) const {
  if (link_target(link()) == binary) return {};
  const std::string fresh = fmt::format("{}/.{}-{}", paths_.bin, source_.name, sys::random_hex(4));
  TRY(sys::make_directories(paths_.bin));
  if (::symlink(binary.c_str(), fresh.c_str()) != 0) {
    return sys::last_error(fmt::format("making the link {}", fresh));
  }
  if (::rename(fresh.c_str(), link().c_str()) == 0) return {};
  Error error = sys::last_error(fmt::format("making the link {}", link()));
  (void)sys::remove_file(fresh);
  return error;
}

Result<> VmmStep::apply(Journal& journal) {
  for (const InstalledVmm& one : TRY(list_vmms(paths_))) {
    if (one.name == source_.name && one.source_sha256 == source_.sha256 && one.intact) {
      return lead_to(one.path);
    }
  }
  TRY(journal.intend("vmm", folder(), data::Value::object({{"link", link()}})));
  // What killed runs left half done goes first.
  for (const std::string& name : TRY(sys::list_directory(folder()))) {
    if (is_hidden(name)) TRY(sys::remove_tree(folder() + "/" + name));
  }
  const std::string stage = fmt::format("{}/.new-{}", folder(), sys::random_hex(4));
  TRY(sys::make_directories(stage));
  const Rollback undo([&] { (void)sys::remove_tree(stage); });
  const auto binary = install(stage);
  if (!binary) return Error(binary.error()).context(fmt::format("installing {}", source_.name));
  return lead_to(*binary);
}

Result<Undone> VmmStep::undo(const Change& change, Data /*data*/) {
  const std::string link = change.details.string_or("link");
  if (link_target(link).starts_with(change.target + "/")) TRY(sys::remove_file(link));
  TRY(sys::remove_tree(change.target));
  // The folders above, when they are empty: what others put there is theirs.
  std::filesystem::path above = std::filesystem::path(change.target).parent_path();
  for (int i = 0; i < 2 && ::rmdir(above.c_str()) == 0; ++i) above = above.parent_path();
  return Undone::done;
}

}  // namespace flintctl::provision
