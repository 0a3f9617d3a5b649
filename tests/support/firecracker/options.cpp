// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace fake_firecracker {
namespace {

[[noreturn]] void refuse(const std::string& why) {
  fmt::print(stderr, "Arguments parsing error: {} \n\nFor more information try --help.\n", why);
  std::exit(153);
}

void check_id(const std::string& id) {
  const bool good = !id.empty() && id.size() <= 64 &&
                    std::all_of(id.begin(), id.end(),
                                [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; });
  if (!good) std::abort();  // the real one panics here
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  const std::string program = argv[0];
  if (const auto at = program.rfind("-v"); at != std::string::npos && at > program.rfind('/') + 1) {
    options.version_number = program.substr(at + 2);
  }
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    const auto value = [&]() -> std::string {
      if (i + 1 == argc)
        refuse(fmt::format("The argument '{}' requires a value, but none was supplied.",
                           name.substr(2)));
      return argv[++i];
    };
    if (name == "--version")
      options.version = true;
    else if (name == "--api-sock")
      options.api_sock = value();
    else if (name == "--id")
      options.id = value();
    else if (name == "--log-path")
      options.log_path = value();
    else if (name == "--level")
      (void)value();
    else if (name == "--show-level")
      continue;
    else if (name == "--fake-fail-call")
      options.fail_call = std::atoi(value().c_str());
    else if (name == "--fake-hang-call")
      options.hang_call = std::atoi(value().c_str());
    else if (name == "--fake-die-call")
      options.die_call = std::atoi(value().c_str());
    else if (name == "--fake-last-words")
      options.last_words = value();
    else if (name == "--fake-guest")
      options.guest = value();
    else
      refuse(fmt::format(
          "Found argument '{}' which wasn't expected, or isn't valid in this context.", name));
  }
  if (!options.version) check_id(options.id);
  return options;
}

}  // namespace fake_firecracker
