// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace flintctl::sys {

/// What a child gets. Everything not named here is closed, reset or empty: descriptors, signal mask
/// and dispositions, environment.
struct SpawnOptions {
  std::vector<std::string> argv;         ///< argv[0] is the absolute path of the program
  std::vector<std::string> environment;  ///< "NAME=value"; nothing is inherited
  /// (descriptor here, number in the child). 0, 1 and 2 default to /dev/null.
  std::vector<std::pair<int, int>> descriptors;
  std::string working_directory = "/";
  bool new_session = false;  ///< setsid(2): no terminal, survives the shell's hang-up
  /// PR_SET_PDEATHSIG SIGKILL. The signal comes with the end of the *thread* that spawned.
  bool die_with_parent = false;
  int cgroup = -1;  ///< a cgroup2 folder's descriptor to start in (CLONE_INTO_CGROUP)
  /// When >= 0 the child reads one byte from here before exec: lets the parent move it to a cgroup
  /// or record it first. End of file instead of a byte ends the child.
  int gate = -1;
};

/// How a process ended. wait(2).
struct ExitStatus {
  int code = 0;    ///< exit code, when signal is 0
  int signal = 0;  ///< the signal that ended it, or 0
  [[nodiscard]] bool ok() const { return code == 0 && signal == 0; }
  /// "exit status 3" or "killed by signal 9".
  [[nodiscard]] std::string text() const;
};

/// A process known by pidfd. Owns the descriptor, not the process: it lives on when this ends.
class Process {
 public:
  /// Starts a child and returns once exec succeeded; a failed exec is returned as its error.
  static Result<Process> spawn(const SpawnOptions& options);
  /// Another's process by pid, if it is alive. pidfd_open(2).
  static Result<Process> open(pid_t pid);

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] int pidfd() const { return pidfd_.get(); }
  /// Readable pidfd: the process has ended.
  [[nodiscard]] bool ended() const;
  /// Waits for the end; deadline_exceeded after `timeout` (none: for ever). Only for own children
  /// does the status mean anything; for others it is zero.
  Result<ExitStatus> wait(std::optional<std::chrono::milliseconds> timeout = std::nullopt);
  Result<> signal(int number) const;

 private:
  Process(pid_t pid, UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  pid_t pid_;
  UniqueFd pidfd_;
};

/// "process 7 (apt-get install x)": a process with its command line as far as that can be read, for
/// a message. proc(5).
std::string process_text(pid_t pid);
/// Field 22 of /proc/PID/stat: with the pid it names one process for the life of a boot.
Result<std::uint64_t> start_time(pid_t pid);
/// The id of this boot. /proc/sys/kernel/random/boot_id.
Result<std::string> boot_id();

/// Output of a finished program.
struct Output {
  ExitStatus status;
  std::string out;
  std::string err;
};

struct RunOptions {
  std::vector<std::string> environment;  ///< "NAME=value"; empty: PATH and LC_ALL=C
  std::chrono::milliseconds timeout = std::chrono::minutes(5);
  std::size_t output_limit = 64U << 20U;  ///< bytes of each stream; beyond: resource_exhausted
  /// A session of its own: no terminal, and when the program is killed, what it started goes too.
  bool own_session = false;
};
/// Runs a program to its end with the given stdin text. deadline_exceeded when it takes longer than
/// the timeout: it is killed.
Result<Output> run(const std::vector<std::string>& argv, std::string_view input,
                   const RunOptions& options);
/// The same with a minimal environment and a session of its own.
Result<Output> run(const std::vector<std::string>& argv, std::string_view input = {},
                   std::chrono::milliseconds timeout = std::chrono::minutes(5));

/// Runs a program that must not be broken off, such as one that writes a disk's metadata: it is
/// never killed, has a session of its own, so that no key of the terminal reaches it, and goes on
/// when this process is killed. Its output goes to memory that it can write whoever reads, and that
/// daemons it starts may keep. deadline_exceeded after the timeout: it still runs.
Result<Output> run_to_end(const std::vector<std::string>& argv, const RunOptions& options);

/// "NAME=value" of this process's environment, for a child that is to run as the user's own.
std::vector<std::string> own_environment();

}  // namespace flintctl::sys
