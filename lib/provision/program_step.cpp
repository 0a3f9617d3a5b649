// SPDX-License-Identifier: Apache-2.0
#include "provision/program_step.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <utility>

#include "core/rollback.hpp"
#include "core/text.hpp"
#include "provision/host_file.hpp"
#include "provision/program_archive.hpp"
#include "provision/program_version.hpp"
#include "sys/error.hpp"
#include "sys/fact_cache.hpp"
#include "sys/file.hpp"
#include "sys/host.hpp"
#include "sys/process.hpp"

namespace flintctl::provision {
namespace {

constexpr auto version_timeout = std::chrono::seconds(20);
/// Digests of the source and of each program, written last: a folder without it is half installed.
constexpr auto seal_name = "sha256";
/// A program that the release did not have.
constexpr auto absent = "-";

std::string link_target(const std::string& path) {
  std::error_code failed;
  const auto target = std::filesystem::read_symlink(path, failed);
  return failed ? std::string() : target.string();
}

std::string parent_of(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

bool is_hidden(const std::string& name) { return name.starts_with('.'); }

std::string join(const std::string& folder, const std::string& name) {
  return fmt::format("{}/{}", folder, name);
}

/// A link that a killed run did not put in place yet.
std::string unfinished_link(const std::string& link) {
  return fmt::format("{}/.{}.flintctl-new", parent_of(link),
                     std::filesystem::path(link).filename().string());
}

std::string digest_of(const std::string& path) {
  if (!sys::exists(path)) return absent;
  return hash_file(path).value_or("unreadable");
}

/// The same, remembered as long as it is the same file.
std::string known_digest_of(const std::string& path, const sys::FactCache& facts) {
  const std::string identity = sys::program_identity(path);
  const std::string fact = identity.empty() ? "" : fmt::format("sha256 of {} {}", path, identity);
  if (auto known = facts.find(fact)) return *std::move(known);
  std::string digest = digest_of(path);
  facts.keep(fact, digest);
  return digest;
}

/// As it was installed: whoever else could write it would run as root.
bool has_own_mode(const std::string& path) {
  struct stat status = {};
  return ::stat(path.c_str(), &status) == 0 && (status.st_mode & 07777U) == 0755 &&
         (status.st_uid == 0 || status.st_uid == ::geteuid());
}

/// Asks the verified binary; it has a short time, no input and no environment to speak of.
Result<std::string> probe_version(const std::string& binary, const std::string& says) {
  const auto output = TRY(sys::run({binary, "--version"}, {}, version_timeout));
  if (!output.status.ok()) {
    return Error(Code::invalid_argument,
                 fmt::format("it ends with {} when asked for its version", output.status.text()));
  }
  const std::string& answer = output.out.empty() ? output.err : output.out;
  if (answer.find(says) == std::string::npos) {
    return Error(Code::invalid_argument,
                 fmt::format("it does not say that it is {}, but '{}'", says,
                             printable(answer.substr(0, answer.find('\n')))))
        .with_hint("it is another program: give the file of the right one");
  }
  return parse_program_version(answer);
}

InstalledProgram read_version(const ProgramStore& store, const std::string& version,
                              const std::string& seal) {
  const std::string home = join(store.folder, version);
  InstalledProgram one;
  one.version = version;
  one.path = join(home, store.programs.front());
  one.linked = one.intact = true;
  std::istringstream digests(seal);
  digests >> one.source_sha256;
  const sys::FactCache facts(store.facts);
  for (const std::string& program : store.programs) {
    std::string digest = absent;
    digests >> digest;
    const std::string path = join(home, program);
    one.intact = one.intact && known_digest_of(path, facts) == digest &&
                 (digest == absent || has_own_mode(path));
    one.linked = one.linked &&
                 link_target(join(store.bin, program)) == (digest == absent ? std::string() : path);
  }
  return one;
}

Result<> make_link(const std::string& link, const std::string& target) {
  if (link_target(link) == target) return {};
  const std::string fresh = unfinished_link(link);
  TRY(sys::remove_file(fresh));
  if (::symlink(target.c_str(), fresh.c_str()) != 0) {
    return sys::last_error(fmt::format("making the link {}", fresh));
  }
  if (::rename(fresh.c_str(), link.c_str()) == 0) return {};
  Error error = sys::last_error(fmt::format("making the link {}", link));
  (void)sys::remove_file(fresh);
  return error;
}

/// Removes empty folders upwards, as far as this step made them.
void remove_empty(std::string folder, const Journal& journal) {
  while (::rmdir(folder.c_str()) == 0 && journal.find("folder", parent_of(folder)) != nullptr) {
    folder = parent_of(folder);
  }
}

/// Whose links they are is told by where they lead.
Result<> remove_links(const std::string& folder, const data::Value& links) {
  for (const data::Value& link : links.elements()) {
    const std::string* path = link.as_string();
    if (path == nullptr) continue;
    TRY(sys::remove_file(unfinished_link(*path)));
    if (link_target(*path).starts_with(folder + "/")) TRY(sys::remove_file(*path));
  }
  return {};
}

}  // namespace

Result<std::vector<InstalledProgram>> list_programs(const ProgramStore& store) {
  std::vector<InstalledProgram> all;
  for (const std::string& version : TRY(sys::list_directory(store.folder))) {
    if (is_hidden(version)) continue;
    const auto seal = sys::read_file(fmt::format("{}/{}/{}", store.folder, version, seal_name));
    if (seal) all.push_back(read_version(store, version, *seal));
  }
  return all;
}

ProgramStep::ProgramStep(std::string name, ProgramSource source, ProgramStore store)
    : name_(std::move(name)), source_(std::move(source)), store_(std::move(store)) {}

Result<Finding> ProgramStep::check() {
  for (const std::string& program : store_.programs) {
    const std::string link = join(store_.bin, program);
    struct stat status = {};
    const bool there = ::lstat(link.c_str(), &status) == 0;
    if (there && !link_target(link).starts_with(store_.folder + "/")) {
      return Error(Code::already_exists, fmt::format("{} is not from here", link))
          .with_hint("move it away, or use it as it is");
    }
  }
  Finding finding;
  finding.items.push_back({State::missing, source_.name, "sha256 " + source_.sha256});
  bool installed = false;
  for (const InstalledProgram& one : TRY(list_programs(store_))) {
    if (one.source_sha256 != source_.sha256) continue;
    installed = installed || one.intact;
    Item& item = finding.items.front();
    item = {State::in_place, one.path, one.version};
    if (!one.intact)
      item = {State::differs, one.path, "is not as it was verified: contents, mode or owner"};
    if (one.intact && !one.linked) {
      item = {State::differs, join(store_.bin, store_.programs.front()),
              "leads to another version"};
    }
  }
  if (installed || source_.file.empty()) return finding;
  if (const auto verified = verify_digest(source_, source_.file); !verified) {
    finding.items.front().detail = verified.error().text();
    finding.obstacle = verified.error();
  }
  return finding;
}

/// From the verified file to the sealed folder of its version, which is returned.
Result<std::string> ProgramStep::install(const std::string& stage) const {
  const std::string source = stage + "/source";
  TRY(fetch_verified(source_, source));
  TRY(take_programs(source, store_.programs, stage));
  TRY(sys::remove_file(source));
  std::string version = TRY(probe_version(join(stage, store_.programs.front()), store_.says)
                                .context("asking for its version"));
  if (!source_.version.empty() && source_.version != version) {
    return Error(Code::invalid_argument,
                 fmt::format("it says it is {}, not {}", version, source_.version));
  }
  std::string seal = source_.sha256 + "\n";
  for (const std::string& program : store_.programs) {
    seal += digest_of(join(stage, program)) + "\n";
  }
  TRY(sys::write_file_atomic(join(stage, seal_name), seal, 0644));
  const std::string home = join(store_.folder, version);
  // Another build of the same version, or one that was changed: it makes way.
  const std::string old = fmt::format("{}/.old-{}", store_.folder, sys::random_hex(4));
  const bool replaces = ::rename(home.c_str(), old.c_str()) == 0;
  if (::rename(stage.c_str(), home.c_str()) != 0) {
    Error error = sys::last_error(fmt::format("installing {}", home));
    if (replaces) (void)::rename(old.c_str(), home.c_str());
    return error;
  }
  if (replaces) TRY(sys::remove_tree(old));
  return version;
}

Result<> ProgramStep::lead_to(const InstalledProgram& version) const {
  TRY(sys::make_directories(store_.bin));
  for (const std::string& program : store_.programs) {
    const std::string path = join(parent_of(version.path), program);
    const std::string link = join(store_.bin, program);
    if (sys::exists(path)) {
      TRY(make_link(link, path));
    } else {
      TRY(sys::remove_file(link));
    }
  }
  return {};
}

Result<> ProgramStep::apply(Journal& journal) {
  TRY(intend_folders(parent_of(store_.folder), journal));
  TRY(intend_folders(store_.bin, journal));
  data::Array links;
  for (const std::string& program : store_.programs) links.emplace_back(join(store_.bin, program));
  TRY(journal.intend(name_, store_.folder, data::Value::object({{"links", std::move(links)}})));
  for (const InstalledProgram& one : TRY(list_programs(store_))) {
    if (one.source_sha256 == source_.sha256 && one.intact) return lead_to(one);
  }
  // What killed runs left half done goes first.
  for (const std::string& name : TRY(sys::list_directory(store_.folder))) {
    if (is_hidden(name)) TRY(sys::remove_tree(join(store_.folder, name)));
  }
  const std::string stage = fmt::format("{}/.new-{}", store_.folder, sys::random_hex(4));
  const Rollback undo([&] {
    (void)sys::remove_tree(stage);
    remove_empty(store_.folder, journal);
  });
  TRY(sys::make_directories(stage));
  const auto version = install(stage);
  if (!version) {
    return Error(version.error()).context(fmt::format("installing {}", source_.name));
  }
  InstalledProgram one;
  one.path = fmt::format("{}/{}/{}", store_.folder, *version, store_.programs.front());
  return lead_to(one);
}

Result<Undone> ProgramStep::undo(const Change& change, Data /*data*/, Notes& /*notes*/) {
  const data::Value* links = change.details.find("links");
  if (links != nullptr) TRY(remove_links(change.target, *links));
  TRY(sys::remove_tree(change.target));
  return Undone::done;
}

}  // namespace flintctl::provision
