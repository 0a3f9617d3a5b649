// SPDX-License-Identifier: Apache-2.0
// P7: whatever lies on a disk, or uses it, keeps it from being taken.
#include "disk/disk.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <utility>

#include "core/units.hpp"
#include "loop/driver.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"
#include "sys/process.hpp"

using namespace flintctl;
using namespace flintctl::disk;

namespace {

/// Little-endian bytes of a number.
std::string bytes(std::uint64_t value, std::size_t width) {
  std::string text;
  for (std::size_t i = 0; i < width; ++i) text += static_cast<char>(value >> (8 * i) & 0xffU);
  return text;
}

/// A blank disk of 64 MiB, gone at scope exit.
class LoopDisk {
 public:
  LoopDisk() {
    REQUIRE(::mkdtemp(folder_.data()) != nullptr);
    std::ofstream{file()};
    REQUIRE(::truncate(file().c_str(), 64 * mib) == 0);
    auto driver = loop::open();
    REQUIRE(driver);
    driver_ = *std::move(driver);
    auto attached = driver_->attach(file(), {});
    REQUIRE(attached);
    loop_ = *std::move(attached);
  }
  ~LoopDisk() { static_cast<void>(sys::remove_tree(folder_)); }
  LoopDisk(const LoopDisk&) = delete;
  LoopDisk& operator=(const LoopDisk&) = delete;

  [[nodiscard]] std::string path() const { return loop_.device.path(); }
  void write(std::uint64_t offset, const std::string& data) const {
    const auto device = sys::open(path(), O_WRONLY);
    REQUIRE(device);
    REQUIRE(::pwrite(device->get(), data.data(), data.size(), static_cast<off_t>(offset)) ==
            static_cast<ssize_t>(data.size()));
    REQUIRE(::fsync(device->get()) == 0);
  }
  void run(const std::vector<std::string>& words) const {
    std::vector<std::string> argv = words;
    const auto program = sys::find_program(argv.front());
    REQUIRE(program);
    argv.front() = *program;
    argv.push_back(path());
    const auto output = sys::run(argv);
    REQUIRE(output);
    INFO(output->err);
    REQUIRE(output->status.ok());
  }
  [[nodiscard]] Disk inspect() const {
    auto disk = disk::inspect(path());
    REQUIRE(disk);
    return *std::move(disk);
  }

 private:
  [[nodiscard]] std::string file() const { return folder_ + "/disk"; }
  std::string folder_ = "/tmp/flintctl-disk-XXXXXX";
  std::unique_ptr<loop::Driver> driver_;
  loop::Attachment loop_;  ///< the device goes with its descriptor
};

std::string refusal(const Disk& disk, Contents contents) {
  const auto refused = refuse_used(disk, contents);
  return refused ? "" : refused.error().text() + " " + std::string(refused.error().hint());
}

struct Format {
  const char* type;
  std::function<void(const LoopDisk&)> write;
};

/// What provisioning may meet, made by its own tool or as its format describes it.
const Format formats[] = {
    {"ext4",
     [](const LoopDisk& disk) {
       disk.run({"mkfs.ext4", "-q", "-F"});
     }},
    {"swap",
     [](const LoopDisk& disk) {
       disk.run({"mkswap", "-q"});
     }},
    {"LVM2_member",
     [](const LoopDisk& disk) {
       disk.write(512, "LABELONE" + bytes(1, 8) + bytes(0, 4) + bytes(32, 4) + "LVM2 001" +
                           "abcdefabcdabcdabcdabcdabcdabcdef");
     }},
    {"linux_raid_member",
     [](const LoopDisk& disk) {
       // Version 1.2: 4 KiB from the start, which it says itself in sectors. md(4).
       std::string superblock(256, '\0');
       superblock.replace(0, 8, bytes(0xa92b4efc, 4) + bytes(1, 4));
       superblock.replace(144, 8, bytes(8, 8));
       disk.write(4096, superblock);
     }},
    {"zfs_member",
     [](const LoopDisk& disk) {
       // The ring of uberblocks in the first label.
       for (unsigned i = 0; i < 16; ++i) disk.write(128 * kib + i * kib, bytes(0x00bab10c, 8));
     }},
    {"dos",
     [](const LoopDisk& disk) {
       disk.write(446, bytes(0, 4) + bytes(0x83, 4) + bytes(2048, 4) + bytes(4096, 4));
       disk.write(510, bytes(0xaa55, 2));
     }},
};

}  // namespace

TEST_CASE("P7: a disk with anything on it is refused, and empty once it was wiped") {
  for (const Format& format : formats) {
    INFO(format.type);
    const LoopDisk loop;
    CHECK(loop.inspect().is_free());
    CHECK(refusal(loop.inspect(), Contents::refuse).empty());
    format.write(loop);
    const Disk disk = loop.inspect();
    REQUIRE(disk.signatures.size() == 1);
    CHECK(disk.signatures.front().type == format.type);
    CHECK_FALSE(disk.is_free());
    const std::string said = refusal(disk, Contents::refuse);
    INFO(said);
    CHECK(said.find(format.type) != std::string::npos);
    CHECK(said.find("--wipe " + loop.path()) != std::string::npos);
    CHECK(refusal(disk, Contents::wipe).empty());
    REQUIRE(wipe(disk));
    CHECK(loop.inspect().is_free());
  }
}

TEST_CASE("P7: bytes in no known format are somebody's, too") {
  const LoopDisk loop;
  loop.write(70000, "a key of plain dm-crypt looks like noise");
  const Disk disk = loop.inspect();
  CHECK(disk.signatures.empty());
  CHECK(refusal(disk, Contents::refuse).find("no known format") != std::string::npos);
  REQUIRE(wipe(disk));
  CHECK(loop.inspect().is_free());
}

TEST_CASE("P7: a disk in use is refused, and not even --wipe takes it") {
  // A mount that nobody else on the machine sees.
  REQUIRE(::unshare(CLONE_NEWNS) == 0);
  REQUIRE(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
  const LoopDisk loop;
  loop.run({"mkfs.ext4", "-q", "-F"});
  std::string point = "/tmp/flintctl-mount-XXXXXX";
  REQUIRE(::mkdtemp(point.data()) != nullptr);
  REQUIRE(::mount(loop.path().c_str(), point.c_str(), "ext4", 0, nullptr) == 0);
  const Disk mounted = loop.inspect();
  CHECK(refusal(mounted, Contents::wipe).find("is mounted at " + point) != std::string::npos);
  CHECK_FALSE(wipe(mounted));
  REQUIRE(::umount(point.c_str()) == 0);
  ::rmdir(point.c_str());
  CHECK(loop.inspect().signatures.size() == 1);

  const UniqueFd holder(::open(loop.path().c_str(), O_RDONLY | O_CLOEXEC | O_EXCL));
  REQUIRE(holder);
  CHECK(refusal(loop.inspect(), Contents::wipe).find("is in use by") != std::string::npos);
}

TEST_CASE("what is no block device is told so") {
  CHECK(inspect("/dev/null").error().code() == Code::invalid_argument);
  CHECK(inspect("/etc/passwd").error().code() == Code::invalid_argument);
  CHECK(inspect("/dev/flintctl-no-such-disk").error().code() == Code::not_found);
}
