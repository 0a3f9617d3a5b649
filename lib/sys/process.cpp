// SPDX-License-Identifier: Apache-2.0
#include "sys/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/sched.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "core/text.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/interrupt.hpp"

namespace flintctl::sys {
namespace {

using Clock = std::chrono::steady_clock;

/// Everything the child needs, laid out before the fork: between fork and exec only
/// async-signal-safe calls are allowed in a process with threads. signal-safety(7).
struct ChildPlan {
  std::vector<char*> argv;
  std::vector<char*> environment;
  std::vector<std::pair<int, int>> descriptors;
  const char* working_directory;
  bool new_session;
  bool die_with_parent;
  pid_t parent;
  int gate;
  int status_pipe;
  int parked;  ///< the first number above all that the program expects
};

[[noreturn]] void fail_child(const ChildPlan& plan) {
  const int number = errno;
  (void)!::write(plan.status_pipe, &number, sizeof number);
  ::_exit(127);
}

/// Descriptors are moved up here, or higher where the program expects more of them, while the
/// numbers that it expects are filled.
constexpr int lowest_parked = 200;

int parked_above(const std::vector<std::pair<int, int>>& descriptors) {
  int parked = lowest_parked;
  for (const auto& [from, to] : descriptors) parked = std::max(parked, to + 1);
  return parked;
}

/// Moves every passed descriptor out of the way of the numbers wanted, then to its number. Hundreds
/// of them are for a moment twice as many, which the usual limit of 1024 is too low for.
void place_descriptors(ChildPlan& plan) {
  rlimit before = {};
  if (::getrlimit(RLIMIT_NOFILE, &before) != 0) fail_child(plan);
  const rlimit most = {before.rlim_max, before.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &most) != 0) fail_child(plan);
  const auto park = [&](int fd) {
    const int moved = ::fcntl(fd, F_DUPFD_CLOEXEC, plan.parked);
    if (moved < 0) fail_child(plan);
    return moved;
  };
  plan.status_pipe = park(plan.status_pipe);
  for (auto& [from, to] : plan.descriptors) from = park(from);
  if (plan.gate >= 0) plan.gate = park(plan.gate);
  for (const auto& [from, to] : plan.descriptors) {
    if (::dup2(from, to) < 0) fail_child(plan);
  }
  if (::setrlimit(RLIMIT_NOFILE, &before) != 0) fail_child(plan);
}

/// Closes all that was inherited: now, because a gated child that kept the gate's other end open
/// would never see it close; the parked ones go at exec.
void close_the_rest(const ChildPlan& plan) {
  constexpr unsigned cloexec = 1U << 2U;
  for (int fd = 3; fd < plan.parked; ++fd) {
    const bool wanted = std::any_of(plan.descriptors.begin(), plan.descriptors.end(),
                                    [fd](const auto& pair) { return pair.second == fd; });
    if (!wanted) ::close(fd);
  }
  if (::syscall(SYS_close_range, static_cast<unsigned>(plan.parked), ~0U, cloexec) != 0) {
    fail_child(plan);
  }
}

void reset_signals() {
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void run_child(ChildPlan plan) {
  reset_signals();
  if (plan.die_with_parent) {
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) fail_child(plan);
    if (::getppid() != plan.parent) ::_exit(127);  // the parent died before the line above
  }
  if (plan.new_session && ::setsid() < 0) fail_child(plan);
  place_descriptors(plan);
  close_the_rest(plan);
  ::umask(0077);
  if (::chdir(plan.working_directory) != 0) fail_child(plan);
  if (plan.gate >= 0) {
    char byte = 0;
    if (::read(plan.gate, &byte, 1) != 1) ::_exit(127);
  }
  ::execve(plan.argv[0], plan.argv.data(), plan.environment.data());
  fail_child(plan);
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> result;
  result.reserve(words.size() + 1);
  for (const auto& word : words) result.push_back(const_cast<char*>(word.c_str()));
  result.push_back(nullptr);
  return result;
}

/// fork with a pidfd, into a cgroup when one is given. clone(2), CLONE_INTO_CGROUP.
pid_t fork_with_pidfd(int& pidfd, int cgroup) {
  clone_args arguments = {};
  arguments.flags = CLONE_PIDFD;
  if (cgroup >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<__u64>(cgroup);
  }
  arguments.pidfd = __u64{reinterpret_cast<std::uintptr_t>(&pidfd)};
  arguments.exit_signal = SIGCHLD;
  return static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
}

ExitStatus status_of(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return {info.si_status, 0};
  return {0, info.si_status};
}

void drain(int fd, std::string& text, bool& open) {
  char buffer[16384];
  const ssize_t count = ::read(fd, buffer, sizeof buffer);
  if (count > 0) {
    text.append(buffer, static_cast<std::size_t>(count));
  } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
    open = false;
  }
}

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

