// SPDX-License-Identifier: Apache-2.0
#include "provision/vmm_install.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "place.hpp"
#include "provision/plan.hpp"
#include "provision/program_archive.hpp"
#include "provision/program_version.hpp"
#include "support/archive/compress.hpp"
#include "support/archive/tar_builder.hpp"
#include "support/fake_apt.hpp"
#include "sys/sha256.hpp"

using namespace flintctl;
using namespace flintctl::provision;
using testing::Place;

namespace {

/// A program of this host that answers to --version with one, and names itself `as` there: what a
/// binary of that name is. `origin`: the words of its own in the place of which `as` comes.
std::string program_of(const std::string& path, const std::string& origin, std::string as) {
  std::string bytes = Place::read(path);
  REQUIRE(as.size() <= origin.size());
  as.resize(origin.size(), ' ');
  const auto at = bytes.find(origin);
  REQUIRE(at != std::string::npos);
  return bytes.replace(at, as.size(), as);
}
std::string program(const std::string& as = "Firecracker") {
  return program_of("/bin/cat", "GNU coreutils", as);
}

struct Store : Place {
  VmmPaths where{root + "/lib", root + "/bin", root + "/facts"};
  VmmSource source;

  Store() { give(program()); }
  /// A source file with these bytes and their digest.
  void give(const std::string& bytes) {
    source.name = "firecracker";
    source.file = root + "/download";
    write(source.file, bytes);
    source.sha256 = sys::sha256_hex(bytes);
  }
  Result<> apply() {
    Plan plan(paths, services);
    plan.add(std::make_unique<VmmStep>(source, where));
    return plan.apply([](const StepReport&) {});
  }
  Result<> reset() {
    Plan plan(paths, services);
    plan.add(std::make_unique<VmmStep>(source, where));
    return plan.reset(Data::keep, [](const UndoReport&) {});
  }
  std::vector<InstalledVmm> installed() const { return list_vmms(where).value(); }
  /// Nothing is installed, linked or left half done.
  void require_nothing() const {
    CHECK(installed().empty());
    CHECK_FALSE(sys::exists(where.store));
    CHECK_FALSE(sys::exists(where.bin));
  }
};

}  // namespace

TEST_CASE("a binary is installed under the version that it says, linked, and unchanged again") {
  Store store;
  REQUIRE(store.apply());
  REQUIRE(store.installed().size() == 1);
  const InstalledVmm one = store.installed().front();
  CHECK(one.linked);
  CHECK(one.intact);
  CHECK(one.path.starts_with(store.where.store + "/firecracker/" + one.version + "/"));
  CHECK(Place::read(store.where.bin + "/firecracker") == program());
  struct stat before = {};
  struct stat after = {};
  REQUIRE(::stat(one.path.c_str(), &before) == 0);
  REQUIRE(store.apply());
  REQUIRE(::stat(one.path.c_str(), &after) == 0);
  CHECK(before.st_ino == after.st_ino);

  REQUIRE(store.reset());
  CHECK_FALSE(sys::exists(store.where.store));
  CHECK(sys::list_directory(store.where.bin).value().empty());
}

TEST_CASE("bytes with another digest are never executed, and nothing is installed") {
  Store store;
  const std::string witness = store.root + "/executed";
  store.write(store.source.file, "#!/bin/sh\ntouch " + witness + "\necho 1.2.3\n");
  const auto refused = store.apply();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::data_loss);
  CHECK_FALSE(sys::exists(witness));
  store.require_nothing();
}

TEST_CASE("a file that is absent or has another digest is refused before anything is recorded") {
  Store store;
  store.source.sha256 = std::string(64, 'a');
  CHECK(store.apply().error().code() == Code::data_loss);
  store.source.file = store.root + "/nowhere";
  CHECK(store.apply().error().code() == Code::not_found);
  CHECK(store.recorded() == 0);
}

TEST_CASE("a cut download is refused like a changed one") {
  Store store;
  store.write(store.source.file, program().substr(0, 1000));
  CHECK_FALSE(store.apply());
  store.require_nothing();
}

