// SPDX-License-Identifier: Apache-2.0
#include "bed.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <sstream>

#include "cli/command.hpp"
#include "host.hpp"
#include "pool/status.hpp"
#include "provision/devpool.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"
#include "sys/mount.hpp"

namespace flintctl::testing {

Ran run_flintctl(std::vector<std::string> arguments) {
  std::ostringstream out;
  std::ostringstream err;
  output::Streams streams{out, err};
  cmd::GlobalOptions options;
  cmd::Host host(streams, options);
  cli::Command root("flintctl", "test");
  root.option("-o,--output", options.output, "format", "FORMAT");
  root.option("--pool", options.pool, "pool", "NAME");
  cmd::add_devpool(root.add("provision", "test"), host);
  cmd::add_pool_status(root.add("pool", "test"), host);
  arguments.insert(arguments.begin(), "flintctl");
  std::vector<const char*> argv;
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  Ran ran;
  ran.status = cli::run(root, static_cast<int>(argv.size()), argv.data(), streams);
  ran.out = out.str();
  ran.err = err.str();
  return ran;
}

std::string output_of(const std::vector<std::string>& argv) {
  const auto output = sys::run(argv);
  REQUIRE(output);
  INFO(argv[0] << ": " << output->err);
  REQUIRE(output->status.ok());
  return output->out;
}

devmapper::Driver& devmapper_driver() {
  static const auto driver = devmapper::open();
  INFO((driver ? std::string() : driver.error().text()));
  REQUIRE(driver);
  return **driver;
}

loop::Driver& loop_driver() {
  static const auto driver = loop::open();
  INFO((driver ? std::string() : driver.error().text()));
  REQUIRE(driver);
  return **driver;
}

void remove_all_devices() {
  // Volumes hold their pool: each pass removes what nobody holds any more.
  for (int pass = 0; pass < 4; ++pass) {
    const auto devices = devmapper_driver().list();
    REQUIRE(devices);
    for (const devmapper::Device& device : *devices) {
      static_cast<void>(devmapper_driver().remove(device.name, devmapper::Removal::now));
    }
  }
  REQUIRE(devmapper_driver().list()->empty());
}

std::vector<std::string> attached_files() {
  std::vector<std::string> files;
  std::istringstream lines(
      output_of({"/usr/sbin/losetup", "--list", "--noheadings", "--raw", "--output", "BACK-FILE"}));
  for (std::string line; std::getline(lines, line);) files.push_back(line);
  return files;
}

void activate_volume(const std::string& pool, unsigned id, std::uint64_t bytes, bool make) {
  devmapper::Driver& driver = devmapper_driver();
  if (make) REQUIRE(driver.message(pool, fmt::format("create_thin {}", id)));
  const auto info = driver.info(pool);
  REQUIRE(info);
  const devmapper::Target target{0, bytes / 512, "thin",
                                 fmt::format("{} {}", info->number.text(), id)};
  REQUIRE(devmapper::activate(driver, fmt::format("{}-snap-{}", pool, id), "", {target}));
}

void write_device(const std::string& path, const std::string& text) {
  const auto device = sys::open(path, O_RDWR);
  REQUIRE(device);
  REQUIRE(sys::write_all(device->get(), text));
  REQUIRE(::fsync(device->get()) == 0);
}

std::string read_device(const std::string& path, std::size_t length) {
  const auto device = sys::open(path, O_RDONLY);
  REQUIRE(device);
  std::string text(length, '\0');
  REQUIRE(::pread(device->get(), text.data(), length, 0) == static_cast<ssize_t>(length));
  return text;
}

Mounted::Mounted(const std::string& type, const std::string& path, const std::string& options)
    : path_(path) {
  REQUIRE(sys::make_directories(path));
  REQUIRE(sys::mount(type, path, type, 0, options));
}

Mounted::~Mounted() { static_cast<void>(sys::unmount(path_)); }

}  // namespace flintctl::testing
