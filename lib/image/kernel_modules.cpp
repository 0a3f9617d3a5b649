// SPDX-License-Identifier: Apache-2.0
#include "image/kernel_modules.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace flintctl::image {
namespace {

/// "kernel/drivers/net/virtio_net.ko.xz" is virtio_net; '-' and '_' are the same in module names.
std::string module_name(std::string_view file) {
  file.remove_prefix(file.rfind('/') == std::string_view::npos ? 0 : file.rfind('/') + 1);
  std::string name(file.substr(0, file.find('.')));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

/// Calls `take` with each line, or each word of a line.
template <typename Take>
void split(std::string_view text, char separator, const Take& take) {
  while (!text.empty()) {
    const auto end = text.find(separator);
    const auto part = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (!part.empty()) take(part);
  }
}

void add_once(std::vector<std::string>& files, const std::string& file) {
  if (std::find(files.begin(), files.end(), file) == files.end()) files.push_back(file);
}

}  // namespace

KernelModules KernelModules::parse(std::string_view dependencies, std::string_view builtin) {
  KernelModules modules;
  split(dependencies, '\n', [&](std::string_view line) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return;
    Module module{module_name(line.substr(0, colon)), std::string(line.substr(0, colon)), {}};
    split(line.substr(colon + 1), ' ', [&](auto file) { module.needs.emplace_back(file); });
    // depmod puts what must load first last.
    std::reverse(module.needs.begin(), module.needs.end());
    modules.modules_.push_back(std::move(module));
  });
  split(builtin, '\n', [&](auto file) { modules.builtin_.push_back(module_name(file)); });
  return modules;
}

const KernelModules::Module* KernelModules::find(std::string_view name) const {
  const auto found = std::find_if(modules_.begin(), modules_.end(),
                                  [&](const Module& module) { return module.name == name; });
  return found == modules_.end() ? nullptr : &*found;
}

Result<std::vector<std::string>> KernelModules::load_order(
    const std::vector<std::string_view>& wanted,
    const std::vector<std::string_view>& required) const {
  std::vector<std::string> files;
  for (const auto name : wanted) {
    if (const auto* const module = find(name)) {
      for (const auto& file : module->needs) add_once(files, file);
      add_once(files, module->file);
      continue;
    }
    const bool built_in = std::find(builtin_.begin(), builtin_.end(), name) != builtin_.end();
    const bool needed = std::find(required.begin(), required.end(), name) != required.end();
    if (built_in || !needed) continue;
    return Error(Code::not_found, fmt::format("the kernel has no module {}", name))
        .with_hint("a microVM's disk is a virtio one: take a kernel that has its driver");
  }
  return files;
}

}  // namespace flintctl::image
