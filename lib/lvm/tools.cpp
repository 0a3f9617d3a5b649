// SPDX-License-Identifier: Apache-2.0
#include "lvm/tools.hpp"

#include <fmt/format.h>

#include <sstream>

#include "sys/file.hpp"
#include "sys/host.hpp"
#include "sys/process.hpp"

namespace flintctl::lvm {
namespace {

class HostTools final : public Tools {
 public:
  bool available() override { return sys::find_program("lvm").has_value(); }
  Result<std::string> run(const std::vector<std::string>& words) override {
    auto program = sys::find_program("lvm");
    if (!program) {
      return std::move(program)
          .error()
          .with_code(Code::host_not_ready)
          .with_hint("install it: apt-get install lvm2 thin-provisioning-tools");
    }
    std::vector<std::string> argv = {*program};
    argv.insert(argv.end(), words.begin(), words.end());
    sys::RunOptions options;
    options.environment = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                           "LC_ALL=C"};
    // Without udevd LVM would wait for device nodes that nobody makes.
    if (!sys::udev_running()) options.environment.emplace_back("DM_DISABLE_UDEV=1");
    const sys::Output output = TRY(sys::run_to_end(argv, options));
    if (output.status.ok()) return output.out;
    const std::string said = last_line(output.err.empty() ? output.out : output.err);
    return Error(Code::unknown,
                 fmt::format("{}: {}", words.front(), said.empty() ? output.status.text() : said));
  }
};

}  // namespace

std::unique_ptr<Tools> host_tools() { return std::make_unique<HostTools>(); }

std::string last_line(const std::string& text) {
  std::istringstream lines(text);
  std::string last;
  for (std::string line; std::getline(lines, line);) {
    const auto begin = line.find_first_not_of(" \t");
    if (begin == std::string::npos || line.compare(begin, 5, "Run `") == 0) continue;
    last = line.substr(begin);
  }
  return last;
}

}  // namespace flintctl::lvm
