// SPDX-License-Identifier: Apache-2.0
#include "doomed.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <iostream>
#include <string_view>

#include "bed.hpp"
#include "containerd/client.hpp"
#include "support/containerd/doomed_client.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/host.hpp"
#include "sys/interrupt.hpp"

namespace flintctl::image {
namespace {

class DoomedProgress : public NoProgress {
 public:
  explicit DoomedProgress(const Doom& doom) : doom_(doom) {}
  void layer(std::size_t index, LayerPhase phase, std::uint64_t) override {
    if (!doom_.change.empty() || index != doom_.layer || phase != doom_.phase) return;
    ::kill(::getpid(), doom_.signal);
  }

 private:
  const Doom& doom_;
};

/// VmHWM, of this program's own memory; getrusage(2) would count who started it.
Result<std::uint64_t> own_peak() {
  const auto status = TRY(sys::read_file("/proc/self/status"));
  const std::string key = "VmHWM:";
  const auto at = status.find(key);
  if (at == std::string::npos) return Error(Code::internal, "no VmHWM in /proc/self/status");
  return std::stoull(status.substr(at + key.size())) << 10U;
}

Result<> write_peak(const std::string& path) {
  rusage children{};
  ::getrusage(RUSAGE_CHILDREN, &children);
  const auto peak = TRY(own_peak()) + (static_cast<std::uint64_t>(children.ru_maxrss) << 10U);
  return sys::write_file_atomic(path, std::to_string(peak), 0600);
}

Result<> pull_to_doom(const std::string& address, const Doom& doom, const PullOptions& options) {
  const auto client = containerd::doomed_client(TRY(containerd::connect(address, doom.name_space)),
                                                doom.change, doom.nth, doom.signal);
  const auto reference = TRY(oci::Reference::parse(doom.reference));
  DoomedProgress progress(doom);
  TRY(pull(*client, reference, options, progress));
  return {};
}

/// Waits for what a killed leader of a process group left running: a child that had not come to its
/// program yet has all that its parent had, locks too, until it sees that it is alone.
Result<> wait_for_orphans(pid_t group) {
  while (::waitpid(-group, nullptr, 0) > 0 || errno == EINTR) {
  }
  return errno == ECHILD ? Result<>() : sys::last_error("waiting for orphans");
}

}  // namespace

Result<sys::ExitStatus> run_to_doom(const Doom& doom) {
  const auto options = Bed::get().options(doom.name_space);
  sys::SpawnOptions spawn;
  spawn.argv = {TRY(sys::own_executable()),
                doomed_word,
                Bed::get().containerd().address(),
                doom.reference,
                doom.name_space,
                std::to_string(doom.layer),
                std::to_string(static_cast<int>(doom.phase)),
                std::to_string(doom.signal),
                options.state_directory,
                options.run_directory,
                doom.boot ? "boot" : "all",
                doom.change,
                std::to_string(doom.nth),
                doom.blobs == LayerBlobs::kept ? "kept" : "dropped"};
  spawn.descriptors = {{STDERR_FILENO, 2}};
  spawn.die_with_parent = true;
  spawn.new_session = true;
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return sys::last_error("adopting orphans");
  auto process = TRY(sys::Process::spawn(spawn));
  const auto status = TRY(process.wait(std::chrono::minutes(1)));
  TRY(wait_for_orphans(process.pid()));
  return status;
}

Result<std::uint64_t> peak_of_pull(const std::string& reference, const std::string& name_space) {
  Doom none;
  none.reference = reference;
  none.name_space = name_space;
  none.change = "none";
  const auto status = TRY(run_to_doom(none));
  if (!status.ok()) return Error(Code::unknown, "the pull ended with " + status.text());
  const auto path = Bed::get().options(name_space).state_directory + "/peak";
  return std::stoull(TRY(sys::read_file(path)));
}

int run_doomed(int argc, char** argv) {
  if (argc != 14) return 2;
  sys::catch_interrupts();
  PullOptions options;
  options.platform = {"linux", "amd64", ""};
  options.snapshotter = "native";
  options.boundaries = Boundaries::each;
  options.parallel = 1;
  options.state_directory = argv[8];
  options.run_directory = argv[9];
  const Doom doom{argv[3],
                  argv[4],
                  std::stoul(argv[5]),
                  static_cast<LayerPhase>(std::stoi(argv[6])),
                  std::stoi(argv[7]),
                  std::string(argv[10]) == "boot",
                  argv[11],
                  std::stoul(argv[12]),
                  std::string(argv[13]) == "kept" ? LayerBlobs::kept : LayerBlobs::dropped};
  options.blobs = doom.blobs;
  const auto cache = KernelCache::open(options.state_directory);
  if (!cache) return 2;
  if (doom.boot) options.boot = BootTarget{&*cache, {}};
  const auto pulled = pull_to_doom(argv[2], doom, options);
  if (pulled) return write_peak(options.state_directory + "/peak") ? 0 : 1;
  if (pulled.error().code() == Code::cancelled) return 130;
  std::cerr << pulled.error().text() << '\n';
  return 1;
}

}  // namespace flintctl::image
