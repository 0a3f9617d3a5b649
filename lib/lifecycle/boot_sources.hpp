// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
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
  Result<> ensure_images(const vm::Spec& spec, vmm::KernelFormat format);
  Result<LocalImage> image(const std::string& ref);
  Result<BootFiles> boot_files(const vm::Spec& spec, vmm::KernelFormat format,
                               const std::string& lease);

 private:
  /// An image, or only files of it.
  struct Need {
    std::string ref;
    std::optional<image::BootRequest> boot = std::nullopt;
  };
  struct Wanted {
    Need need;
    oci::Reference reference;
    image::PullOptions options;
  };
  struct Ensured {
    image::LocalImage image;
    image::BootRequest request;
    /// Held as long as this: of the image only what `request` asks for is here. Absent: its
    /// snapshot is.
    std::optional<image::CachedBootFiles> files;
  };
  Result<> ensure_all(const std::vector<Need>& needs);
  Result<std::vector<Wanted>> missing_of(const std::vector<Need>& needs);
  [[nodiscard]] bool has(const std::string& name, const Need& need) const;
  void note(const std::string& name, const Need& need, image::PullResult result);
  Result<image::LocalImage> ensure(const Need& need);
  Result<image::KernelCache*> cache();
  Result<image::CachedBootFiles> from_image(const std::string& ref,
                                            const image::BootRequest& request,
                                            const std::string& lease);
  Result<image::CachedBootFiles> with_kernel(const vm::Spec& spec, vmm::KernelFormat format,
                                             const std::string& lease);

  const HostSettings& settings_;
  std::optional<image::KernelCache> cache_;
  std::map<std::string, Ensured> ensured_;  ///< by Reference::name
};

}  // namespace flintctl::lifecycle
