// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace fake_firecracker {

/// Firecracker's own options that flintctl uses, and what a test tells the fake to do wrong.
struct Options {
  std::string api_sock;
  std::string id;
  std::string log_path;
  bool version = false;

  std::string version_number = "1.16.1";  ///< from the program's name: "…-v1.3.0"
  int fail_call = 0;                      ///< refuse the n-th request with a body
  int hang_call = 0;                      ///< never answer it
  int die_call = 0;                       ///< end in the middle of it
  std::string last_words;                 ///< write this to stderr and end at once
  std::string guest = "idle";             ///< after the start: idle, reboot, panic, deaf, crash
};

/// Ends the process with status 153 on an argument that Firecracker would not take.
Options parse_options(int argc, char** argv);

}  // namespace fake_firecracker
