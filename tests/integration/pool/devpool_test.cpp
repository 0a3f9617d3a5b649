// SPDX-License-Identifier: Apache-2.0
// `provision devpool` and `pool status` against the kernel's device-mapper and loop driver.
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <thread>

#include "bed.hpp"
#include "core/units.hpp"
#include "data/value.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"
#include "thinpool/provision.hpp"

using namespace flintctl;
using namespace flintctl::testing;

namespace {

const std::string pool = "flintlock-dev-thinpool";
const std::string folder = "/var/lib/containerd-dev/snapshotter/devmapper";
const std::string marker = "what a guest wrote";

struct stat stat_of(const std::string& path) {
  struct stat status {};
  INFO(path);
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Nothing of a pool: no device, no loop device, no file. Each test begins and ends so.
struct Clean {
  Clean() { clear(); }
  ~Clean() { clear(); }
  Clean(const Clean&) = delete;
  Clean& operator=(const Clean&) = delete;
  static void clear() {
    remove_all_devices();
    static_cast<void>(sys::run({"/usr/sbin/losetup", "--detach-all"}));
    REQUIRE(sys::remove_tree(folder));
    REQUIRE(attached_files().empty());
  }
};

data::Value status_json(const std::string& name) {
  const Ran ran = run_flintctl({"pool", "status", name, "-o", "json"});
  INFO(ran.err);
  REQUIRE(ran.status == 0);
  const auto value = data::parse_json(ran.out);
  REQUIRE(value);
  return *value;
}

const data::Value& at(const data::Value& value, std::initializer_list<const char*> path) {
  const data::Value* found = &value;
  for (const char* key : path) {
    found = found->find(key);
    INFO(key);
    REQUIRE(found != nullptr);
  }
  return *found;
}

Ran small_pool(const std::string& name, const std::string& directory) {
  return run_flintctl({"provision", "devpool", "--name", name, "--directory", directory,
                       "--data-size", "256Mi", "--metadata-size", "16Mi"});
}

}  // namespace

TEST_CASE("the default pool is the one that the development setup describes") {
  const Clean clean;
  const Ran made = run_flintctl({"provision", "devpool"});
  INFO(made.err);
  REQUIRE(made.status == 0);
  CHECK(made.out == "pool/flintlock-dev-thinpool created\n");

  const std::string table = output_of({"/usr/sbin/dmsetup", "table", pool});
  CHECK(table.starts_with("0 209715200 thin-pool 7:"));
  CHECK(contains(table, " 128 32768 0"));
  CHECK(S_ISBLK(stat_of("/dev/mapper/" + pool).st_mode));
  CHECK(contains(output_of({"/usr/sbin/dmsetup", "ls"}), pool));
  CHECK(stat_of(folder + "/data").st_size == static_cast<off_t>(100 * gib));
  CHECK(stat_of(folder + "/metadata").st_size == static_cast<off_t>(10 * gib));
  CHECK((stat_of(folder + "/data").st_mode & 0777U) == 0600U);
  CHECK(static_cast<std::uint64_t>(stat_of(folder + "/data").st_blocks) * 512 < mib);
  CHECK_FALSE(sys::exists(folder + "/metadata.new"));

  const data::Value status = status_json(pool);
  CHECK(at(status, {"metadata", "uuid"}) == data::Value("FLINTCTL-pool-" + pool));
  CHECK(at(status, {"status", "mode"}) == data::Value("rw"));
  CHECK(at(status, {"status", "needsCheck"}) == data::Value(false));
  CHECK(at(status, {"status", "data", "totalBytes"}) == data::Value(100 * gib));
  CHECK(at(status, {"status", "data", "usedBytes"}) == data::Value(0));
  CHECK(at(status, {"status", "metadata", "totalBytes"}) == data::Value(10 * gib));
  CHECK(at(status, {"status", "discard"}) == data::Value("passdown"));
  CHECK(at(status, {"spec", "zeroesBlocks"}) == data::Value(true));
  CHECK(at(status, {"spec", "data", "file"}) == data::Value(folder + "/data"));
  // ext4 on a disk does direct I/O.
  CHECK(at(status, {"spec", "data", "directIO"}) == data::Value(true));
  CHECK(at(status, {"spec", "metadata", "directIO"}) == data::Value(true));

  const Ran again = run_flintctl({"provision", "devpool"});
  CHECK(again.status == 0);
  CHECK(again.out == "pool/flintlock-dev-thinpool unchanged\n");
  CHECK_FALSE(contains(again.err, "used as it is"));
  CHECK(attached_files().size() == 2);
}

TEST_CASE("usage and volumes are those of the kernel") {
  const Clean clean;
  REQUIRE(small_pool("p1", folder).status == 0);
  activate_volume("p1", 1, 64 * mib, true);
  write_device("/dev/mapper/p1-snap-1", std::string(3 * mib, 'x'));
  const data::Value status = status_json("p1");
  CHECK(at(status, {"status", "data", "usedBytes"}) == data::Value(3 * mib));
  CHECK(at(status, {"status", "data", "usedPercent"}) == data::Value(1.17));
  CHECK(at(status, {"status", "metadata", "usedBytes"}).as_integer().value_or(0) > 0);
  const data::Array& volumes = at(status, {"volumes"}).elements();
  REQUIRE(volumes.size() == 1);
  CHECK(volumes[0].string_or("name") == "p1-snap-1");
  CHECK(volumes[0].integer_or("id") == 1);
  CHECK(volumes[0].integer_or("sizeBytes") == 64 * static_cast<std::int64_t>(mib));
  CHECK(volumes[0].integer_or("mappedBytes") == 3 * static_cast<std::int64_t>(mib));

  const Ran table = run_flintctl({"--pool", "p1", "pool", "status"});
  CHECK(table.status == 0);
  CHECK(contains(table.out, "p1     rw     256 MiB   3 MiB   1.2%"));
  CHECK(contains(table.out, "p1-snap-1   1    64 MiB   3 MiB"));
  const Ran wide = run_flintctl({"pool", "status", "p1", "-o", "wide"});
  CHECK(contains(wide.out, folder + "/data (/dev/loop"));
  CHECK(contains(wide.out, "0 524288 thin-pool 7:"));
  CHECK(run_flintctl({"pool", "status", "p1", "-o", "name"}).out == "pool/p1\n");
}

TEST_CASE("a pool that lost its loop devices comes back with all data") {
  const Clean clean;
  REQUIRE(small_pool("p1", folder).status == 0);
  activate_volume("p1", 7, 64 * mib, true);
  write_device("/dev/mapper/p1-snap-7", marker);
  output_of({"/usr/sbin/dmsetup", "remove", "p1-snap-7"});
  output_of({"/usr/sbin/dmsetup", "remove", "p1"});
  // They were attached for as long as the pool used them.
  CHECK(attached_files().empty());

  SECTION("attached by us") {}
  SECTION("attached by somebody else meanwhile") {
    output_of({"/usr/sbin/losetup", "--find", folder + "/metadata"});
    output_of({"/usr/sbin/losetup", "--find", folder + "/data"});
  }
  const Ran back = small_pool("p1", folder);
  INFO(back.err);
  CHECK(back.status == 0);
  CHECK(back.out == "pool/p1 reattached\n");
  CHECK(attached_files().size() == 2);
  activate_volume("p1", 7, 64 * mib, false);
  CHECK(read_device("/dev/mapper/p1-snap-7", marker.size()) == marker);
}

TEST_CASE("a pool made with dmsetup and skip_block_zeroing is adopted with a warning") {
  const Clean clean;
  REQUIRE(sys::make_directories(folder));
  output_of({"/usr/bin/truncate", "-s", "256M", folder + "/data"});
  output_of({"/usr/bin/truncate", "-s", "16M", folder + "/metadata"});
  const auto attach = [](const std::string& file) {
    std::string device = output_of({"/usr/sbin/losetup", "--find", "--show", file});
    while (device.ends_with('\n')) device.pop_back();
    return device;
  };
  const std::string data = attach(folder + "/data");
  const std::string metadata = attach(folder + "/metadata");
  output_of({"/usr/sbin/dmsetup", "create", "p1", "--table",
             "0 524288 thin-pool " + metadata + " " + data + " 128 32768 1 skip_block_zeroing"});
  activate_volume("p1", 1, 64 * mib, true);
  write_device("/dev/mapper/p1-snap-1", marker);

  const Ran adopted = run_flintctl({"provision", "devpool", "--name", "p1"});
  CHECK(adopted.status == 0);
  CHECK(adopted.out == "pool/p1 adopted\n");
  CHECK(contains(adopted.err, "skip_block_zeroing"));
  const Ran again = run_flintctl({"provision", "devpool", "--name", "p1"});
  CHECK(again.out == "pool/p1 unchanged\n");
  CHECK(contains(again.err, "skip_block_zeroing"));
  CHECK(contains(run_flintctl({"pool", "status", "p1"}).err, "skip_block_zeroing"));
  CHECK(read_device("/dev/mapper/p1-snap-1", marker.size()) == marker);

  // After a reboot it is ours to make, and zeroes from then on.
  output_of({"/usr/sbin/dmsetup", "remove", "p1-snap-1"});
  output_of({"/usr/sbin/dmsetup", "remove", "p1"});
  const Ran back = run_flintctl({"provision", "devpool", "--name", "p1"});
  CHECK(back.out == "pool/p1 reattached\n");
  CHECK(at(status_json("p1"), {"spec", "zeroesBlocks"}) == data::Value(true));
  activate_volume("p1", 1, 64 * mib, false);
  CHECK(read_device("/dev/mapper/p1-snap-1", marker.size()) == marker);
}

TEST_CASE("a pool takes writes wherever its files are, with direct I/O or without") {
  const Clean clean;
  std::string place;
  SECTION("a tmpfs, which learned direct I/O late") { place = "/dev/shm/flintctl-pool"; }
  SECTION("an overlay, where older kernels promise direct I/O and then fail every write") {
    place = "/srv/flintctl-pool";
  }
  const Ran made = small_pool("p1", place);
  INFO(made.err);
  REQUIRE(made.status == 0);
  activate_volume("p1", 1, 64 * mib, true);
  write_device("/dev/mapper/p1-snap-1", marker);
  CHECK(read_device("/dev/mapper/p1-snap-1", marker.size()) == marker);
  Clean::clear();
  REQUIRE(sys::remove_tree(place));
}

TEST_CASE("a filesystem without direct I/O and discard serves, with a word about the discard") {
  const Clean clean;
  const std::string place = "/run/out/pool";  // the machine's files: hostfs
  const Ran made = small_pool("p1", place);
  INFO(made.err);
  REQUIRE(made.status == 0);
  CHECK(at(status_json("p1"), {"spec", "data", "directIO"}) == data::Value(false));
  CHECK(at(status_json("p1"), {"status", "discard"}) == data::Value("no_passdown"));
  CHECK(contains(made.err, "takes no discard"));
  CHECK(sys::list_directory(place).value_or({}) == std::vector<std::string>{"data", "metadata"});
  Clean::clear();
  REQUIRE(sys::remove_tree(place));
}

TEST_CASE("a filesystem without space is an error, and nothing is left on it") {
  const Clean clean;
  const Mounted tmpfs("tmpfs", "/srv/full", "size=4m");
  const Ran made = small_pool("p1", "/srv/full/deep/pool");
  CHECK(made.status == 1);
  CHECK(made.out.empty());
  CHECK(contains(made.err, "No space left on device"));
  CHECK(sys::list_directory("/srv/full").value_or({"unreadable"}).empty());
  CHECK(attached_files().empty());
  CHECK(devmapper_driver().list()->empty());
}

TEST_CASE("a filesystem that the pool can outgrow is named") {
  const Clean clean;
  const Mounted tmpfs("tmpfs", "/srv/small", "size=64m");
  const Ran made = small_pool("p1", "/srv/small/pool");
  CHECK(made.status == 0);
  CHECK(contains(made.err, "warning: the pool can grow by"));
  Clean::clear();
}

TEST_CASE("a metadata file with something else in it is not touched") {
  const Clean clean;
  REQUIRE(sys::make_directories(folder));
  output_of({"/usr/bin/truncate", "-s", "16M", folder + "/metadata"});
  output_of({"/usr/sbin/mkfs.ext4", "-q", folder + "/metadata"});
  const std::string before = *sys::read_file(folder + "/metadata", 32 * mib);
  const Ran made = small_pool("p1", folder);
  CHECK(made.status == 4);
  CHECK(contains(made.err, "holds something that is not thin-pool metadata"));
  CHECK(contains(made.err, "hint:"));
  CHECK(*sys::read_file(folder + "/metadata", 32 * mib) == before);
  CHECK_FALSE(sys::exists(folder + "/data"));
  CHECK(attached_files().empty());
}

TEST_CASE("a name that another device has is refused") {
  const Clean clean;
  REQUIRE(devmapper::activate(devmapper_driver(), "p1", "", {{0, 8, "error", ""}}));
  const Ran made = small_pool("p1", folder);
  CHECK(made.status == 4);
  CHECK(contains(made.err, "it is no thin pool"));
  CHECK_FALSE(sys::exists(folder));
  const Ran status = run_flintctl({"pool", "status", "p1"});
  CHECK(status.status == 4);
}

TEST_CASE("files that serve another pool are refused") {
  const Clean clean;
  REQUIRE(small_pool("p1", folder).status == 0);
  const Ran second = small_pool("p2", folder);
  CHECK(second.status == 4);
  CHECK(contains(second.err, "in use by the device 'p1'"));
  CHECK(attached_files().size() == 2);
}

TEST_CASE("the low water mark is as asked") {
  const Clean clean;
  const Ran made = run_flintctl({"provision", "devpool", "--name", "p1", "--data-size", "256Mi",
                                 "--metadata-size", "16Mi", "--low-water-mark", "100"});
  CHECK(made.status == 0);
  CHECK(contains(output_of({"/usr/sbin/dmsetup", "table", "p1"}), " 128 100 0"));
  CHECK(run_flintctl({"provision", "devpool", "--name", "p1"}).out == "pool/p1 unchanged\n");
  const Ran other =
      run_flintctl({"provision", "devpool", "--name", "p1", "--low-water-mark", "32768"});
  CHECK(other.out == "pool/p1 adopted\n");
  CHECK(contains(other.err, "low water mark is 100 blocks"));
}

TEST_CASE("two runs at once make one pool") {
  const Clean clean;
  std::array<std::string, 2> words;
  std::array<std::thread, 2> threads;
  for (std::size_t i = 0; i < threads.size(); ++i) {
    threads.at(i) = std::thread([&words, i] {
      thinpool::Spec spec;
      spec.name = "p1";
      spec.data_bytes = 256 * mib;
      spec.metadata_bytes = 16 * mib;
      const auto driver = devmapper::open();
      const auto loops = loop::open();
      if (!driver || !loops) return;
      const auto outcome = thinpool::ensure(spec, **driver, **loops);
      words.at(i) = outcome ? thinpool::change_word(outcome->change) : outcome.error().text();
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::sort(words.begin(), words.end());
  CHECK(words == std::array<std::string, 2>{"created", "unchanged"});
  CHECK(attached_files().size() == 2);
}

TEST_CASE("a run killed at any moment is finished by the next") {
  const Clean clean;
  int killed = 0;
  for (int milliseconds = 0; milliseconds < 120; milliseconds += 5) {
    CAPTURE(milliseconds);
    Clean::clear();
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) ::_exit(small_pool("p1", folder).status);
    // The moment is the point here: nothing is waited for.
    ::poll(nullptr, 0, milliseconds);
    REQUIRE(::kill(child, SIGKILL) == 0);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status)) ++killed;
    const Ran next = small_pool("p1", folder);
    INFO(next.err);
    REQUIRE(next.status == 0);
    CHECK(attached_files().size() == 2);
    CHECK(sys::list_directory(folder).value_or({}) == std::vector<std::string>{"data", "metadata"});
    CHECK(at(status_json("p1"), {"status", "mode"}) == data::Value("rw"));
  }
  CHECK(killed > 0);
}

TEST_CASE("damaged metadata is refused with its fault, and nothing is left but the files") {
  const Clean clean;
  REQUIRE(small_pool("p1", folder).status == 0);
  output_of({"/usr/sbin/dmsetup", "remove", "p1"});
  {
    // The magic number stays; the checksum over the rest is wrong now.
    std::fstream file(folder + "/metadata", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(200);
    file << "damage";
  }
  const std::string before = *sys::read_file(folder + "/metadata", 32 * mib);
  const Ran made = small_pool("p1", folder);
  CHECK(made.status == 1);
  INFO(made.err);
  CHECK(contains(made.err, "metadata is damaged: bad checksum in superblock"));
  CHECK(*sys::read_file(folder + "/metadata", 32 * mib) == before);
  CHECK(attached_files().empty());
  CHECK(devmapper_driver().list()->empty());
}

TEST_CASE("a dry run changes nothing, with root and without") {
  const Clean clean;
  const Ran planned = run_flintctl({"provision", "devpool", "--dry-run"});
  CHECK(planned.status == 0);
  CHECK(planned.out == "pool/flintlock-dev-thinpool would be created\n");
  CHECK_FALSE(sys::exists(folder));
  CHECK(attached_files().empty());

  REQUIRE(::seteuid(65534) == 0);
  const Ran refused = run_flintctl({"provision", "devpool"});
  const Ran user = run_flintctl({"provision", "devpool", "--dry-run"});
  const Ran status = run_flintctl({"pool", "status"});
  REQUIRE(::seteuid(0) == 0);
  CHECK(refused.status == 7);
  CHECK(contains(refused.err, "hint:"));
  CHECK(user.status == 0);
  CHECK(contains(user.out, "would be created"));
  CHECK(status.status == 7);
}

TEST_CASE("bad values and absent pools have their own statuses") {
  const Clean clean;
  CHECK(run_flintctl({"provision", "devpool", "--name", "a/b"}).status == 2);
  CHECK(run_flintctl({"provision", "devpool", "--data-size", "lots"}).status == 2);
  CHECK(run_flintctl({"provision", "devpool", "--data-size", "1k"}).status == 2);
  CHECK(run_flintctl({"provision", "devpool", "--directory", "here"}).status == 2);
  CHECK(run_flintctl({"provision", "devpool", "--low-water-mark", "low"}).status == 2);
  const Ran absent = run_flintctl({"pool", "status"});
  CHECK(absent.status == 3);
  CHECK(contains(absent.err, "flintctl provision devpool"));
}
