// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/boot_sources.hpp"

#include <fmt/format.h>

#include <optional>
#include <set>

#include "core/in_parallel.hpp"
#include "oci/reference.hpp"

namespace flintctl::lifecycle {
namespace {

constexpr std::size_t most_at_once = 3;  // OS, kernel and initrd

image::KernelFormat image_format(vmm::KernelFormat format) {
  return format == vmm::KernelFormat::elf ? image::KernelFormat::elf : image::KernelFormat::as_is;
}

/// No initrd of its own was asked for, or one of the kernel's image.
bool initrd_with_kernel(const vm::Spec& spec) {
  return spec.initrd.empty() ||
         (spec.initrd.path.empty() && spec.initrd.image == spec.kernel.image);
}

}  // namespace

/// Those that have to be asked for, each once; the others are noted.
Result<std::vector<BootSources::Wanted>> BootSources::missing_of(
    const std::vector<std::string>& refs) {
  const auto policy = settings_.pull.policy;
  std::vector<Wanted> missing;
  std::set<std::string> names;
  image::NoProgress silent;
  for (const auto& ref : refs) {
    const auto reference = TRY(oci::Reference::parse(ref));
    const std::string name = reference.name();
    if (ensured_.contains(name) || !names.insert(name).second) continue;
    auto options = TRY(settings_.pull.options(reference));
    if (policy != image::PullPolicy::always) {
      auto local =
          image::ensure(*settings_.client, reference, image::PullPolicy::never, options, silent);
      const bool absent = !local && local.error().code() == Code::not_found;
      if (!absent || policy == image::PullPolicy::never) {
        auto found = TRY(std::move(local).context(fmt::format("image '{}'", ref)));
        ensured_.emplace(name, std::move(found.image));
        continue;
      }
    }
    missing.push_back({ref, reference, std::move(options)});
  }
  return missing;
}

/// The missing ones are asked for together, so that a command waits for the slowest and not for
/// all of them, and shows them side by side.
Result<> BootSources::ensure_all(const std::vector<std::string>& refs) {
  const auto missing = TRY(missing_of(refs));
  std::vector<std::string> names;
  names.reserve(missing.size());
  for (const auto& wanted : missing) names.push_back(wanted.reference.name());
  const auto display = settings_.pull.display(names);
  std::vector<std::optional<Result<image::PullResult>>> results(missing.size());
  in_parallel(missing.size(), most_at_once, [&](std::size_t i) {
    const auto progress = display->of(i);
    auto& result = results[i];
    result = image::pull(*settings_.client, missing[i].reference, missing[i].options, *progress);
    if (*result && !(*result)->warning.empty()) progress->note("warning: " + (*result)->warning);
  });
  for (std::size_t i = 0; i < missing.size(); ++i) {
    auto pulled = TRY(std::move(*results[i]).context(fmt::format("image '{}'", missing[i].ref)));
    ensured_.emplace(names[i], std::move(pulled.image));
  }
  return {};
}

Result<image::LocalImage> BootSources::ensure(const std::string& ref) {
  TRY(ensure_all({ref}));
  return ensured_.at(TRY(oci::Reference::parse(ref)).name());
}

Result<LocalImage> BootSources::image(const std::string& ref) {
  const auto image = TRY(ensure(ref));
  return LocalImage{image.name, image.manifest.digest.text(), image.snapshot()};
}

Result<image::CachedBootFiles> BootSources::from_image(image::KernelCache& cache,
                                                       const std::string& ref,
                                                       const image::BootRequest& request,
                                                       const std::string& lease) {
  const auto image = TRY(ensure(ref));
  const auto leased = settings_.client->with_lease(lease);
  return cache.from_snapshot(*leased, settings_.snapshotter, image.snapshot(), request)
      .context(fmt::format("image '{}'", ref));
}

/// The kernel, and the initrd if it comes with it.
Result<image::CachedBootFiles> BootSources::with_kernel(image::KernelCache& cache,
                                                        const vm::Spec& spec,
                                                        image::KernelFormat format,
                                                        const std::string& lease) {
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
                                          const std::string& lease) {
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
