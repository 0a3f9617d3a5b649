// SPDX-License-Identifier: Apache-2.0
#include "provision/containerd_daemon.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/rollback.hpp"
#include "devmapper/driver.hpp"
#include "provision/containerd_launch.hpp"
#include "provision/containerd_log.hpp"
#include "provision/containerd_pool.hpp"
#include "provision/containerd_process.hpp"
#include "provision/containerd_ready.hpp"
#include "provision/containerd_version.hpp"
#include "provision/system_config.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/host.hpp"
#include "sys/lock.hpp"

namespace flintctl::provision {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t log_limit = std::size_t{1} << 20U;  // bytes of one start that are looked at
constexpr const char* starting = "starting containerd";
constexpr const char* restart_hint =
    "restart it: flintctl containerd stop, then flintctl containerd start";

std::string process_name(pid_t pid) {
  return pid > 0 ? fmt::format("process {}", pid) : std::string("another process");
}

/// Opens the log for appending, made if need be; its length before this start.
Result<std::size_t> prepare_log(const std::string& path) {
  const auto hinted = [](Error error) {
    return std::move(error).with_hint("choose another place with --log-file");
  };
  struct stat status = {};
  if (::stat(path.c_str(), &status) == 0 && S_ISFIFO(status.st_mode)) {
    return hinted(Error(Code::invalid_argument,
                        fmt::format("the log {} is a named pipe, which may have no reader", path)));
  }
  auto made = sys::make_directories(std::filesystem::path(path).parent_path().string());
  if (!made) return hinted(std::move(made).error());
  const auto file = sys::open(path, O_WRONLY | O_APPEND | O_CREAT, 0640);
  if (!file) return hinted(Error(file.error()));
  if (::fstat(file->get(), &status) != 0) return sys::last_error(fmt::format("reading {}", path));
  return static_cast<std::size_t>(status.st_size);
}

/// What was appended to the log since it had `offset` bytes.
std::string log_since(const std::string& path, std::size_t offset) {
  std::error_code failed;
  const auto size = std::filesystem::file_size(path, failed);
  if (failed || size <= offset) return {};
  return sys::read_tail(path, std::min<std::size_t>(size - offset, log_limit)).value_or({});
}

/// The pool as the kernel has it. A missing /dev/mapper node is made: dmsetup without udevd would
/// not find the pool otherwise.
Result<> check_pool(const ContainerdFacts& facts) {
  const auto driver = TRY(devmapper::open());
  TRY(require_active_pool(facts.pool, *driver));
  if (facts.assumes_zeroed_blocks && read_pool_zeroing(*driver, facts.pool) == Zeroing::skips) {
    return Error(Code::host_not_ready,
                 fmt::format("the configuration tells mkfs that new blocks are zero, but the pool "
                             "'{}' has skip_block_zeroing: its file systems would be corrupt",
                             facts.pool))
        .with_hint("write a configuration for this pool: flintctl containerd config --write");
  }
  return driver->ensure_node(facts.pool);
}

/// Why the start failed, in containerd's own words where it left some.
class Diagnosis {
 public:
  Diagnosis(const ContainerdStart& options, const ContainerdFacts& facts, std::size_t log_offset)
      : options_(options), facts_(facts), log_offset_(log_offset) {}

  Error explain(Error error) const {
    if (error.code() == Code::cancelled) return error;
    const std::string log = log_since(options_.log_file, log_offset_);
    if (log.empty() && error.code() != Code::aborted && error.code() != Code::deadline_exceeded) {
      return std::move(error).context(starting);
    }
    const LogFinding finding = explain_log(log, options_.snapshotter);
    std::string text = error.text();
    std::string hint = finding.hint.empty() ? "read " + options_.log_file : finding.hint;
    if (waits_for_database(log)) {
      hint = fmt::format("does another containerd use {}?", facts_.root);
    } else if (const auto pool = pool_problem(error)) {
      text = pool->text();
      hint = pool->hint();
    }
    text += finding.line.empty()
                ? fmt::format("; its log is {}", options_.log_file)
                : fmt::format("; its log {} says: {}", options_.log_file, finding.line);
    const Code code = error.code() == Code::deadline_exceeded ? error.code() : Code::host_not_ready;
    return Error(code, std::move(text)).context(starting).with_hint(std::move(hint));
  }

 private:
  /// The kernel's word on the pool, when that can be why the devmapper snapshotter is not ok.
  std::optional<Error> pool_problem(const Error& error) const {
    if (options_.snapshotter != "devmapper" || error.code() != Code::host_not_ready) return {};
    auto pool = check_pool(facts_);
    if (pool) return {};
    return std::move(pool).error();
  }

