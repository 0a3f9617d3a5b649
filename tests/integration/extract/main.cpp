// SPDX-License-Identifier: Apache-2.0
// A test program that is, as flintctl is, its own child; and an extraction to be killed.
#define CATCH_CONFIG_RUNNER
#include <csignal>
#include <iostream>
#include <string_view>

#include "archive/ext4_image.hpp"
#include "archive/extract_child.hpp"
#include "image/kernel_inspection.hpp"
#include "stalled.hpp"
#include "support/catch.hpp"
#include "sys/mount.hpp"

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  const std::string_view word = argc > 1 ? argv[1] : "";
  const std::string_view mode = argc > 2 ? argv[2] : "";
  if (word == "__extract" && mode == "layers") return flintctl::archive::run_extract_child();
  if (word == "__extract" && mode == "ext4") return flintctl::archive::run_ext4_child();
  if (word == "__extract") return flintctl::image::run_inspect_child();
  if (word == flintctl::archive::stalled_word) return flintctl::archive::run_stalled(argv[2]);
  if (const auto own = flintctl::sys::unshare_mounts(); !own) {
    std::cerr << own.error().text() << '\n';
    return 1;
  }
  return Catch::Session().run(argc, argv);
}
