// SPDX-License-Identifier: Apache-2.0
#include "thinpool/metadata.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <sstream>
#include <vector>

#include "core/rollback.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/lock.hpp"
#include "sys/process.hpp"
#include "thinpool/backing.hpp"

namespace flintctl::thinpool {
namespace {

constexpr auto tool_timeout = std::chrono::minutes(30);  // terabytes of mappings take minutes

Result<std::string> find_tool(const std::string& program) {
  auto path = sys::find_program(program);
  if (path) return path;
  return std::move(path)
      .error()
      .with_code(Code::host_not_ready)
      .with_hint("install it: apt-get install thin-provisioning-tools");
}

/// The tools indent each cause below what it breaks: "superblock is corrupt", and below that "bad
/// checksum in superblock, wanted 1". The last of the deepest lines: what is found stands last.
std::string deepest_line(const sys::Output& output) {
  std::istringstream text(output.err.empty() ? output.out : output.err);
  std::string deepest;
  std::size_t depth = 0;
  for (std::string line; std::getline(text, line);) {
    const auto begin = line.find_first_not_of(' ');
    if (begin == std::string::npos || begin < depth) continue;
    depth = begin;
    deepest = line.substr(begin);
  }
  return deepest;
}

/// Runs a tool; what it says when it fails.
Result<> run_tool(const std::vector<std::string>& argv, const std::string& file) {
  const sys::Output output = TRY(sys::run(argv, {}, tool_timeout));
  if (output.status.ok()) return {};
  const std::string said = deepest_line(output);
  return Error(Code::data_loss,
               fmt::format("{} is damaged: {}", file, said.empty() ? output.status.text() : said));
}

/// A file beside `path` as long as it, with all its blocks.
Result<std::string> make_twin(const std::string& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) return sys::last_error("reading " + path);
  const std::string twin = path + ".repaired";
  TRY(sys::remove_file(twin));
  const UniqueFd file = TRY(sys::open(twin, O_RDWR | O_CREAT | O_EXCL, 0600));
  if (::ftruncate(file.get(), status.st_size) != 0) return sys::last_error("making " + twin);
  return twin;
}

Result<std::string> keep_old(const std::string& path) {
  std::string kept = fmt::format("{}.damaged-{}", path, std::time(nullptr));
  for (int number = 1; ::link(path.c_str(), kept.c_str()) != 0; ++number) {
    if (errno != EEXIST) return sys::last_error("keeping the old metadata as " + kept);
    kept = fmt::format("{}.damaged-{}-{}", path, std::time(nullptr), number);
  }
  return kept;
}

Result<Repaired> repair_locked(const Spec& spec, devmapper::Driver& driver) {
  if (driver.info(spec.name)) {
    return Error(Code::aborted, "the pool is active: its metadata changes while it is")
        .with_hint(
            "stop its VMs and containerd, then: flintctl provision reset -y (it keeps all "
            "data); after the repair: flintctl provision all");
  }
  const std::string& metadata = backing_files(spec.directory).metadata;
  if (!sys::exists(metadata)) {
    return Error(Code::not_found, metadata + " does not exist").with_hint("give --directory");
  }
  const auto sound = check_metadata(metadata, spec.thin_check);
  if (sound) return Repaired{};
  if (sound.error().code() != Code::data_loss) return Error(sound.error());
  const std::string tool = TRY(find_tool("thin_repair"));
  const std::string twin = TRY(make_twin(metadata));
  Rollback undo([&] { static_cast<void>(sys::remove_file(twin)); });
  TRY(run_tool({tool, "-i", metadata, "-o", twin}, metadata)
          .context("thin_repair cannot make sense of it"));
  TRY(check_metadata(twin, spec.thin_check).context("what thin_repair made is no better"));
  const std::string kept = TRY(keep_old(metadata));
  // Either name has whole metadata at every moment.
  if (std::rename(twin.c_str(), metadata.c_str()) != 0) {
    return sys::last_error("replacing " + metadata);
  }
  undo.commit();
  return Repaired{true, kept};
}

}  // namespace

Result<> check_metadata(const std::string& file, const std::string& program) {
  const std::string tool = TRY(find_tool(program));
  return run_tool({tool, "--clear-needs-check-flag", file}, file);
}

Result<Repaired> repair(const Spec& spec, devmapper::Driver& driver) {
  const sys::FileLock lock =
      TRY(sys::FileLock::acquire(sys::lock_path(spec.run_directory, "pool"), spec.lock_wait));
  return repair_locked(spec, driver).context(fmt::format("repairing thin pool '{}'", spec.name));
}

}  // namespace flintctl::thinpool
