// SPDX-License-Identifier: Apache-2.0
#include "provision/modules_step.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "provision/host_file.hpp"
#include "sys/host.hpp"

namespace flintctl::provision {
namespace {

/// Without one of these a VM still runs, and lacks something.
struct Optional {
  const char* name;
  const char* lacks;
};
constexpr Optional optional_modules[] = {
    {"vhost_vsock", "VMs get no vsock device"},
    {"vhost_net", "VM networking is slower"},
};

}  // namespace

Modules host_modules() {
  const auto kernel = std::make_shared<sys::KernelModules>();
  return {[kernel](const std::string& name) { return kernel->loaded(name); },
          [kernel](const std::string& name) { return kernel->available(name); },
          [](const std::string& name) { return sys::load_module(name); }};
}

ModulesStep::ModulesStep(HostPaths paths, Modules modules, std::vector<std::string> extra)
    : paths_(std::move(paths)),
      modules_(std::move(modules)),
      needed_({"dm_thin_pool", "loop", "tun"}) {
  for (std::string& name : extra) needed_.push_back(std::move(name));
}

std::string ModulesStep::file_text() const {
  std::string text = "# What flintctl needs at each boot. Made by 'flintctl provision'.\n";
  for (const std::string& name : needed_) text += name + "\n";
  for (const Optional& module : optional_modules) {
    if (modules_.loaded(module.name) || modules_.available(module.name)) {
      text += fmt::format("{}\n", module.name);
    }
  }
  return text;
}

Result<Finding> ModulesStep::check() {
  Finding finding;
  const auto subject = [](const std::string& name) { return "module " + name; };
  for (const std::string& name : needed_) {
    const State state = modules_.loaded(name) ? State::in_place : State::missing;
    const bool hopeless = state == State::missing && !modules_.available(name);
    finding.items.push_back(
        {state, subject(name), hopeless ? "is not in this kernel" : "", "load"});
    if (!hopeless || finding.obstacle) continue;
    finding.obstacle =
        Error(Code::host_not_ready, fmt::format("the module {} is not in this kernel", name))
            .with_hint(fmt::format("use a kernel that has {}, built in or as a module", name));
  }
  for (const Optional& module : optional_modules) {
    if (modules_.loaded(module.name)) {
      finding.items.push_back({State::in_place, subject(module.name), {}});
    } else if (modules_.available(module.name)) {
      finding.items.push_back({State::missing, subject(module.name), {}, "load"});
    } else {
      finding.warnings.push_back(
          fmt::format("this kernel has no {}: {}", module.name, module.lacks));
    }
  }
  finding.items.push_back(check_file({file_path(), file_text()}));
  return finding;
}

Result<> ModulesStep::apply(Journal& journal) {
  for (const std::string& name : needed_) TRY(modules_.load(name));
  for (const Optional& module : optional_modules) {
    if (modules_.available(module.name)) TRY(modules_.load(module.name));
  }
  return install_file({file_path(), file_text()}, journal);
}

}  // namespace flintctl::provision
