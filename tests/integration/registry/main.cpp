// SPDX-License-Identifier: Apache-2.0
// A test program that can be, as flintctl can, its own extractor, and a pull to be killed.
#define CATCH_CONFIG_RUNNER
#include <csignal>
#include <iostream>
#include <string_view>

#include "archive/extract_child.hpp"
#include "doomed.hpp"
#include "image/kernel_inspection.hpp"
#include "support/catch.hpp"
#include "sys/mount.hpp"

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  const std::string_view word = argc > 1 ? argv[1] : "";
  const std::string_view mode = argc > 2 ? argv[2] : "";
  if (word == "__extract" && mode == "inspect") return flintctl::image::run_inspect_child();
  if (word == "__extract") return flintctl::archive::run_extract_child();
  if (word == flintctl::image::doomed_word) return flintctl::image::run_doomed(argc, argv);
  if (const auto own = flintctl::sys::unshare_mounts(); !own) {
    std::cerr << own.error().text() << '\n';
    return 1;
  }
  return Catch::Session().run(argc, argv);
}
