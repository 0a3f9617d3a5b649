// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "image/local_image.hpp"
#include "lifecycle/host_parts.hpp"

namespace flintctl::lifecycle {

/// Where a VM's root, kernel and initrd come from on a real host: images, pulled when they are not
/// local, the kernel cache, and files.
class BootSources {
 public:
  explicit BootSources(const HostSettings& settings) : settings_(settings) {}

  Result<LocalImage> image(const std::string& ref) const;
  Result<BootFiles> boot_files(const vm::Spec& spec, vmm::KernelFormat format) const;
  Result<> check_init(const LocalImage& image, const std::string& init) const;
  Result<std::vector<std::string>> unused_kernels(const std::vector<std::string>& used) const;

 private:
  Result<image::LocalImage> ensure(const std::string& ref) const;

  const HostSettings& settings_;
};

}  // namespace flintctl::lifecycle
