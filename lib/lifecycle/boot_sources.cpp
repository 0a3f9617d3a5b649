// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/boot_sources.hpp"

#include <fmt/format.h>

#include "oci/reference.hpp"

namespace flintctl::lifecycle {
namespace {

image::KernelFormat image_format(vmm::KernelFormat format) {
  return format == vmm::KernelFormat::elf ? image::KernelFormat::elf : image::KernelFormat::as_is;
}

/// No initrd of its own was asked for, or one of the kernel's image.
bool initrd_with_kernel(const vm::Spec& spec) {
  return spec.initrd.empty() ||
         (spec.initrd.path.empty() && spec.initrd.image == spec.kernel.image);
}

}  // namespace

Result<image::LocalImage> BootSources::ensure(const std::string& ref) const {
  const auto reference = TRY(oci::Reference::parse(ref));
  const auto options = TRY(settings_.pull.options(reference));
  const auto progress = settings_.pull.progress();
  auto result =
      TRY(image::ensure(*settings_.client, reference, settings_.pull.policy, options, *progress)
              .context(fmt::format("image '{}'", ref)));
  return std::move(result.image);
}

Result<LocalImage> BootSources::image(const std::string& ref) const {
  const auto image = TRY(ensure(ref));
  return LocalImage{image.name, image.manifest.digest.text(), image.snapshot()};
}

Result<image::CachedBootFiles> BootSources::from_image(image::KernelCache& cache,
                                                       const std::string& ref,
                                                       const image::BootRequest& request,
                                                       const std::string& lease) const {
  const auto image = TRY(ensure(ref));
  const auto leased = settings_.client->with_lease(lease);
  return cache.from_snapshot(*leased, settings_.snapshotter, image.snapshot(), request)
      .context(fmt::format("image '{}'", ref));
}

/// The kernel, and the initrd if it comes with it.
Result<image::CachedBootFiles> BootSources::with_kernel(image::KernelCache& cache,
                                                        const vm::Spec& spec,
                                                        image::KernelFormat format,
                                                        const std::string& lease) const {
  if (!spec.kernel.path.empty()) {
    image::CachedBootFiles files;
    files.kernel = TRY(cache.kernel_from_host(spec.kernel.path, format));
    return files;
  }
  image::BootRequest request;
  request.format = format;
  request.kernel_file = spec.kernel.file;
  if (initrd_with_kernel(spec)) {
    request.initrd_file = spec.initrd.file;
  } else {
    request.parts = image::BootRequest::Parts::kernel;
  }
  return from_image(cache, spec.kernel.image, request, lease);
}

Result<BootFiles> BootSources::boot_files(const vm::Spec& spec, vmm::KernelFormat format,
                                          const std::string& lease) const {
  auto cache = TRY(image::KernelCache::open(settings_.paths.state));
  auto files = TRY(with_kernel(cache, spec, image_format(format), lease));
  if (!spec.initrd.path.empty()) {
    files.initrd = TRY(cache.initrd_from_host(spec.initrd.path));
  } else if (!initrd_with_kernel(spec)) {
    image::BootRequest request;
    request.parts = image::BootRequest::Parts::initrd;
    request.initrd_file = spec.initrd.file;
    files.initrd = TRY(from_image(cache, spec.initrd.image, request, lease)).initrd;
  }
  BootFiles found{
      {files.kernel.digest, files.kernel.path}, {files.initrd.digest, files.initrd.path}, {}};
  found.holds.push_back(std::move(files.kernel.hold));
  found.holds.push_back(std::move(files.initrd.hold));
  return found;
}

}  // namespace flintctl::lifecycle