Result<Pipe> make_pipe() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return last_error("making a pipe");
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

/// An unlinked file that holds a child's standard input: no deadlock whatever its size.
Result<UniqueFd> input_file(std::string_view input) {
  UniqueFd fd(static_cast<int>(::syscall(SYS_memfd_create, "flintctl-stdin", 1U)));
  if (!fd) return last_error("making a memory file");
  TRY(write_all(fd.get(), input));
  ::lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

std::vector<std::string> environment_of(const RunOptions& options) {
  if (!options.environment.empty()) return options.environment;
  return {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"};
}

Result<UniqueFd> memory_file() {
  UniqueFd file(::memfd_create("output", MFD_CLOEXEC));
  if (!file) return last_error("making a file for a program's output");
  return file;
}

/// What a child left in a memory file. The child's descriptor shares the offset.
Result<std::string> contents(const UniqueFd& file, std::size_t limit) {
  std::string text;
  std::array<char, 65536> chunk{};
  while (text.size() <= limit) {
    const auto count =
        ::pread(file.get(), chunk.data(), chunk.size(), static_cast<off_t>(text.size()));
    if (count < 0) return last_error("reading a program's output");
    if (count == 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(count));
  }
  return Error(Code::resource_exhausted, "a program prints too much");
}

}  // namespace

std::string ExitStatus::text() const {
  return signal != 0 ? fmt::format("killed by signal {} ({})", signal, ::strsignal(signal))
                     : fmt::format("exit status {}", code);
}

Result<Process> Process::spawn(const SpawnOptions& options) {
  const UniqueFd null = TRY(sys::open("/dev/null", O_RDWR));
  Pipe status = TRY(make_pipe());
  ChildPlan plan{pointers(options.argv),
                 pointers(options.environment),
                 options.descriptors,
                 options.working_directory.c_str(),
                 options.new_session,
                 options.die_with_parent,
                 ::getpid(),
                 options.gate,
                 status.write_end.get(),
                 parked_above(options.descriptors)};
  for (int number = 0; number < 3; ++number) {
    const bool given = std::any_of(plan.descriptors.begin(), plan.descriptors.end(),
                                   [&](const auto& pair) { return pair.second == number; });
    if (!given) plan.descriptors.emplace_back(null.get(), number);
  }
  int pidfd = -1;
  const pid_t pid = fork_with_pidfd(pidfd, options.cgroup);
  if (pid < 0) return last_error(fmt::format("starting {}", options.argv[0]));
  if (pid == 0) run_child(std::move(plan));
  Process process(pid, UniqueFd(pidfd));
  status.write_end.reset();
  // A gated child has not reached exec yet; whoever opens the gate finds out how it went.
  if (options.gate >= 0) return process;
  int number = 0;
  ssize_t count = 0;
  do {
    count = ::read(status.read_end.get(), &number, sizeof number);
  } while (count < 0 && errno == EINTR);
  if (count == sizeof number) {
    (void)process.wait();
    return from_errno(number, fmt::format("starting {}", options.argv[0]));
  }
  return process;
}

Result<Process> Process::open(pid_t pid) {
  UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
  if (!pidfd) return last_error(fmt::format("opening process {}", pid));
  return Process(pid, std::move(pidfd));
}

bool Process::ended() const {
  pollfd waited = {pidfd_.get(), POLLIN, 0};
  return ::poll(&waited, 1, 0) > 0;
}

Result<ExitStatus> Process::wait(std::optional<std::chrono::milliseconds> timeout) {
  const auto deadline = Clock::now() + timeout.value_or(std::chrono::milliseconds(0));
  for (;;) {
    int left = -1;
    if (timeout) {
      left = static_cast<int>(std::max<std::int64_t>(
          0,
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count()));
    }
    pollfd waited = {pidfd_.get(), POLLIN, 0};
    const int ready = ::poll(&waited, 1, left);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return last_error(fmt::format("waiting for process {}", pid_));
    if (ready == 0) {
      return Error(Code::deadline_exceeded, fmt::format("process {} has not ended", pid_));
    }
    break;
  }
  siginfo_t info = {};
  if (::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED) != 0) {
    return ExitStatus{};  // not our child: its status is its parent's
  }
  return status_of(info);
}

Result<> Process::signal(int number) const {
  if (::syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0U) != 0 && errno != ESRCH) {
    return last_error(fmt::format("sending signal {} to process {}", number, pid_));
  }
  return {};
}

