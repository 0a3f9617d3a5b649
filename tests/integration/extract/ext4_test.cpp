// SPDX-License-Identifier: Apache-2.0
// Trees that mke2fs put into ext4 files, read back without a mount; and files that lie.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>

#include "archive/ext4_file.hpp"
#include "archive/ext4_image.hpp"
#include "core/units.hpp"
#include "layers.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"
#include "sys/process.hpp"
#include "tree_listing.hpp"

namespace flintctl::archive {
namespace {

using testing::Folder;

std::string run(const std::vector<std::string>& command) {
  const auto output = sys::run(command);
  REQUIRE(output);
  INFO(command[0] << ": " << output->err);
  REQUIRE(output->status.code == 0);
  return output->out;
}

/// A tree, and the file that mke2fs makes of it.
class Disk {
 public:
  void make(std::vector<std::string> options, const std::string& size = "16M") {
    std::vector<std::string> command = {"/sbin/mke2fs", "-q", "-F", "-d", tree.path()};
    command.insert(command.end(), options.begin(), options.end());
    command.insert(command.end(), {path(), size});
    run(command);
  }
  void debugfs(const std::string& request) const {
    run({"/sbin/debugfs", "-w", "-R", request, path()});
  }
  /// The tar of the file's tree, or why there is none.
  [[nodiscard]] Result<std::string> tar(const Limits& limits = {}) const {
    const UniqueFd image(::open(path().c_str(), O_RDONLY | O_CLOEXEC));
    const UniqueFd out(::open(place_.path().c_str(), O_RDWR | O_TMPFILE | O_CLOEXEC, 0600));
    TRY(tar_of_ext4(image, out, limits));
    return sys::read_file(fmt::format("/proc/self/fd/{}", out.get()), std::size_t{1} << 30U);
  }
  [[nodiscard]] Error refused(const Limits& limits = {}) const {
    const auto result = tar(limits);
    REQUIRE_FALSE(result);
    return result.error();
  }
  [[nodiscard]] std::string path() const { return place_.path("disk"); }
  [[nodiscard]] std::string bytes() const { return *sys::read_file(path(), 64 * mib); }

  Folder tree;