TEST_CASE("what is verified and no executable, or says another version, is not installed") {
  Store store;
  for (const std::string& text : {std::string("#!/bin/sh\necho 1.2.3\n"), std::string(2048, 'x')}) {
    store.give(text);
    const auto refused = store.apply();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Code::invalid_argument);
    CHECK(refused.error().text().find("neither an ELF executable nor an archive") !=
          std::string::npos);
    store.require_nothing();
  }
  store.give(program());
  store.source.version = "99.9";
  const auto refused = store.apply();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text().find("not 99.9") != std::string::npos);
  store.require_nothing();
}

TEST_CASE("what says that it is another program is not installed in that one's place") {
  struct Case {
    const char* name;
    const char* says;
  };
  const Case one = GENERATE(Case{"qemu", "QEMU emulator"}, Case{"firecracker", "Firecracker"},
                            Case{"jailer", "Jailer"}, Case{"virtiofsd", "virtiofsd"});
  INFO(one.name);
  Store store;
  store.give(program("Alacritty"));
  store.source.name = one.name;
  const auto refused = store.apply();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::invalid_argument);
  CHECK(refused.error().text().find(std::string("that it is ") + one.says) != std::string::npos);
  CHECK(refused.error().text().find("Alacritty") != std::string::npos);
  CHECK_FALSE(refused.error().hint().empty());
  store.require_nothing();
  store.give(program(one.says));
  store.source.name = one.name;
  REQUIRE(store.apply());
  CHECK(store.installed().front().linked);
}

TEST_CASE("the binary is taken from a release, compressed or not") {
  Store store;
  const std::string tar = testing::TarBuilder()
                              .folder("release-v1")
                              .file("release-v1/README", "read me")
                              .file("release-v1/firecracker-v1-x86_64.debug", "symbols")
                              .file("release-v1/firecracker-v1-x86_64", program())
                              .finish();
  for (const std::string& release : {tar, testing::gzip_member(tar)}) {
    store.give(release);
    REQUIRE(store.apply());
    CHECK(Place::read(store.where.bin + "/firecracker") == program());
  }
}

TEST_CASE("a release without the binary, or with two, is refused") {
  Store store;
  store.give(testing::TarBuilder().file("jailer", program()).finish());
  CHECK_FALSE(store.apply());
  store.require_nothing();
  store.give(testing::TarBuilder()
                 .file("firecracker", program())
                 .file("firecracker-v2", program())
                 .finish());
  const auto refused = store.apply();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().hint().find("--file") != std::string::npos);
  store.require_nothing();
}

TEST_CASE("a foreign program of the name is left alone, and nothing is installed") {
  Store store;
  store.write(store.where.bin + "/firecracker", "mine");
  const auto refused = store.apply();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Code::already_exists);
  CHECK(Place::read(store.where.bin + "/firecracker") == "mine");
  CHECK(store.installed().empty());
}

TEST_CASE("two versions stand side by side, and the link leads to the one that is asked for") {
  Store store;
  REQUIRE(store.apply());
  const std::string first = store.installed().front().version;
  store.give(program_of("/usr/bin/xargs", "GNU findutils", "Firecracker"));
  REQUIRE(store.apply());
  REQUIRE(store.installed().size() == 2);
  for (const InstalledVmm& one : store.installed()) {
    CHECK(one.intact);
    CHECK(one.linked == (one.version != first));
  }
  store.give(program());
  REQUIRE(store.apply());
  REQUIRE(store.installed().size() == 2);
  for (const InstalledVmm& one : store.installed()) CHECK(one.linked == (one.version == first));
}

TEST_CASE("a binary that was changed since is seen and installed again") {
  Store store;
  REQUIRE(store.apply());
  const std::string path = store.installed().front().path;
  const bool contents = GENERATE(true, false);
  if (contents) {
    store.write(path, "changed");
  } else {
    REQUIRE(::chmod(path.c_str(), 04777) == 0);
  }
  CHECK_FALSE(store.installed().front().intact);
  REQUIRE(store.apply());
  CHECK(store.installed().front().intact);
  REQUIRE(store.installed().size() == 1);
}

