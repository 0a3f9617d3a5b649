// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/boot_sources.hpp"

#include <fmt/format.h>

#include "oci/reference.hpp"

namespace flintctl::lifecycle {

Result<image::LocalImage> BootSources::ensure(const std::string& ref) const {
  const auto reference = TRY(oci::Reference::parse(ref));
  const auto options = TRY(settings_.pull.options(reference));
  const auto progress = settings_.pull.progress();
  auto result = TRY(image::ensure(*settings_.client, reference, image::PullPolicy::missing, options,
                                  *progress)
                        .context(fmt::format("image '{}'", ref)));
  return std::move(result.image);
}

Result<LocalImage> BootSources::image(const std::string& ref) const {
  const auto image = TRY(ensure(ref));
  return LocalImage{image.name, image.manifest.digest.text(), image.snapshot()};
}

Result<BootFiles> BootSources::boot_files(const vm::Spec& spec, vmm::KernelFormat) const {
  if (!spec.kernel.image.empty() || !spec.initrd.image.empty()) {
    return Error(Code::unimplemented, "kernels from images are not supported yet");
  }
  return BootFiles{{"", spec.kernel.path}, {"", spec.initrd.path}};
}

Result<> BootSources::check_init(const LocalImage&, const std::string&) const { return {}; }

Result<std::vector<std::string>> BootSources::unused_kernels(const std::vector<std::string>&) const {
  return std::vector<std::string>{};
}

}  // namespace flintctl::lifecycle
