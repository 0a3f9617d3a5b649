// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "devmapper/driver.hpp"
#include "loop/driver.hpp"
#include "sys/process.hpp"

namespace flintctl::testing {

/// What a command printed and how it ended.
struct Ran {
  int status = 0;
  std::string out;
  std::string err;
};

/// Runs `flintctl ARGUMENTS` in this process, through the flags.
Ran run_flintctl(std::vector<std::string> arguments);

/// Output of another program; the test fails when the program does.
std::string output_of(const std::vector<std::string>& argv);

/// The real drivers; the test fails where there are none.
devmapper::Driver& devmapper_driver();
loop::Driver& loop_driver();

/// All dm devices gone, volumes first.
void remove_all_devices();
/// Backing files of all loop devices that have one.
std::vector<std::string> attached_files();

/// Makes thin volume `id` of the pool (unless it is there), activates it as "<pool>-snap-<id>".
void activate_volume(const std::string& pool, unsigned id, std::uint64_t bytes, bool make);
/// Writes and reads `text` at the beginning of a device, past every cache of ours.
void write_device(const std::string& path, const std::string& text);
std::string read_device(const std::string& path, std::size_t length);

/// A filesystem of its own, mounted for the length of a test.
class Mounted {
 public:
  Mounted(const std::string& type, const std::string& path, const std::string& options);
  ~Mounted();
  Mounted(const Mounted&) = delete;
  Mounted& operator=(const Mounted&) = delete;

 private:
  std::string path_;
};

}  // namespace flintctl::testing