  const ContainerdStart& options_;
  const ContainerdFacts& facts_;
  std::size_t log_offset_;
};

std::vector<std::string> arguments(const ContainerdStart& options, const std::string& binary) {
  std::vector<std::string> argv = {binary, "--config", options.config_path};
  if (options.log_level) {
    argv.emplace_back("--log-level");
    argv.emplace_back(*options.log_level == LogLevel::trace ? "trace" : "info");
  }
  return argv;
}

/// The one of ours that runs already, once it answers.
Result<ContainerdRun> join(const OwnContainerd& own, const ContainerdStart& options,
                           const ContainerdFacts& facts, Clock::time_point deadline) {
  const auto answer = TRY(wait_for_answer(own.process, facts.address, deadline));
  auto ok = require_snapshotter(answer, options.snapshotter);
  if (!ok) {
    return std::move(ok)
        .error()
        .context("containerd runs already")
        .with_hint(fmt::format("{} (log: {})", restart_hint, own.log_file));
  }
  if (options.snapshotter == "devmapper") TRY(check_pool(facts).context("containerd runs already"));
  return ContainerdRun{false,         own.process.pid(), answer.version,
                       facts.address, own.config_path,   own.log_file};
}

Result<ContainerdRun> launch(const ContainerdStart& options, const ContainerdFacts& facts,
                             const ContainerdNames& names, Clock::time_point deadline) {
  const ContainerdBinary binary = TRY(find_containerd(options.binary));
  if (options.snapshotter == "devmapper") {
    TRY(require_devmapper_programs());
    // A missing pool is containerd's to report, in its own words; a wrong one must not be used.
    auto pool = check_pool(facts);
    if (!pool && facts.assumes_zeroed_blocks) return std::move(pool).error().context(starting);
  }
  TRY(sys::make_directories(facts.root, 0700));
  TRY(sys::make_directories(facts.state, 0711));
  TRY(sys::make_directories(std::filesystem::path(facts.address).parent_path().string(), 0711));
  const std::size_t log_offset = TRY(prepare_log(options.log_file));
  const Diagnosis diagnosis(options, facts, log_offset);

  Rollback undo([&names] { end_launched(names); });
  auto launched =
      launch_containerd(names, arguments(options, binary.path), facts.address, options.log_file);
  // systemd fails the start of a program that ended before it looked: the log tells why.
  if (!launched) return diagnosis.explain(std::move(launched).error());
  const std::optional<sys::Process>& process = *launched;
  if (!process) return diagnosis.explain(Error(Code::aborted, "containerd ended at once"));
  auto answer = wait_for_answer(*process, facts.address, deadline);
  if (!answer) return diagnosis.explain(std::move(answer).error());
  auto ok = require_snapshotter(*answer, options.snapshotter);
  if (!ok) return diagnosis.explain(std::move(ok).error());
  undo.commit();
  return ContainerdRun{true,          process->pid(),      answer->version,
                       facts.address, options.config_path, options.log_file};
}

}  // namespace

Result<> refuse_containerd_clashes(const ContainerdFacts& facts) {
  if (const auto listener = TRY(listener_of(facts.address))) {
    return Error(Code::already_exists,
                 fmt::format("{} serves {} already, and flintctl did not start it",
                             process_name(*listener), facts.address))
        .with_hint(
            "end it, or give the private containerd another address: "
            "flintctl containerd config --write --containerd-address PATH");
  }
  if (configured_for_pool(system_containerd_config, facts.pool)) {
    return Error(Code::already_exists,
                 fmt::format("{} has the pool '{}' for the host's own containerd: two on one pool "
                             "would destroy each other's volumes",
                             system_containerd_config, facts.pool))
        .with_hint("use that containerd, or give the private one another pool: --pool NAME");
  }
  if (const auto holder = TRY(database_holder(facts.root))) {
    return Error(Code::already_exists,
                 fmt::format("{} uses the containerd root {}", process_name(*holder), facts.root))
        .with_hint(
            "end that containerd, or choose another root: "
            "flintctl containerd config --write --root PATH");
  }
  return {};
}

Result<ContainerdRun> start_containerd(const ContainerdStart& options) {
  TRY(sys::require_root("starting containerd"));
  const auto deadline = Clock::now() + options.timeout;
  const ContainerdFacts facts = TRY(read_containerd_facts(options.config_path));
  const ContainerdNames names = containerd_names(facts.address);
  const auto lock =
      TRY(sys::FileLock::acquire(sys::lock_path(options.run_directory, names.id), options.timeout));
  if (const auto own = TRY(find_own_containerd(facts.address))) {
    return join(*own, options, facts, deadline);
  }
  TRY(refuse_containerd_clashes(facts));
  return launch(options, facts, names, deadline);
}

}  // namespace flintctl::provision
