// SPDX-License-Identifier: Apache-2.0
#include "apt/packages.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <string_view>

#include "sys/file.hpp"
#include "sys/process.hpp"

namespace flintctl::apt {
namespace {

/// A slow line, and half a distribution that comes along.
constexpr auto patience = std::chrono::hours(1);
constexpr auto lock_timeout = "DPkg::Lock::Timeout=120";

/// What the person set for fetching packages, and nothing that has somebody asked a question.
std::vector<std::string> environment() {
  std::vector<std::string> entries = {
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
      "DEBIAN_FRONTEND=noninteractive",
      // Some hosts restart services after each installation; nobody asked for that here.
      "NEEDRESTART_SUSPEND=1"};
  const std::set<std::string> kept = {"APT_CONFIG", "http_proxy", "https_proxy", "ftp_proxy",
                                      "no_proxy",   "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"};
  for (std::string& entry : sys::own_environment()) {
    if (kept.count(entry.substr(0, entry.find('='))) != 0) entries.push_back(std::move(entry));
  }
  return entries;
}

Result<std::string> find(const std::string& program) {
  auto path = sys::find_program(program);
  if (path) return path;
  return std::move(path)
      .error()
      .with_code(Code::host_not_ready)
      .with_hint("this host has no apt-get: use its own package manager");
}

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text) {
  Lines lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(std::move(line));
  return lines;
}

std::string without_indent(const std::string& line) {
  const auto begin = line.find_first_not_of(" \t");
  return begin == std::string::npos ? std::string() : line.substr(begin);
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// What kind of failure apt-get's words are.
Code code_of(std::string_view said) {
  if (has(said, "Unable to locate package") || has(said, "has no installation candidate")) {
    return Code::not_found;
  }
  if (has(said, "Failed to fetch") || has(said, "Unable to fetch some archives")) {
    return Code::unavailable;
  }
  if (has(said, "dpkg was interrupted")) return Code::aborted;
  if (has(said, "Unable to acquire the dpkg frontend lock") || has(said, "Could not get lock")) {
    return Code::deadline_exceeded;
  }
  return Code::unknown;
}

sys::RunOptions run_options() {
  sys::RunOptions options;
  options.environment = environment();
  options.timeout = patience;
  return options;
}

/// For what is not to be broken off.
Result<sys::Output> run_whole(const std::vector<std::string>& argv) {
  return sys::run_to_end(argv, run_options());
}

/// For what changes nothing that matters.
Result<sys::Output> ask(const std::vector<std::string>& argv) {
  return sys::run(argv, {}, run_options());
}

Result<> judge(const sys::Output& output, const std::string& what) {
  if (output.status.ok()) return {};
  const std::string said = reason(output.out + "\n" + output.err);
  return Error(code_of(output.err),
               fmt::format("{}: {}", what, said.empty() ? output.status.text() : said));
}

/// "Inst NAME (VERSION …)" brings a package anew; with "[VERSION]" before that it replaces one.
std::vector<std::string> new_packages(const std::string& simulated) {
  std::vector<std::string> installed;
  std::vector<std::string> configured;
  for (const std::string& line : lines_of(simulated)) {
    std::istringstream words(line);
    std::string verb;
    std::string name;
    std::string version;
    if (!(words >> verb >> name >> version) || !version.starts_with('(')) continue;
    if (verb == "Inst") installed.push_back(name);
    // In this order each comes after what it needs.
    if (verb == "Conf") configured.push_back(name);
  }
  std::vector<std::string> ordered;
  for (const std::string& name : configured) {
    if (std::find(installed.begin(), installed.end(), name) != installed.end()) {
      ordered.push_back(name);
    }
  }
  for (const std::string& name : installed) {
    if (std::find(ordered.begin(), ordered.end(), name) == ordered.end()) ordered.push_back(name);
  }
  return ordered;
}

/// Who depends on a package that dpkg does not remove for their sake: "b depends on a".
std::string dependants(const std::string& said) {
  std::string who;
  bool begun = false;
  for (const std::string& line : lines_of(said)) {
    if (has(line, "dependency problems prevent removal")) {
      begun = true;
    } else if (begun) {
      std::string one = without_indent(line);
      if (one.empty() || !line.starts_with(' ')) break;
      if (one.ends_with('.')) one.pop_back();
      who += (who.empty() ? "" : ", ") + one;
    }
  }
  return who;
}

}  // namespace

std::string reason(const std::string& output) {
  const Lines lines = lines_of(output);
  // That somebody holds the lock says more than that it could not be taken; why a file is not to be
  // had says more than that some are not.
  constexpr std::string_view lock = "Could not get lock ";
  std::string last;
  std::string apt;
  std::string dpkg;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string& line = lines[i];
    if (!without_indent(line).empty()) last = without_indent(line);
    const bool told = has(apt, lock) || has(apt, "Failed to fetch");
    if (line.starts_with("E: ") && !told) apt = line.substr(3);
    if (has(line, lock) && has(line, "held by process")) apt = line.substr(line.find(lock));
    if (!line.starts_with("dpkg: error")) continue;
    dpkg = line.substr(std::string_view("dpkg: ").size());
    // What follows with an indent is why.
    if (i + 1 < lines.size() && lines[i + 1].starts_with(' ')) {
      dpkg += " " + without_indent(lines[i + 1]);
    }
  }
  if (!dpkg.empty()) return dpkg;
  return apt.empty() ? last : apt;
}

