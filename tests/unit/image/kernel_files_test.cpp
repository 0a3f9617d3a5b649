// SPDX-License-Identifier: Apache-2.0
#include "image/kernel_files.hpp"

#include <fmt/format.h>

#include "support/archive/folder.hpp"
#include "support/catch.hpp"

namespace flintctl::image {
namespace {

using testing::Folder;

struct Image {
  Folder folder;
  UniqueFd root = folder.open();
  Image() { ::mkdir(folder.path("boot").c_str(), 0755); }
  void link(const std::string& name, const std::string& target) const {
    REQUIRE(::symlink(target.c_str(), folder.path(name).c_str()) == 0);
  }
  void program(const std::string& name) const {
    std::filesystem::create_directories(std::filesystem::path(folder.path(name)).parent_path());
    folder.write(name, "#!");
    ::chmod(folder.path(name).c_str(), 0755);
  }
  [[nodiscard]] Result<std::string> kernel() const {
    return TRY(find_boot_file(root.get(), BootFileKind::kernel)).path;
  }
  [[nodiscard]] Result<std::string> initrd() const {
    return TRY(find_boot_file(root.get(), BootFileKind::initrd)).path;
  }
};

TEST_CASE("one kernel and one initrd are found by themselves") {
  const Image image;
  image.folder.write("boot/vmlinuz-6.1.0", "k");
  image.folder.write("boot/initrd.img-6.1.0", "i");
  image.folder.write("boot/config-6.1.0", "c");
  image.folder.write("boot/System.map-6.1.0", "m");
  CHECK(image.kernel().value_or({}) == "boot/vmlinuz-6.1.0");
  CHECK(image.initrd().value_or({}) == "boot/initrd.img-6.1.0");
}

TEST_CASE("several names of one file are one candidate") {
  const Image image;
  image.folder.write("boot/vmlinux", "k");
  image.link("boot/vmlinux-latest", "vmlinux");
  image.link("boot/vmlinuz-dangling", "nothing");
  ::mkdir(image.folder.path("boot/vmlinux.d").c_str(), 0755);
  image.folder.write("boot/vmlinuz-empty", "");
  CHECK(image.kernel().value_or({}) == "boot/vmlinux");
}

TEST_CASE("several kernels are an error that names them") {
  const Image image;
  image.folder.write("boot/vmlinuz-1", "k");
  image.folder.write("boot/vmlinuz-2", "k");
  const auto result = image.kernel();
  REQUIRE_FALSE(result);
  CHECK(result.error().code() == Code::invalid_argument);
  CHECK(result.error().text().find("boot/vmlinuz-1, boot/vmlinuz-2") != std::string::npos);
  CHECK(std::string(result.error().hint()).find("--kernel-file") != std::string::npos);
}

TEST_CASE("no kernel is an error with a hint") {
  const Image image;
  const auto result = image.kernel();
  REQUIRE_FALSE(result);
  CHECK(result.error().code() == Code::not_found);
  CHECK_FALSE(result.error().hint().empty());
  ::rmdir(image.folder.path("boot").c_str());
  CHECK_FALSE(image.initrd());
}

TEST_CASE("a file that was named and is not there is an error that names what is") {
  const Image image;
  const auto open = [&](const std::string& path) {
    return named_boot_file(image.root.get(), path, BootFileKind::kernel);
  };
  const auto none = open("boot/nothing");
  REQUIRE_FALSE(none);
  CHECK(none.error().code() == Code::not_found);
  CHECK(none.error().hint().find("--kernel-file") != std::string::npos);
  image.folder.write("boot/vmlinuz-1", "k");
  image.folder.write("boot/vmlinuz-2", "k");
  for (const char* const path : {"boot/nothing", "boot/vmlinuz-1/below", "no/folder"}) {
    const auto result = open(path);
    INFO(path);
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == Code::not_found);
    CHECK(result.error().text() == fmt::format("the image has no file '{}'", path));
    CHECK(result.error().hint() ==
          "it has boot/vmlinuz-1, boot/vmlinuz-2; name it with --kernel-file");
  }
  CHECK(open("/boot/vmlinuz-2").value().path == "/boot/vmlinuz-2");
}

TEST_CASE("links in an image are followed in the image") {
  const Image image;
  ::mkdir(image.folder.path("usr").c_str(), 0755);
  image.folder.write("usr/kernel", "k");
  image.link("boot/vmlinuz", "/usr/kernel");
  CHECK(image.kernel().value_or({}) == "boot/vmlinuz");
  image.link("escape", "/etc/hostname");
  image.link("climb", "../../../../../../etc/hostname");
  CHECK_FALSE(open_in_image(image.root.get(), "escape"));
  CHECK_FALSE(open_in_image(image.root.get(), "climb"));
  CHECK(open_in_image(image.root.get(), "../../usr/kernel"));
}

TEST_CASE("folders and pipes are no files to boot") {
  const Image image;
  const auto folder = open_in_image(image.root.get(), "boot");
  REQUIRE_FALSE(folder);
  CHECK(folder.error().code() == Code::invalid_argument);
  REQUIRE(::mkfifo(image.folder.path("boot/vmlinuz").c_str(), 0644) == 0);
  CHECK_FALSE(open_in_image(image.root.get(), "boot/vmlinuz"));
  CHECK_FALSE(image.kernel());
}

TEST_CASE("init is searched as the kernel does") {
  const Image image;
  const auto init = [&](const std::string& named = {}) {
    return find_init(image.root.get(), named).value_or("<none>");
  };
  const auto none = find_init(image.root.get(), "");
  REQUIRE_FALSE(none);
  CHECK(none.error().code() == Code::invalid_argument);
  CHECK_FALSE(none.error().hint().empty());
  image.program("bin/sh");
  CHECK(init() == "/bin/sh");
  image.program("lib/systemd/systemd");
  std::filesystem::create_directories(image.folder.path("sbin"));
  image.link("sbin/init", "/lib/systemd/systemd");
  CHECK(init() == "/sbin/init");
  CHECK(init("/lib/systemd/systemd") == "/lib/systemd/systemd");
  CHECK(init("/no/such") == "<none>");
}

TEST_CASE("an init that cannot be started is none") {
  const Image image;
  std::filesystem::create_directories(image.folder.path("sbin/init"));
  std::filesystem::create_directories(image.folder.path("bin"));
  image.folder.write("bin/init", "not executable");
  image.link("bin/sh", "/usr/bin/dash");
  CHECK_FALSE(find_init(image.root.get(), ""));
}

TEST_CASE("a pipe where init should be holds nobody, and is none") {
  const Image image;
  image.program("bin/sh");
  std::filesystem::create_directories(image.folder.path("sbin"));
  REQUIRE(::mkfifo(image.folder.path("sbin/init").c_str(), 0755) == 0);
  CHECK(find_init(image.root.get(), "").value_or("<none>") == "/bin/sh");
  CHECK_FALSE(find_init(image.root.get(), "/sbin/init"));
}

}  // namespace
}  // namespace flintctl::image