 private:
  Folder place_;
};

void set_xattr(const std::string& path, const char* name, const std::string& value) {
  INFO(path << " " << name);
  REQUIRE(::lsetxattr(path.c_str(), name, value.data(), value.size(), 0) == 0);
}

void make_nodes(const Folder& tree) {
  REQUIRE(::mknod(tree.path("dev/null").c_str(), S_IFCHR | 0666, ::makedev(1, 3)) == 0);
  REQUIRE(::mknod(tree.path("dev/disk").c_str(), S_IFBLK | 0640, ::makedev(259, 70000)) == 0);
  REQUIRE(::link(tree.path("dev/null").c_str(), tree.path("etc/null").c_str()) == 0);
  REQUIRE(::mkfifo(tree.path("dev/pipe").c_str(), 0600) == 0);
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {AF_UNIX, ""};
  tree.path("dev/socket").copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
  REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

void set_times(const std::string& root) {
  constexpr timespec long_ago[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  for (const auto& item : std::filesystem::recursive_directory_iterator(root)) {
    REQUIRE(::utimensat(AT_FDCWD, item.path().c_str(), long_ago, AT_SYMLINK_NOFOLLOW) == 0);
  }
}

/// Everything that a file system can hold and a layer can tell of.
void fill(const Folder& tree) {
  namespace fs = std::filesystem;
  fs::create_directories(
      tree.path("usr/share/" + std::string(60, 'd') + "/" + std::string(60, 'e')));
  for (const char* const name : {"acl", "etc", "dev", "tmp", "empty", "lost+found"}) {
    fs::create_directory(tree.path(name));
  }
  tree.write("etc/empty", "");
  tree.write("etc/five", "five\n");
  tree.write("etc/nul", std::string(40, '\0'));
  tree.write("etc/middle", std::string(70'000, 'm'));
  tree.write("etc/large", std::string(3 * mib + 17, 'l'));
  tree.write("lost+found/piece", "kept, for it is the tree's own");
  tree.write("etc/\xc3\xa9\xff odd \n name", "odd");
  tree.write("usr/share/" + std::string(60, 'd') + "/" + std::string(60, 'e') + "/f", "deep");
  fs::create_hard_link(tree.path("etc/five"), tree.path("usr/five"));
  fs::create_hard_link(tree.path("etc/five"), tree.path("empty/five"));
  fs::create_symlink("five", tree.path("etc/short"));
  fs::create_symlink("/nowhere/" + std::string(300, 'x'), tree.path("etc/long"));
  for (int i = 0; i < 300; ++i) tree.write(fmt::format("usr/share/{:0100}", i), "x");
  make_nodes(tree);
  const UniqueFd sparse(::open(tree.path("tmp/sparse").c_str(), O_CREAT | O_WRONLY, 0600));
  REQUIRE(::pwrite(sparse.get(), "begin", 5, 0) == 5);
  REQUIRE(::pwrite(sparse.get(), "later", 5, 5 * mib + 100) == 5);
  REQUIRE(::ftruncate(sparse.get(), 9 * mib) == 0);
  REQUIRE(::truncate(tree.path("etc/empty").c_str(), 3 * mib) == 0);
  REQUIRE(::chown(tree.path("etc/middle").c_str(), 70'000, 3'000'000'000) == 0);
  REQUIRE(::lchown(tree.path("etc/long").c_str(), 12, 34) == 0);
  REQUIRE(::chmod(tree.path("etc/large").c_str(), 06711) == 0);
  REQUIRE(::chmod(tree.path("tmp").c_str(), 01777) == 0);
  set_xattr(tree.path("etc/large"), "security.capability",
            std::string("\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20));
  set_xattr(tree.path("etc"), "user.note", std::string(900, 'n'));
  set_xattr(tree.path("etc/five"), "user.empty", "");
  set_xattr(tree.path("acl"), "system.posix_acl_default",
            std::string("\2\0\0\0"
                        "\1\0\7\0\xff\xff\xff\xff"
                        "\2\0\6\0\xe8\3\0\0"
                        "\4\0\5\0\xff\xff\xff\xff"
                        "\x10\0\7\0\xff\xff\xff\xff"
                        "\x20\0\5\0\xff\xff\xff\xff",
                        44));
  set_times(tree.path());
}

TEST_CASE("the tree of an ext4 file is the one that mke2fs put in, whatever its features") {
  Disk disk;
  fill(disk.tree);
  const auto options = GENERATE(
      std::vector<std::string>{"-t", "ext4"}, std::vector<std::string>{"-t", "ext2", "-b", "1024"},
      std::vector<std::string>{"-t", "ext3", "-b", "4096"},
      std::vector<std::string>{"-t", "ext4", "-I", "1024", "-O",
                               "inline_data,bigalloc,^has_journal"},
      std::vector<std::string>{"-t", "ext4", "-O", "^metadata_csum,64bit,ea_inode"});
  disk.make(options);
  // With inline_data, mke2fs forgets the hole at the end of a file.
  disk.debugfs(fmt::format("set_inode_field /tmp/sparse size {}", 9 * mib));
  const std::string before = sys::sha256_hex(disk.bytes());
  const auto tar = disk.tar();
  INFO((tar ? std::string() : tar.error().text()));
  REQUIRE(tar);
  CHECK(sys::sha256_hex(disk.bytes()) == before);

  const Folder result;
  LayerFile layer(*tar);
  const auto extracted = extract(bind_of(result.path()), {layer.layer()});
  INFO((extracted ? std::string() : extracted.error().text()));
  REQUIRE(extracted);
  auto expected = list_tree(disk.tree.path());
  REQUIRE(expected.erase("/dev/socket") == 1);  // no tar holds one
  const auto got = list_tree(result.path());
  CHECK(got.size() == expected.size());
  for (const auto& [name, description] : expected) {
    INFO(name);
    const auto found = got.find(name);
    CHECK((found == got.end() ? "<missing>" : found->second) == description);
  }
  // Holes stay holes: the tar has the data only.
  CHECK(tar->size() < 5 * mib);
}

TEST_CASE("the same tree gives the same tar, wherever the file system put it") {
  Disk disk;
  disk.tree.write("b", std::string(50'000, 'b'));
  disk.tree.write("a", "a");
  disk.make({"-t", "ext4"});
  const auto first = disk.tar();
  disk.make({"-t", "ext2", "-b", "1024", "-U", "random"}, "8M");
  const auto second = disk.tar();
  REQUIRE(first);
  REQUIRE(second);
  CHECK((*first == *second));
}

TEST_CASE("times of an ext4 file have nanoseconds, and go beyond 2038") {
  Disk disk;
  disk.tree.write("file", "x");
  disk.make({"-t", "ext4"});
  disk.debugfs("set_inode_field /file mtime @1000000000");
  disk.debugfs(fmt::format("set_inode_field /file mtime_extra {}", 5U << 2U | 1U));
  const Folder result;
  LayerFile layer(*disk.tar());
  REQUIRE(extract(bind_of(result.path()), {layer.layer()}));
  const auto status = result.status("file");
  CHECK(status.st_mtim.tv_sec == 1'000'000'000 + (std::int64_t{1} << 32U));
  CHECK(status.st_mtim.tv_nsec == 5);
}

TEST_CASE("what was set aside for a file and never written reads as zeros") {
  Disk disk;
  disk.tree.write("old", std::string(64 << 10, 's'));
  disk.make({"-t", "ext4", "-b", "4096"});
  // The blocks of a removed file, secrets and all, become another's that wrote none of them.
  disk.debugfs("rm /old");
  run({"/bin/sh", "-c", "head -c 65536 /dev/zero | tr '\\0' z >" + disk.tree.path("new")});
  disk.debugfs("write " + disk.tree.path("new") + " new");
  disk.debugfs("punch /new 0 15");
  disk.debugfs("fallocate /new 0 15");
  const auto tar = disk.tar();
  INFO((tar ? std::string() : tar.error().text()));
  REQUIRE(tar);
  CHECK(tar->find("ssss") == std::string::npos);
  const Folder result;
  LayerFile layer(*tar);
  REQUIRE(extract(bind_of(result.path()), {layer.layer()}));
  CHECK(result.read("new") == std::string(64 << 10, '\0'));
}

bool says(const Error& error, const std::string& text) {
  INFO(error.text());
  const bool said = error.text().find(text) != std::string::npos;
  CHECK(said);
  return said;
}

TEST_CASE("a name that would be a removal in a layer is refused, and the file is named") {
  Disk disk;
  std::filesystem::create_directory(disk.tree.path("d"));
  disk.tree.write("d/.wh.file", "x");
  disk.make({"-t", "ext4"}, "2M");
  const auto error = disk.refused();
  CHECK(error.code() == Code::invalid_argument);
  says(error, "file 'd/.wh.file'");
  CHECK_FALSE(error.hint().empty());
}

TEST_CASE("an ext4 file that is not whole is refused with what would mend it") {
  Disk disk;
  disk.tree.write("file", "hello");
  disk.make({"-t", "ext4", "-b", "1024"}, "2M");
  REQUIRE(disk.tar());
  SECTION("cut short") {
    REQUIRE(::truncate(disk.path().c_str(), 1 << 20) == 0);
    CHECK(says(disk.refused(), "the file is cut short: it has 1024 of 2048 blocks"));
  }
  SECTION("cut before its first block") {
    REQUIRE(::truncate(disk.path().c_str(), 1500) == 0);
    says(disk.refused(), "reading the super block");
  }
  SECTION("in use when it was copied") {
    disk.debugfs("feature needs_recovery");
    const auto error = disk.refused();
    says(error, "its journal has not been replayed");
    CHECK(error.hint() == "replay it: e2fsck -p FILE");
  }
  SECTION("with errors that the kernel has noted") {
    disk.debugfs("set_super_value state 2");
    says(disk.refused(), "was not unmounted, or has errors");
  }
  SECTION("of a feature to come") {
    disk.debugfs("set_super_value feature_incompat 0x80000042");
    CHECK(disk.refused().code() == Code::unimplemented);
  }
  SECTION("encrypted") {
    disk.debugfs("set_inode_field /file flags 0x800");
    says(disk.refused(), "file 'file': it is encrypted");
  }
}

/// Changes every occurrence of `from`, which must be as long as `to`.
void patch(const Disk& disk, const std::string& from, const std::string& to) {
  std::string bytes = disk.bytes();
  std::size_t count = 0;
  for (auto at = bytes.find(from); at != std::string::npos; at = bytes.find(from, at)) {
    bytes.replace(at, to.size(), to);
    ++count;
  }
  REQUIRE(count > 0);
  REQUIRE(sys::write_file_atomic(disk.path(), bytes, 0600));
}

TEST_CASE("wrong checksums in an ext4 file are errors") {
  Disk disk;
  disk.tree.write("a-file-name", "content");
  std::filesystem::create_symlink("a-link-target", disk.tree.path("link"));
  set_xattr(disk.tree.path("a-file-name"), "user.note", std::string(500, 'n'));
  disk.make({"-t", "ext4", "-I", "256", "-b", "1024", "-L", "a-label"}, "2M");
  SECTION("of the super block") { patch(disk, "a-label", "b-label"); }
  SECTION("of a folder") { patch(disk, "a-file-name", "b-file-name"); }
  SECTION("of an inode") { patch(disk, "a-link-target", "b-link-target"); }
  SECTION("of attributes") { patch(disk, std::string(500, 'n'), std::string(500, 'o')); }
  const auto error = disk.refused();
  CHECK(error.code() == Code::data_loss);
  says(error, "checksum");
  CHECK(error.hint() == "see what is wrong: e2fsck -fn FILE");
}

TEST_CASE("an ext4 file that is made to do harm does none") {
  Disk disk;
  std::filesystem::create_directories(disk.tree.path("one/two"));
  disk.tree.write("one/file-with-a-name", std::string(5000, 'f'));
  disk.tree.write("one/more", "m");
  std::filesystem::create_symlink("a-link-target", disk.tree.path("one/link"));
  // No checksums: an attacker would have made them right.
  disk.make({"-t", "ext2", "-b", "1024"}, "2M");
  const auto name_becomes = [&](const std::string& name) {
    patch(disk, "file-with-a-name", name);
    CHECK(says(disk.refused(), "a folder has a name that no file can have"));
  };
  SECTION("a name with a slash") { name_becomes("../../etc/passwd"); }
  SECTION("a name with an end in its midst") { name_becomes(std::string("file\0with-a-name", 16)); }
  SECTION("a name twice") {
    disk.debugfs("link /one/more one/file-with-a-namf");
    patch(disk, "file-with-a-namf", "file-with-a-name");
    says(disk.refused(), "a folder has a name twice");
  }
  SECTION("a folder within itself") {
    disk.debugfs("link /one one/two/again");
    says(disk.refused(), "the folder has two places in the tree");
  }
  SECTION("a folder that is the root") {
    disk.debugfs("link / one/two/again");
    says(disk.refused(), "the folder has two places in the tree");
  }
  SECTION("more names than the inode has links") {
    disk.debugfs("link /one/more one/too");
    says(disk.refused(), "it has more names than its inode says");
  }
  SECTION("a name for the journal's inode") {
    disk.debugfs("link <7> one/reserved");
    says(disk.refused(), "which is none of a file");
  }
  SECTION("a name for an inode that does not exist") {
    std::string bytes = disk.bytes();
    const auto at = bytes.find(std::string("\4\1more", 6));
    REQUIRE(at != std::string::npos);
    bytes.replace(at - 6, 4, "\xff\xff\xff\xee");
    REQUIRE(sys::write_file_atomic(disk.path(), bytes, 0600));
    says(disk.refused(), "which is none of a file");
  }
  SECTION("a name for a removed file") {
    disk.debugfs("set_inode_field /one/more links_count 0");
    says(disk.refused(), "is deleted");
  }
  SECTION("no kind of file") {
    disk.debugfs("set_inode_field /one/more mode 0170644");
    says(disk.refused(), "is no kind of file");
  }
  SECTION("blocks outside the file system") {
    disk.debugfs("set_inode_field /one/more block[0] 4000000000");
    says(disk.refused(), "lie outside the file system");
  }
  SECTION("a link of no length") {
    disk.debugfs("set_inode_field /one/link size 0");
    says(disk.refused(), "a symbolic link has no possible length");
  }
  SECTION("a link as long as a disk") {
    disk.debugfs("set_inode_field /one/link size 4000000000");
    says(disk.refused(), "a symbolic link has no possible length");
  }
  SECTION("a link that is longer than its inode") {
    disk.debugfs("set_inode_field /one/link size 200");
    CHECK(disk.refused().code() == Code::data_loss);
  }
  SECTION("a file as long as all disks, of one block") {
    disk.debugfs("set_inode_field /one/more size 0x3ffffffffff");
    const auto tar = disk.tar();
    REQUIRE(tar);
    CHECK(tar->size() < mib);
  }
  SECTION("a file that is longer than any can be") {
    disk.debugfs("set_inode_field /one/more size 0x40000000001");
    says(disk.refused(), "a file is longer than any can be");
  }
  SECTION("too many files") {
    Limits limits;
    limits.entries = 3;
    const auto error = disk.refused(limits);
    CHECK(error.code() == Code::resource_exhausted);
    says(error, "the file system has more than 3 files");
  }
  SECTION("too many bytes") {
    Limits limits;
    limits.bytes = 3000;
    const auto error = disk.refused(limits);
    CHECK(error.code() == Code::resource_exhausted);
    says(error, "hold more than they may");
  }
}

TEST_CASE("a file whose blocks lead back to themselves is as long as the limit, not for ever") {
  Disk disk;
  disk.tree.write("file", std::string(1024, 'f'));
  disk.make({"-t", "ext2", "-b", "1024"}, "2M");
  const std::string words = run({"/sbin/debugfs", "-R", "blocks /file", disk.path()});
  const auto block = static_cast<std::uint32_t>(std::stoul(words));
  std::string pointers;
  for (int i = 0; i < 256; ++i) {
    for (unsigned shift = 0; shift < 32; shift += 8) {
      pointers += static_cast<char>(block >> shift & 0xffU);
    }
  }
  patch(disk, std::string(1024, 'f'), pointers);
  disk.debugfs("set_inode_field /file size 0x3ffffffffff");
  disk.debugfs(fmt::format("set_inode_field /file block[TIND] {}", block));
  Limits limits;
  limits.bytes = 64 * mib;
  CHECK(disk.refused(limits).code() == Code::resource_exhausted);
}

TEST_CASE("an extent tree that leads back to itself is refused") {
  Disk disk;
  disk.tree.write("file", std::string(1024, 'f'));
  disk.make({"-t", "ext4", "-b", "1024", "-O", "^metadata_csum"}, "2M");
  const auto block = static_cast<std::uint32_t>(
      std::stoul(run({"/sbin/debugfs", "-R", "blocks /file", disk.path()})));
  const auto number = [](std::uint32_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xffU);
    return text;
  };
  // A node of depth 3 whose every entry is the node itself.
  const auto header = [&](std::uint32_t entries, std::uint32_t most) {
    return number(0xf30a, 2) + number(entries, 2) + number(most, 2) + number(3, 2) + number(0, 4);
  };
  std::string node = header(84, 84);
  for (std::uint32_t i = 0; i < 84; ++i) {
    node += number(i, 4) + number(block, 4) + number(0, 4);
  }
  node.resize(1024, '\0');
  patch(disk, std::string(1024, 'f'), node);
  for (int word = 0; word < 3; ++word) {
    const auto bytes = header(1, 4).substr(static_cast<std::size_t>(4 * word), 4);
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      value |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    }
    disk.debugfs(fmt::format("set_inode_field /file block[{}] {}", word, value));
  }
  disk.debugfs("set_inode_field /file block[3] 0");
  disk.debugfs(fmt::format("set_inode_field /file block[4] {}", block));
  disk.debugfs("set_inode_field /file block[5] 0");
  CHECK(disk.refused().code() == Code::data_loss);
}

TEST_CASE("what is no ext4 file is known as such") {
  const Folder folder;
  folder.write("tar", large_tar());
  folder.write("short", "x");
  for (const char* const name : {"tar", "short"}) {
    const UniqueFd fd(::open(folder.path(name).c_str(), O_RDONLY | O_CLOEXEC));
    CHECK_FALSE(is_ext4(fd.get()));
  }
}

}  // namespace
}  // namespace flintctl::archive