bool Packages::available() const {
  return sys::find_program(programs_.apt_get) && sys::find_program(programs_.dpkg) &&
         sys::find_program(programs_.dpkg_query);
}

bool Packages::unfinished() const {
  const auto names = sys::list_directory(programs_.folder + "/updates");
  return names && std::any_of(names->begin(), names->end(), [](const std::string& name) {
           return !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
         });
}

std::string Packages::holder() const {
  const auto file = sys::open(programs_.folder + "/lock-frontend", O_RDONLY);
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (!file || ::fcntl(file->get(), F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return {};
  return lock.l_pid > 0 ? sys::process_text(lock.l_pid) : std::string("another process");
}

Result<std::vector<std::string>> Packages::install_command(const std::vector<std::string>& names,
                                                           Broken broken) const {
  std::vector<std::string> argv = {TRY(find(programs_.apt_get)),
                                   "-q",
                                   "-y",
                                   "--no-install-recommends",
                                   "--no-remove",
                                   "-o",
                                   lock_timeout,
                                   "-o",
                                   "Dpkg::Use-Pty=0",
                                   "-o",
                                   "Dpkg::Options::=--force-confdef",
                                   "-o",
                                   "Dpkg::Options::=--force-confold"};
  if (broken == Broken::mend) argv.emplace_back("--fix-broken");
  argv.emplace_back("install");
  argv.emplace_back("--");
  argv.insert(argv.end(), names.begin(), names.end());
  return argv;
}

Result<std::vector<std::string>> Packages::plan(const std::vector<std::string>& names,
                                                Broken broken) const {
  std::vector<std::string> argv = TRY(install_command(names, broken));
  argv.insert(argv.begin() + 1, "--simulate");
  const sys::Output output = TRY(ask(argv));
  TRY(judge(output, "apt-get"));
  return new_packages(output.out);
}

Result<> Packages::fetch(const std::vector<std::string>& names, Broken broken) const {
  std::vector<std::string> argv = TRY(install_command(names, broken));
  argv.insert(argv.begin() + 1, "--download-only");
  return judge(TRY(ask(argv)), "apt-get");
}

Result<> Packages::install(const std::vector<std::string>& names, Broken broken) const {
  return judge(TRY(run_whole(TRY(install_command(names, broken)))), "apt-get");
}

Result<> Packages::update() const {
  return judge(TRY(ask({TRY(find(programs_.apt_get)), "-q", "update"})), "apt-get update");
}

Result<> Packages::configure() const {
  return judge(TRY(run_whole({TRY(find(programs_.dpkg)), "--force-confdef", "--force-confold",
                              "--configure", "--pending"})),
               "dpkg --configure --pending");
}

Result<> Packages::settle() const {
  auto checked = judge(TRY(ask({TRY(find(programs_.apt_get)), "-q", "-o", lock_timeout, "check"})),
                       "apt-get check");
  // What else it finds amiss is not asked.
  if (!checked && checked.error().code() == Code::deadline_exceeded) return checked;
  return {};
}

Result<> Packages::remove(const std::string& name) const {
  const sys::Output output = TRY(run_whole({TRY(find(programs_.dpkg)), "--remove", "--", name}));
  if (output.status.ok()) return {};
  const std::string who = dependants(output.err);
  if (!who.empty()) return Error(Code::aborted, who);
  const std::string said = reason(output.out + "\n" + output.err);
  return Error(Code::unknown,
               fmt::format("dpkg --remove: {}", said.empty() ? output.status.text() : said));
}

Result<Packages::State> Packages::state(const std::string& name) const {
  const sys::Output output = TRY(ask({TRY(find(programs_.dpkg_query)), "--show", "--showformat",
                                      R"(${db:Status-Status}\n)", "--", name}));
  // A name that the database does not have is no error of dpkg-query's. Several: architectures.
  if (output.status.code != 1 || output.status.signal != 0) TRY(judge(output, "dpkg-query"));
  State found = State::absent;
  for (const std::string& word : output.status.ok() ? lines_of(output.out) : Lines()) {
    if (word == "not-installed" || word == "config-files") continue;
    const bool whole = word == "installed" || word.starts_with("triggers-");
    if (!whole) return State::halfway;
    found = State::installed;
  }
  return found;
}

Result<std::string> Packages::owner(const std::string& path) const {
  const sys::Output output = TRY(ask({TRY(find(programs_.dpkg_query)), "--search", "--", path}));
  for (const std::string& line : lines_of(output.out)) {
    const auto end = line.find(": ");
    if (end == std::string::npos || line.compare(end + 2, std::string::npos, path) != 0) continue;
    std::string name = line.substr(0, line.find_first_of(":,"));
    if (name.find(' ') == std::string::npos) return name;  // else: "diversion by … from: …"
  }
  return std::string();
}

}  // namespace flintctl::apt
