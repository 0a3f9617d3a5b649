// SPDX-License-Identifier: Apache-2.0
#include "archive/extract_child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <optional>
#include <thread>

#include "archive/channel.hpp"
#include "archive/guarded.hpp"
#include "archive/mounted_root.hpp"
#include "archive/protocol.hpp"
#include "archive/sandbox.hpp"
#include "archive/unpack.hpp"
#include "core/units.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"

namespace flintctl::archive {
namespace {

/// Sends progress on: where a layer begins and ends, and ten times a second in between.
class Reporter {
 public:
  explicit Reporter(const Channel& channel) : channel_(channel) {}

  void operator()(const Progress& progress) {
    const auto now = std::chrono::steady_clock::now();
    const bool done = progress.phase == Progress::Phase::done;
    const bool begins = progress.layer != layer_;
    if (!done && !begins && now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    layer_ = progress.layer;
    (void)channel_.send(progress_to_json(progress),
                        done || begins ? Channel::WhenFull::wait : Channel::WhenFull::drop);
  }

 private:
  const Channel& channel_;
  std::chrono::steady_clock::time_point last_ = {};
  std::optional<std::size_t> layer_ = {};
};

/// Holds a job to its Job::room. The file system counts what has been written to files and waits
/// for its blocks as taken (ext4's statfs subtracts s_dirtyclusters_counter): far sooner than the
/// device below gets it.
class Room {
 public:
  static Result<Room> of(int root, std::optional<std::uint64_t> most) {
    Room room(root, most);
    if (most) room.at_first_ = TRY(room.used());
    return room;
  }

  /// Bytes taken so far, 0 without a limit; resource_exhausted when they are too many.
  [[nodiscard]] Result<std::uint64_t> taken() const {
    if (!most_) return 0;
    const std::uint64_t now = TRY(used());
    const std::uint64_t taken = now - std::min(now, at_first_);
    if (taken <= *most_) return taken;
    return Error(
               Code::resource_exhausted,
               fmt::format("it takes more than the {} that there is room for", format_size(*most_)))
        .with_hint("remove images or VMs, or grow the pool: flintctl pool grow --data-size SIZE");
  }

 private:
  Room(int root, std::optional<std::uint64_t> most) : root_(root), most_(most) {}

  [[nodiscard]] Result<std::uint64_t> used() const {
    constexpr std::uint64_t inode_size = 256;  // mke2fs.conf(5), the default
    struct statfs status = {};
    if (::fstatfs(root_, &status) != 0) {
      return fault_of_host(sys::last_error("reading the file system's usage"));
    }
    return (status.f_blocks - status.f_bfree) * static_cast<std::uint64_t>(status.f_bsize) +
           (status.f_files - status.f_ffree) * inode_size;
  }

  int root_;
  std::optional<std::uint64_t> most_;
  std::uint64_t at_first_ = 0;
};

/// Hears of downloads until the parent is gone, which ends the process: what is half extracted is
/// of no use to anybody.
[[noreturn]] void listen(const Channel& channel, Feed& feed) {
  for (;;) {
    const auto message = channel.receive();
    if (!message || !*message) ::_exit(1);
    const Download download = download_from_json(**message);
    if (download.failed) {
      feed.fail(download.layer);
    } else {
      feed.set_available(download.layer, download.available);
    }
  }
}

/// A tree may be as deep as a path is long, and removing one takes a descriptor for each level.
void allow_many_descriptors() {
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

/// A mount of a device of its own has its data on it before success is told. What is bound or
/// overlaid is part of a file system of the host's, which is flushed once for all snapshots.
Result<> flush(const Job& job, int root) {
  if (job.mount.type != "ext4" && job.mount.type != "xfs") return {};
  if (::syncfs(root) != 0) return sys::last_error("flushing the file system");
  return {};
}

Result<Summary> extract(const Job& job, Feed& feed, const Channel& channel) {
  UniqueFd root = TRY(mount_root(job.mount, Access::read_write));
  TRY(confine_process(root.get()));
  // All other threads come after that, and are confined as this one is.
  std::thread([&] { listen(channel, feed); }).detach();
  UniqueFd tree = TRY(sys::open("/", O_RDONLY | O_DIRECTORY));
  const Room room = TRY(Room::of(root.get(), job.room));
  Reporter report(channel);
  const auto progress = [&](Progress now) -> Result<> {
    now.taken = TRY(room.taken());
    report(now);
    return {};
  };
  Summary summary = TRY(unpack(std::move(tree), job.layers, feed, progress));
  const auto unpacked = std::chrono::steady_clock::now();
  TRY(flush(job, root.get()));
  summary.spent.flush = std::chrono::steady_clock::now() - unpacked;
  return summary;
}

}  // namespace

int run_extract_child() {
  // A terminal's interrupt reaches the whole process group; the parent decides what it means here.
  for (const int number : {SIGINT, SIGHUP, SIGTERM}) ::signal(number, SIG_IGN);
  allow_many_descriptors();
  const Channel channel{UniqueFd(Child::channel_number)};
  const auto job = receive_job(channel);
  if (!job) {
    (void)channel.send(result_to_json(job.error()));
    return 1;
  }
  if (!*job) return 1;
  Feed feed((*job)->layers.size());
  const auto result = guarded([&] { return extract(**job, feed, channel); });
  (void)channel.send(result_to_json(result));
  // Not a return: the listening thread still uses what is on this stack.
  ::_exit(result ? 0 : 1);
}

}  // namespace flintctl::archive
