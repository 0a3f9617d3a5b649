// SPDX-License-Identifier: Apache-2.0
#include "provision/containerd_program.hpp"

#include <utility>

#include "sys/file.hpp"

namespace flintctl::provision {

ProgramStore containerd_store(const std::string& facts) {
  return {"/usr/local/lib/flintctl/containerd",
          {"containerd", "ctr"},
          "/usr/local/lib/flintctl/bin",
          facts,
          "containerd"};
}

Result<std::string> find_containerd_program(const std::string& name) {
  const std::string own = containerd_store().bin + "/" + name;
  if (name.find('/') == std::string::npos && sys::exists(own)) return own;
  return sys::find_program(name);
}

std::unique_ptr<Step> containerd_program_step(ProgramSource source, const std::string& facts) {
  return std::make_unique<ProgramStep>("containerd-program", std::move(source),
                                       containerd_store(facts));
}

Result<> validate_containerd_source(const ProgramSource& source) {
  return validate_origin(
      source, "apt-get install containerd, or --release PATH or --url URL, with --sha256");
}

}  // namespace flintctl::provision
