// SPDX-License-Identifier: Apache-2.0
#include "image/kernel_cache.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <thread>

#include "image/kernel_index.hpp"
#include "image/kernel_store.hpp"
#include "support/archive/folder.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"
#include "sys/sha256.hpp"

namespace flintctl::image {
namespace {

using testing::Folder;

struct Cache {
  Folder state;
  Folder host;
  Result<KernelCache> opened = KernelCache::open(state.path());
  KernelCache& cache = *opened;

  [[nodiscard]] std::vector<std::string> names() const {
    auto names = sys::list_directory(state.path("kernels")).value_or({});
    std::erase(names, "index");
    return names;
  }
  Result<CachedFile> initrd(const std::string& bytes) {
    host.write("initrd", bytes);
    return cache.initrd_from_host(host.path("initrd"));
  }
};

TEST_CASE("files are named by their bytes, once") {
  Cache test;
  const auto first = test.initrd("bytes");
  const auto second = test.initrd("bytes");
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->path == second->path);
  CHECK(first->digest == "sha256:" + sys::sha256_hex("bytes"));
  CHECK(sys::read_file(first->path).value_or({}) == "bytes");
  CHECK(test.names().size() == 1);
  CHECK(test.state.mode("kernels") == 0700);
}

TEST_CASE("what is no kernel is refused, and leaves nothing") {
  Cache test;
  test.host.write("kernel", "#!/bin/sh\n");
  for (const auto format : {KernelFormat::as_is, KernelFormat::elf}) {
    const auto result = test.cache.kernel_from_host(test.host.path("kernel"), format);
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == Code::invalid_argument);
    CHECK_FALSE(result.error().hint().empty());
  }
  CHECK_FALSE(test.cache.kernel_from_host(test.host.path("missing"), KernelFormat::as_is));
  CHECK_FALSE(test.cache.kernel_from_host(test.host.path(), KernelFormat::as_is));
  // Nobody will ever write into it, and nobody waits for that.
  const std::string pipe = test.host.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  for (const auto& refused : {test.cache.kernel_from_host(pipe, KernelFormat::as_is),
                              test.cache.initrd_from_host(pipe)}) {
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Code::invalid_argument);
    CHECK(refused.error().text().find("a named pipe") != std::string::npos);
  }
  CHECK(check_host_kernel(pipe).error().code() == Code::invalid_argument);
  CHECK(check_host_initrd(pipe).error().code() == Code::invalid_argument);
  CHECK(test.names().empty());
}

TEST_CASE("what is too large for kernel or initrd is refused, and leaves nothing") {
  Cache test;
  test.host.write("large",
                  "\x7f"
                  "ELF");
  // All but a block of it are holes, as in an image's layer, where they cost nothing.
  const std::string path = test.host.path("large");
  REQUIRE(::truncate(path.c_str(), (off_t{512} << 20) + 1) == 0);
  for (const auto& refused :
       {test.cache.initrd_from_host(path), test.cache.kernel_from_host(path, KernelFormat::as_is),
        test.cache.kernel_from_host(path, KernelFormat::elf)}) {
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Code::resource_exhausted);
    CHECK(refused.error().text().find("512 MiB") != std::string::npos);
  }
  CHECK(test.names().empty());
}

TEST_CASE("a host's kernel is judged before anything is made of it") {
  const Folder host;
  const auto check = [&](const std::string& name) {
    auto checked = check_host_kernel(host.path(name));
    return checked ? std::nullopt : std::optional(std::move(checked).error());
  };
  host.write("elf",
             "\x7f"
             "ELF");
  host.write("script", "#!/bin/sh\n");
  host.write("empty", "");
  CHECK_FALSE(check("elf"));
  for (const char* const name : {"script", "empty", ""}) {
    INFO(name);
    const auto error = check(name);
    REQUIRE(error);
    CHECK(error->code() == Code::invalid_argument);
    CHECK_FALSE(error->hint().empty());
  }
  REQUIRE(check("missing"));
  CHECK(check("missing")->code() == Code::not_found);
}

TEST_CASE("an ELF that is cut off is stored as it is, but not where an ELF is asked for") {
  Cache test;
  test.host.write("kernel",
                  "\x7f"
                  "ELF and no more");
  CHECK(test.cache.kernel_from_host(test.host.path("kernel"), KernelFormat::as_is));
  const auto result = test.cache.kernel_from_host(test.host.path("kernel"), KernelFormat::elf);
  REQUIRE_FALSE(result);
  CHECK(result.error().code() == Code::data_loss);
  CHECK(test.names().size() == 1);
}

TEST_CASE("gc removes what nothing references and nobody holds") {
  Cache test;
  auto held = test.initrd("held");
  auto referenced = test.initrd("referenced");
  auto unused = test.initrd("unused");
  REQUIRE((held && referenced && unused));
  const std::string path = unused->path;
  unused->hold.reset();
  referenced->hold.reset();
  const auto listed = test.cache.unused({referenced->path});
  REQUIRE(listed);
  CHECK(*listed == std::vector{path});
  const auto removed = test.cache.gc({referenced->path});
  REQUIRE(removed);
  CHECK(*removed == std::vector{path});
  CHECK_FALSE(sys::exists(path));
  CHECK(test.names().size() == 2);
  held->hold.reset();
  CHECK(test.cache.gc({}).value_or({}).size() == 2);
  CHECK(test.names().empty());
}

