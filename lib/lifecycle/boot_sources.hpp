// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "image/kernel_cache.hpp"
#include "image/local_image.hpp"
#include "lifecycle/host_parts.hpp"

namespace flintctl::lifecycle {

/// Where a VM's root, kernel and initrd come from on a real host: images, pulled when they are not
/// local, the kernel cache, and files.
class BootSources {
 public:
  explicit BootSources(const HostSettings& settings) : settings_(settings) {}

  /// See Parts, for all three.
  Result<> ensure_all(const std::vector<std::string>& refs);
  Result<LocalImage> image(const std::string& ref);
  Result<BootFiles> boot_files(const vm::Spec& spec, vmm::KernelFormat format,
                               const std::string& lease);

 private:
  struct Wanted {
    std::string ref;
    oci::Reference reference;
    image::PullOptions options;
  };
  Result<std::vector<Wanted>> missing_of(const std::vector<std::string>& refs);
  Result<image::LocalImage> ensure(const std::string& ref);
  Result<image::CachedBootFiles> from_image(image::KernelCache& cache, const std::string& ref,
                                            const image::BootRequest& request,
                                            const std::string& lease);
  Result<image::CachedBootFiles> with_kernel(image::KernelCache& cache, const vm::Spec& spec,
                                             image::KernelFormat format, const std::string& lease);

  const HostSettings& settings_;
  std::map<std::string, image::LocalImage> ensured_;  ///< by Reference::name
};

}  // namespace flintctl::lifecycle