std::string process_text(pid_t pid) {
  std::string words = read_file(fmt::format("/proc/{}/cmdline", pid)).value_or({});
  while (!words.empty() && words.back() == '\0') words.pop_back();
  std::replace(words.begin(), words.end(), '\0', ' ');
  return words.empty() ? fmt::format("process {}", pid)
                       : fmt::format("process {} ({})", pid, printable(words));
}

Result<std::uint64_t> start_time(pid_t pid) {
  const std::string stat = TRY(read_file(fmt::format("/proc/{}/stat", pid)));
  // The second field, the name, may hold blanks and parentheses: count from the last ")".
  const auto end = stat.find_last_of(')');
  if (end == std::string::npos) return Error(Code::unknown, "unreadable /proc stat line");
  std::size_t position = end + 2;
  for (int field = 3; field < 22; ++field) {
    position = stat.find(' ', position);
    if (position == std::string::npos) return Error(Code::unknown, "unreadable /proc stat line");
    ++position;
  }
  return std::strtoull(stat.c_str() + position, nullptr, 10);
}

Result<std::string> boot_id() {
  std::string id = TRY(read_file("/proc/sys/kernel/random/boot_id"));
  while (!id.empty() && id.back() == '\n') id.pop_back();
  return id;
}

std::vector<std::string> own_environment() {
  std::vector<std::string> entries;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    entries.emplace_back(*entry);
  }
  return entries;
}

Result<Output> run(const std::vector<std::string>& argv, std::string_view input,
                   std::chrono::milliseconds timeout) {
  RunOptions options;
  options.timeout = timeout;
  options.own_session = true;
  return run(argv, input, options);
}

Result<Output> run(const std::vector<std::string>& argv, std::string_view input,
                   const RunOptions& run_options) {
  const UniqueFd in = TRY(input_file(input));
  Pipe out = TRY(make_pipe());
  Pipe err = TRY(make_pipe());
  SpawnOptions options;
  options.argv = argv;
  options.environment = environment_of(run_options);
  options.descriptors = {{in.get(), 0}, {out.write_end.get(), 1}, {err.write_end.get(), 2}};
  options.die_with_parent = true;
  options.new_session = run_options.own_session;
  Process process = TRY(Process::spawn(options));
  out.write_end.reset();
  err.write_end.reset();

  Output output;
  const auto deadline = Clock::now() + run_options.timeout;
  bool out_open = true;
  bool err_open = true;
  while (out_open || err_open) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    const bool too_long = std::max(output.out.size(), output.err.size()) > run_options.output_limit;
    if (left.count() <= 0 || too_long || interrupted()) {
      // Not waited for yet, so that the number is still its session's.
      if (run_options.own_session) (void)::kill(-process.pid(), SIGKILL);
      (void)process.signal(SIGKILL);
      (void)process.wait();
      TRY(check_interrupt());
      if (too_long) return Error(Code::resource_exhausted, argv[0] + " prints too much");
      return Error(Code::deadline_exceeded, fmt::format("{} did not end in time", argv[0]));
    }
    pollfd waited[4] = {{out_open ? out.read_end.get() : -1, POLLIN, 0},
                        {err_open ? err.read_end.get() : -1, POLLIN, 0},
                        {interrupt_fd(), POLLIN, 0},
                        {process.pidfd(), POLLIN, 0}};
    if (::poll(waited, 4, static_cast<int>(left.count())) < 0 && errno != EINTR) {
      return last_error("waiting for a program's output");
    }
    if (waited[0].revents != 0) drain(out.read_end.get(), output.out, out_open);
    if (waited[1].revents != 0) drain(err.read_end.get(), output.err, err_open);
    // What it said lies in the pipes; daemons that it started may hold them open for ever.
    const bool silent = waited[0].revents == 0 && waited[1].revents == 0;
    if (waited[3].revents != 0 && silent) break;
  }
  output.status = TRY(process.wait());
  return output;
}

Result<Output> run_to_end(const std::vector<std::string>& argv, const RunOptions& run_options) {
  const UniqueFd out = TRY(memory_file());
  const UniqueFd err = TRY(memory_file());
  SpawnOptions options;
  options.argv = argv;
  options.environment = environment_of(run_options);
  options.descriptors = {{out.get(), 1}, {err.get(), 2}};
  options.new_session = true;
  Process process = TRY(Process::spawn(options));
  Output output;
  output.status = TRY(process.wait(run_options.timeout).context(argv[0]));
  output.out = TRY(contents(out, run_options.output_limit));
  output.err = TRY(contents(err, run_options.output_limit));
  return output;
}

}  // namespace flintctl::sys
