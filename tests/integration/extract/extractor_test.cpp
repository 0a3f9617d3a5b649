// SPDX-License-Identifier: Apache-2.0
#include "archive/extractor.hpp"

#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <future>
#include <list>
#include <thread>

#include "archive/mounted_root.hpp"
#include "core/rollback.hpp"
#include "disk.hpp"
#include "layers.hpp"
#include "stalled.hpp"
#include "support/catch.hpp"
#include "sys/host.hpp"

namespace flintctl::archive {
namespace {

using testing::Folder;
using testing::TarBuilder;

std::string xattr(const std::string& path, const char* name) {
  std::string value(256, '\0');
  const ssize_t length = ::lgetxattr(path.c_str(), name, value.data(), value.size());
  return length < 0 ? "<none>" : value.substr(0, static_cast<std::size_t>(length));
}

void require_ok(const Result<Summary>& result) {
  INFO((result ? std::string() : result.error().text()));
  REQUIRE(result);
}

// A capability set of revision 2 with CAP_NET_RAW. <linux/capability.h>, vfs_cap_data.
const std::string net_raw("\1\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);

TEST_CASE("owners, modes, devices and attributes arrive on ext4") {
  const Disk disk;
  TarBuilder tar;
  tar.add({.name = "d", .type = '5', .mode = 02750, .uid = 1000, .gid = 1001});
  tar.add({.name = "d/setuid", .data = "x", .mode = 06755, .uid = 70'000, .gid = 4'000'000'000});
  tar.add({.name = "d/plain", .mode = 0600, .uid = 0, .gid = 0});
  tar.add({.name = "cap",
           .data = "x",
           .mode = 0755,
           .uid = 5,
           .pax = {{"SCHILY.xattr.security.capability", net_raw},
                   {"SCHILY.xattr.user.note", "n"},
                   {"SCHILY.xattr.trusted.overlay.opaque", "y"}}});
  tar.add({.name = "null", .type = '3', .mode = 0666, .major = 1, .minor = 3});
  tar.add({.name = "block", .type = '4', .mode = 0660, .gid = 6, .major = 259, .minor = 70'000});
  tar.add({.name = "link", .type = '2', .link = "cap", .mode = 0777, .uid = 7, .gid = 8});
  LayerFile file(tar.finish());
  require_ok(extract(disk.mount(), {file.layer()}));
  CHECK(disk.is_free());

  const Mounted seen(disk);
  CHECK(seen->status("d").st_uid == 1000);
  CHECK(seen->status("d").st_gid == 1001);
  CHECK(seen->mode("d") == 02750);
  CHECK(seen->status("d/setuid").st_uid == 70'000);
  CHECK(seen->status("d/setuid").st_gid == 4'000'000'000);
  CHECK(seen->mode("d/setuid") == 06755);
  CHECK(seen->status("d/plain").st_gid == 0);
  CHECK(seen->status("cap").st_uid == 5);
  CHECK(xattr(seen->path("cap"), "security.capability") == net_raw);
  CHECK(xattr(seen->path("cap"), "user.note") == "n");
  CHECK(xattr(seen->path("cap"), "trusted.overlay.opaque") == "<none>");
  CHECK(S_ISCHR(seen->status("null").st_mode));
  CHECK(seen->status("null").st_rdev == ::makedev(1, 3));
  CHECK(S_ISBLK(seen->status("block").st_mode));
  CHECK(seen->status("block").st_rdev == ::makedev(259, 70'000));
  CHECK(seen->status("link").st_uid == 7);
  CHECK(seen->status("link").st_gid == 8);
}

TEST_CASE("a job takes no more of the file system than there is room for") {
  const Disk disk;
  TarBuilder tar;
  // A block of 1 KiB for each, and an inode: 10 MiB.
  for (int number = 0; number < 8000; ++number) tar.file(std::to_string(number), "x");
  LayerFile file(tar.finish());
  Job job{disk.mount(), {file.layer()}, std::uint64_t{6} << 20U};
  const auto run = [&](const std::function<void(const Progress&)>& progress) {
    auto extractor = Extractor::start(job);
    REQUIRE(extractor);
    extractor->layer_available(0, file.layer().size);
    return extractor->wait(progress);
  };
  const auto refused = run({});
  REQUIRE_FALSE(refused);
  INFO(refused.error().text());
  CHECK(refused.error().code() == Code::resource_exhausted);
  CHECK(refused.error().text().find("more than the 6 MiB") != std::string::npos);
  job.room = std::uint64_t{64} << 20U;
  const Disk fresh;
  job.mount = fresh.mount();
  std::uint64_t taken = 0;
  require_ok(run([&](const Progress& progress) { taken = progress.taken; }));
  CHECK(taken >= 9U << 20U);
  CHECK(taken <= 12U << 20U);
}

TEST_CASE("as many layers as an image may have become one snapshot") {
  const Folder folder;
  std::list<LayerFile> files;
  std::vector<Layer> layers;
  for (int number = 0; number < 512; ++number) {
    TarBuilder tar;
    if (number > 0) tar.file(fmt::format(".wh.{}", number - 1));
    files.emplace_back(tar.file(std::to_string(number), "x").finish());
    layers.push_back(files.back().layer());
  }
  const auto summary = extract(bind_of(folder.path()), layers);
  require_ok(summary);
  CHECK(summary->entries == 1023);
  CHECK(sys::list_directory(folder.path()).value_or({}) == std::vector<std::string>{"511"});
}

TEST_CASE("folders and bind mounts, as the native snapshotter has them") {
  const Folder folder;
  LayerFile first(TarBuilder().file("a", "1").file("b", "2").finish());
  LayerFile second(TarBuilder().file(".wh.a").file("c", "3").finish());
  std::vector<Progress> events;
  auto extractor = Extractor::start({bind_of(folder.path()), {first.layer(), second.layer()}});
  REQUIRE(extractor);
  extractor->layer_available(1, second.layer().size);
  extractor->layer_available(0, first.layer().size);
  const auto summary = extractor->wait([&](const Progress& event) { events.push_back(event); });
  require_ok(summary);
  CHECK(summary->entries == 4);
  CHECK_FALSE(folder.has("a"));
  CHECK(folder.read("c") == "3");
  std::vector<std::size_t> done;
  for (const auto& event : events) {
    if (event.phase == Progress::Phase::done) done.push_back(event.layer);
  }
  CHECK(done == std::vector<std::size_t>{0, 1});
}

TEST_CASE("overlay mounts, as the overlayfs snapshotter has them") {
  // The upper folder must not lie on an overlay itself.
  const Disk disk;
  const Folder folder;
  REQUIRE(sys::mount(disk.device(), folder.path(), "ext4", 0));
  for (const char* const name : {"lower", "upper", "work"}) {
    REQUIRE(::mkdir(folder.path(name).c_str(), 0755) == 0);
  }
  folder.write("lower/a", "low");
  folder.write("lower/b", "low");
  LayerFile file(TarBuilder().file(".wh.a").file("c", "new").finish());
  const Mount mount = {"overlay",
                       "overlay",
                       {"index=off", "workdir=" + folder.path("work"),
                        "upperdir=" + folder.path("upper"), "lowerdir=" + folder.path("lower")}};
  require_ok(extract(mount, {file.layer()}));
  CHECK(S_ISCHR(folder.status("upper/a").st_mode));  // overlayfs's own whiteout
  CHECK(folder.read("upper/c") == "new");
  CHECK(folder.read("lower/a") == "low");
  REQUIRE(sys::unmount(folder.path()));
}

/// The overlay at `mount`, as a kernel before 5.10 mounts it, which refuses an option that it does
/// not know: made on a thread whose calls of mount(2) are answered here. seccomp_unotify(2).
Result<UniqueFd> mount_on_old_kernel(const Mount& mount, int& refused) {
  std::array filter = {
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mount, 0, 1),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {filter.size(), filter.data()};
  std::promise<int> listening;
  Result<UniqueFd> root = Error(Code::internal, "not mounted");
  std::thread mounting([&] {
    const long listener =
        ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
    listening.set_value(static_cast<int>(listener));
    if (listener >= 0) root = mount_root(mount, Access::read_write);
  });
  const UniqueFd listener(listening.get_future().get());
  for (pollfd waited = {listener.get(), POLLIN, 0};
       listener && ::poll(&waited, 1, -1) > 0 && (waited.revents & POLLIN) != 0;) {
    seccomp_notif call = {};
    if (::ioctl(listener.get(), SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) break;
    seccomp_notif_resp answer = {};
    answer.id = call.id;
    answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): a pointer of this process
    const auto* const options = reinterpret_cast<const char*>(call.data.args[4]);
    if (options != nullptr && std::string_view(options).find("volatile") != std::string::npos) {
      ++refused;
      answer.flags = 0;
      answer.error = -EINVAL;
    }
    if (::ioctl(listener.get(), SECCOMP_IOCTL_NOTIF_SEND, &answer) != 0) break;
  }
  mounting.join();
  return root;
}

TEST_CASE("a kernel that does not know volatile overlays gets others") {
  const Disk disk;
  const Folder folder;
  REQUIRE(sys::mount(disk.device(), folder.path(), "ext4", 0));
  const Rollback unmount([&] { (void)sys::unmount(folder.path()); });
  for (const char* const name : {"lower", "upper", "work"}) {
    REQUIRE(::mkdir(folder.path(name).c_str(), 0755) == 0);
  }
  folder.write("lower/a", "low");
  int refused = 0;
  const auto root =
      mount_on_old_kernel({"overlay",
                           "overlay",
                           {"workdir=" + folder.path("work"), "upperdir=" + folder.path("upper"),
                            "lowerdir=" + folder.path("lower")}},
                          refused);
  INFO((root ? std::string() : root.error().text()));
  REQUIRE(root);
  CHECK(refused == 1);
  CHECK(::faccessat(root->get(), "a", R_OK, 0) == 0);
}

TEST_CASE("an overlay over more folders than mount(2) takes the names of") {
  const Disk disk;
  const Folder folder;
  REQUIRE(sys::mount(disk.device(), folder.path(), "ext4", 0));
  const std::string snapshots = "io.containerd.snapshotter.v1.overlayfs-and-a-long-name/snapshots";
  REQUIRE(sys::make_directories(folder.path("upper")));
  REQUIRE(sys::make_directories(folder.path("work")));
  std::string lowers;
  for (int number = 127; number > 0; --number) {
    const auto lower = fmt::format("{}/{}/fs", snapshots, number);
    REQUIRE(sys::make_directories(folder.path(lower)));
    lowers += (lowers.empty() ? "" : ":") + folder.path(lower);
  }
  REQUIRE(lowers.size() > 8192);
  folder.write(snapshots + "/1/fs/lowest", "low");
  LayerFile file(TarBuilder().file(".wh.lowest").file("c", "new").finish());
  const Mount mount = {"overlay",
                       "overlay",
                       {"index=off", "workdir=" + folder.path("work"),
                        "upperdir=" + folder.path("upper"), "lowerdir=" + lowers}};
  require_ok(extract(mount, {file.layer()}));
  CHECK(S_ISCHR(folder.status("upper/lowest").st_mode));
  CHECK(folder.read("upper/c") == "new");
  REQUIRE(sys::unmount(folder.path()));
}

TEST_CASE("a layer is extracted while its file grows") {
  const Disk disk;
  const Folder downloads;
  const std::string tar = large_tar();
  LayerFile whole(tar);
  downloads.write("partial", "");
  const auto partial = sys::open(downloads.path("partial"), O_RDWR);
  REQUIRE(partial);
  Layer layer = whole.layer();
  layer.file = partial->get();
  auto extractor = Extractor::start({disk.mount(), {layer}});
  REQUIRE(extractor);
  std::thread download([&] {
    constexpr std::size_t piece = 777'777;
    for (std::size_t offset = 0; offset < tar.size(); offset += piece) {
      const auto bytes = std::string_view(tar).substr(offset, piece);
      if (!sys::write_all(partial->get(), bytes)) return;
      extractor->layer_available(0, offset + bytes.size());
    }
  });
  const auto summary = extractor->wait();
  download.join();
  require_ok(summary);
  const Mounted seen(disk);
  CHECK(seen->read("large/39").size() == 1U << 20U);
}

TEST_CASE("a layer that fails to come ends it, and no mount is left") {
  const Disk disk;
  LayerFile file(large_tar());
  auto extractor = Extractor::start({disk.mount(), {file.layer()}});
  REQUIRE(extractor);
  extractor->layer_available(0, file.layer().size / 2);
  extractor->layer_failed(0);
  const auto result = extractor->wait();
  REQUIRE_FALSE(result);
  CHECK(result.error().code() == Code::cancelled);
  CHECK(disk.is_free());
}

TEST_CASE("errors come back whole, and no mount is left") {
  const Disk disk("16M");
  SECTION("a wrong digest") {
    LayerFile file(TarBuilder().file("a").finish());
    file.layer().diff_id = "sha256:0";
    const auto result = extract(disk.mount(), {file.layer()});
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == Code::data_loss);
    CHECK_FALSE(result.error().hint().empty());
  }
  SECTION("a hostile layer") {
    LayerFile file(TarBuilder().file(".wh..").finish());
    const auto result = extract(disk.mount(), {file.layer()});
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == Code::invalid_argument);
  }
  SECTION("a full disk") {
    LayerFile file(large_tar());
    const auto result = extract(disk.mount(), {file.layer()});
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == Code::resource_exhausted);
  }
  CHECK(disk.is_free());
}

TEST_CASE("a device that is not there is named, and no layer is blamed for it") {
  LayerFile file(TarBuilder().file("a").finish());
  const auto result = extract({"ext4", "/dev/no-such-device", {}}, {file.layer()});
  REQUIRE_FALSE(result);
  CHECK(result.error().text().find("/dev/no-such-device") != std::string::npos);
  CHECK(result.error().code() == Code::host_not_ready);
  CHECK_FALSE(result.error().hint().empty());
}

TEST_CASE("an extractor that is dropped ends") {
  const Disk disk;
  LayerFile file(large_tar());
  {
    auto extractor = Extractor::start({disk.mount(), {file.layer()}});
    REQUIRE(extractor);
    extractor->layer_available(0, file.layer().size / 2);
  }
  CHECK(disk.is_free());
}

/// The only child of a process. proc(5), task/TID/children.
pid_t child_of(pid_t parent) {
  const auto path =
      "/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children";
  return std::stoi(sys::read_file(path).value_or("0"));
}

/// A process with an extraction that goes on for ever.
struct Stalled {
  Folder scratch;  // its files, which it cannot remove when it is killed
  Disk disk;
  std::optional<sys::Process> process;
  std::optional<sys::Process> extractor;

  Stalled() {
    int ends[2] = {-1, -1};
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    const UniqueFd output(ends[0]);
    UniqueFd input(ends[1]);
    sys::SpawnOptions options;
    options.argv = {sys::own_executable().value_or(""), stalled_word, disk.device()};
    options.environment = {"TMPDIR=" + scratch.path()};
    options.descriptors = {{input.get(), 1}};
    options.die_with_parent = true;
    auto spawned = sys::Process::spawn(options);
    REQUIRE(spawned);
    process = *std::move(spawned);
    input.reset();
    char byte = 0;
    REQUIRE(::read(output.get(), &byte, 1) == 1);
    auto opened = sys::Process::open(child_of(process->pid()));
    REQUIRE(opened);
    extractor = *std::move(opened);
    CHECK_FALSE(disk.is_free());
  }
};

TEST_CASE("when flintctl is killed, its extractor and the mount go") {
  Stalled stalled;
  REQUIRE(stalled.process->signal(SIGKILL));
  REQUIRE(stalled.process->wait());
  REQUIRE(stalled.extractor->wait(std::chrono::seconds(20)));
  CHECK(stalled.disk.is_free());
}

TEST_CASE("when the extractor is killed, flintctl says so and the mount goes") {
  Stalled stalled;
  REQUIRE(stalled.extractor->signal(SIGKILL));
  const auto status = stalled.process->wait(std::chrono::seconds(20));
  REQUIRE(status);
  CHECK(status->code == 1);
  CHECK(stalled.disk.is_free());
}

TEST_CASE("an interrupt ends it, and the mount goes") {
  Stalled stalled;
  // As a terminal does: to the whole process group.
  REQUIRE(stalled.extractor->signal(SIGINT));
  REQUIRE(stalled.process->signal(SIGINT));
  const auto status = stalled.process->wait(std::chrono::seconds(20));
  REQUIRE(status);
  CHECK(status->code == 42);
  CHECK(stalled.disk.is_free());
}

}  // namespace
}  // namespace flintctl::archive