TEST_CASE("half an installation of a killed run is no version, and goes with the next") {
  Store store;
  store.write(store.where.store + "/firecracker/.new-1234/firecracker", "half");
  store.write(store.where.store + "/firecracker/9.9/firecracker", "without its seal");
  CHECK(store.installed().empty());
  REQUIRE(store.apply());
  CHECK(store.installed().size() == 1);
  CHECK_FALSE(sys::exists(store.where.store + "/firecracker/.new-1234"));
}

TEST_CASE("a source must be one file or URL with a digest, of a known name") {
  const std::string digest(64, 'a');
  CHECK(validate({"firecracker", "/x", "", digest, ""}));
  CHECK(validate({"qemu", "", "https://example.org/x", digest, ""}));
  CHECK_FALSE(validate({"bochs", "/x", "", digest, ""}));
  CHECK_FALSE(validate({"firecracker", "/x", "https://example.org/x", digest, ""}));
  CHECK_FALSE(validate({"firecracker", "/x", "", "", ""}));
  CHECK_FALSE(validate({"firecracker", "/x", "", std::string(64, 'G'), ""}));
  CHECK_FALSE(validate({"firecracker", "", "ftp://example.org/x", digest, ""}));
  // Nothing at all is the package, where there is one.
  CHECK(validate({"qemu", "", "", "", ""}));
  CHECK(validate({"virtiofsd", "", "", "", ""}));
  for (const char* name : {"firecracker", "jailer", "cloud-hypervisor"}) {
    CHECK_FALSE(validate({name, "", "", "", ""}));
  }
  const auto half = validate({"qemu", "", "", digest, ""});
  REQUIRE_FALSE(half);
  CHECK(half.error().hint().find("package qemu-system-x86") != std::string::npos);
}

TEST_CASE("the host's own hypervisors are found where VMs find them, with package and version") {
  Store store;
  const testing::FakeApt apt;
  apt.offer("hypervisors", "", "qemu-here");
  REQUIRE(apt.packages().install({"hypervisors"}, apt::Packages::Broken::refuse));
  REQUIRE(store.apply());
  // One of a package, one that flintctl installed, and one that is neither and has no version.
  const std::string mute = store.root + "/jailer";
  store.write(mute, "#!/bin/sh\nexit 1\n");
  REQUIRE(::chmod(mute.c_str(), 0755) == 0);
  std::map<std::string, HostVmm> found;
  for (HostVmm& one : find_host_vmms(store.where,
                                     {{"qemu", apt.program("qemu-here")},
                                      {"firecracker", store.where.bin + "/firecracker"},
                                      {"jailer", mute}},
                                     apt.packages())) {
    found.emplace(one.name, one);
  }
  REQUIRE(found.count("qemu") == 1);
  CHECK(found["qemu"].package == "hypervisors");
  CHECK(found["qemu"].version == "1.2.3");
  CHECK(found["qemu"].path == apt.program("qemu-here"));
  CHECK(found.count("firecracker") == 0);
  CHECK(found["jailer"].package.empty());
  CHECK(found["jailer"].version.empty());
}

TEST_CASE("the binary in a release is known by its name") {
  CHECK(is_program_member("firecracker", "firecracker"));
  CHECK(is_program_member("release-v1.15.1-x86_64/firecracker-v1.15.1-x86_64", "firecracker"));
  CHECK(is_program_member("cloud-hypervisor-static", "cloud-hypervisor"));
  CHECK_FALSE(is_program_member("release/firecracker-v1.15.1-x86_64.debug", "firecracker"));
  CHECK_FALSE(is_program_member("release/firecracker_spec-v1.15.1.yaml", "firecracker"));
  CHECK_FALSE(is_program_member("firecracker/README", "firecracker"));
}

TEST_CASE("versions are read as the programs say them") {
  CHECK(parse_program_version("Firecracker v1.15.1\n\nexit code 0").value() == "1.15.1");
  CHECK(parse_program_version("cloud-hypervisor v53.0").value() == "53.0");
  CHECK(parse_program_version("QEMU emulator version 7.2.22 (Debian 1:7.2)").value() == "7.2.22");
  CHECK_FALSE(parse_program_version("usage: x"));
  CHECK_FALSE(parse_program_version("../../etc"));
  CHECK_FALSE(parse_program_version(""));
  CHECK_FALSE(parse_program_version("1." + std::string(64, '9')));
}