TEST_CASE("a file that somebody holds is the one that gc looks at, however often it is stored") {
  Cache test;
  const auto held = test.initrd("bytes");
  REQUIRE(held);
  { REQUIRE(test.initrd("bytes")); }
  CHECK(test.cache.gc({}).value_or({"failed"}).empty());
  // One that its disk has damaged is replaced.
  REQUIRE(::truncate(held->path.c_str(), 3) == 0);
  REQUIRE(test.initrd("bytes"));
  CHECK(sys::read_file(held->path).value_or({}) == "bytes");
  CHECK(test.names().size() == 1);
}

TEST_CASE("what is stored is not collected before it is held") {
  Cache test;
  std::atomic<bool> stored = false;
  std::thread collector([&] {
    while (!stored) (void)test.cache.gc({});
  });
  int failed = 0;
  for (int round = 0; round < 60; ++round) failed += test.initrd("bytes") ? 0 : 1;
  stored = true;
  collector.join();
  CHECK(failed == 0);
}

TEST_CASE("gc leaves files and answers alone while another process stores some") {
  Cache test;
  { REQUIRE(test.initrd("bytes")); }
  REQUIRE(sys::make_directories(test.state.path("kernels/index")));
  test.state.write("kernels/index/half.tmp", "{");
  UniqueFd storing = *sys::open(test.state.path("kernels"), O_RDONLY | O_DIRECTORY);
  REQUIRE(::flock(storing.get(), LOCK_SH) == 0);
  CHECK(test.cache.gc({}).value_or({"failed"}).empty());
  CHECK(test.state.has("kernels/index/half.tmp"));
  storing.reset();
  CHECK(test.cache.gc({}).value_or({}).size() == 1);
  CHECK_FALSE(test.state.has("kernels/index/half.tmp"));
}

TEST_CASE("gc knows a file by its name, however its folder is spelled") {
  Cache test;
  std::string path;
  {
    const auto file = test.initrd("bytes");
    REQUIRE(file);
    path = file->path;
  }
  const std::string link = test.host.path("link");
  REQUIRE(::symlink(test.state.path().c_str(), link.c_str()) == 0);
  auto spelled = KernelCache::open(link);
  REQUIRE(spelled);
  CHECK(spelled->gc({path}).value_or({"failed"}).empty());
  CHECK(spelled->gc({}).value_or({}).size() == 1);
}

TEST_CASE("a folder for layers goes with its user, or with the next one when that is dead") {
  Cache test;
  REQUIRE(::mkdir(test.state.path("kernels/.layers-dead").c_str(), 0700) == 0);
  test.state.write("kernels/.layers-dead/half", "unpacked");
  {
    const auto first = test.cache.layer_folder();
    const auto second = test.cache.layer_folder();
    REQUIRE((first && second));
    CHECK(test.names().size() == 2);
    CHECK_FALSE(test.state.has("kernels/.layers-dead"));
    // What somebody unpacks to is not garbage.
    CHECK(test.cache.gc({}).value_or({"failed"}).empty());
    CHECK(test.state.mode("kernels/" + test.names().front()) == 0700);
  }
  CHECK(test.names().empty());
  REQUIRE(::mkdir(test.state.path("kernels/.layers-dead").c_str(), 0700) == 0);
  test.state.write("kernels/.layers-dead/half", "unpacked");
  CHECK(test.cache.gc({}).value_or({}).size() == 1);
  CHECK(test.names().empty());
}

TEST_CASE("cached files are known by the layers they are from, as long as they are there") {
  Cache test;
  const auto initrd = test.initrd("initrd");
  REQUIRE(initrd);
  const KernelIndex index(test.state.path("kernels/index"));
  BootRequest request;
  request.parts = BootRequest::Parts::initrd;
  REQUIRE(index.put("sha256:chain", request, {"", initrd->digest.substr(7)}));
  CHECK(test.cache.find("sha256:chain", request));
  CHECK_FALSE(test.cache.find("sha256:chain", {}));
  CHECK_FALSE(test.cache.find("sha256:other", request));
  CHECK(cached_paths(test.state.path()) == CachedPaths{{"sha256:chain", {initrd->path}}});
  REQUIRE(sys::remove_file(initrd->path));
  CHECK_FALSE(test.cache.find("sha256:chain", request));
  CHECK(cached_paths(test.state.path()).empty());
  CHECK(cached_paths(test.host.path("nothing")).empty());
}

TEST_CASE("gc removes the unfinished files of the dead, not those of the living") {
  Cache test;
  test.state.write(std::string("kernels/") + unfinished_prefix + "dead", "half");
  test.state.write(std::string("kernels/") + unfinished_prefix + "alive", "half");
  const auto alive =
      sys::open(test.state.path(std::string("kernels/") + unfinished_prefix + "alive"), O_RDONLY);
  REQUIRE(alive);
  REQUIRE(::flock(alive->get(), LOCK_EX) == 0);
  CHECK(test.cache.gc({}).value_or({}).size() == 1);
  CHECK(test.names() == std::vector{std::string(unfinished_prefix) + "alive"});
}

}  // namespace
}  // namespace flintctl::image
