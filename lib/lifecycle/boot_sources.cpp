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

/// No initrd of its own was asked for, or one of the kernel's image.
bool initrd_with_kernel(const vm::Spec& spec) {
  return spec.initrd.empty() ||
         (spec.initrd.path.empty() && spec.initrd.image == spec.kernel.image);
}

/// What is wanted of the kernel's image.
image::BootRequest kernel_request(const vm::Spec& spec, vmm::KernelFormat format) {
  image::BootRequest request;
  request.format =
      format == vmm::KernelFormat::elf ? image::KernelFormat::elf : image::KernelFormat::as_is;
  request.kernel_file = spec.kernel.file;
  if (initrd_with_kernel(spec)) {
    request.initrd_file = spec.initrd.file;
  } else {
    request.parts = image::BootRequest::Parts::kernel;
  }
  return request;
}

/// What is wanted of an initrd's own image.
image::BootRequest initrd_request(const vm::Spec& spec) {
  image::BootRequest request;
  request.parts = image::BootRequest::Parts::initrd;
  request.initrd_file = spec.initrd.file;
  return request;
}

}  // namespace

Result<image::KernelCache*> BootSources::cache() {
  if (!cache_) cache_ = TRY(image::KernelCache::open(settings_.paths.state));
  return &*cache_;
}

bool BootSources::has(const std::string& name, const Need& need) const {
  const auto found = ensured_.find(name);
  if (found == ensured_.end()) return false;
  return !found->second.files || need.boot == found->second.request;
}

void BootSources::note(const std::string& name, const Need& need, image::PullResult result) {
  ensured_.insert_or_assign(
      name, Ensured{std::move(result.image), need.boot.value_or(image::BootRequest()),
                    std::move(result.files)});
}

/// Those that have to be asked for, each once; the others are noted.
Result<std::vector<BootSources::Wanted>> BootSources::missing_of(const std::vector<Need>& needs) {
  const auto policy = settings_.pull.policy;
  std::vector<Wanted> missing;
  std::set<std::string> names;
  image::NoProgress silent;
  for (const auto& need : needs) {
    const auto reference = TRY(oci::Reference::parse(need.ref));
    const std::string name = reference.name();
    if (has(name, need) || !names.insert(name).second) continue;
    auto options = TRY(settings_.pull.options(reference));
    if (need.boot) options.boot = image::BootTarget{TRY(cache()), *need.boot};
    if (policy != image::PullPolicy::always) {
      auto local =
          image::ensure(*settings_.client, reference, image::PullPolicy::never, options, silent);
      const bool absent = !local && local.error().code() == Code::not_found;
      if (!absent || policy == image::PullPolicy::never) {
        note(name, need, TRY(std::move(local).context(fmt::format("image '{}'", need.ref))));
        continue;
      }
    }
    missing.push_back({need, reference, std::move(options)});
  }
  return missing;
}

/// The missing ones are asked for together, so that a command waits for the slowest and not for
/// all of them, and shows them side by side.
Result<> BootSources::ensure_all(const std::vector<Need>& needs) {
  const auto missing = TRY(missing_of(needs));
  std::vector<std::string> names;
  names.reserve(missing.size());
  for (const auto& wanted : missing) names.push_back(wanted.reference.name());
  const auto display = settings_.pull.display(names);
  std::vector<std::optional<Result<image::PullResult>>> results(missing.size());
  in_parallel(missing.size(), most_at_once, [&](std::size_t i) {
    const auto progress = display->of(i);
    auto& result = results[i];
    result = image::ensure(*settings_.client, missing[i].reference, settings_.pull.policy,
                           missing[i].options, *progress);
    if (*result && !(*result)->warning.empty()) progress->note("warning: " + (*result)->warning);
  });
  for (std::size_t i = 0; i < missing.size(); ++i) {
    const auto& need = missing[i].need;
    auto result = TRY(std::move(*results[i]).context(fmt::format("image '{}'", need.ref)));
    if (settings_.pull.pulled) settings_.pull.pulled(result);
    note(names[i], need, std::move(result));
  }
  return {};
}

/// The root's image first: when it is the kernel's, too, it is wanted as a whole.
Result<> BootSources::ensure_images(const vm::Spec& spec, vmm::KernelFormat format) {
  std::vector<Need> needs = {{spec.root.image}};
  if (!spec.kernel.image.empty()) {
    needs.push_back({spec.kernel.image, kernel_request(spec, format)});
  }
  if (!spec.initrd.image.empty() && !initrd_with_kernel(spec)) {
    needs.push_back({spec.initrd.image, initrd_request(spec)});
  }
  return ensure_all(needs);
}

Result<image::LocalImage> BootSources::ensure(const Need& need) {
  TRY(ensure_all({need}));
  return ensured_.at(TRY(oci::Reference::parse(need.ref)).name()).image;
}

Result<LocalImage> BootSources::image(const std::string& ref) {
  const auto image = TRY(ensure({ref}));
  return LocalImage{image.name, image.manifest.digest.text(), image.snapshot()};
}

/// Files that were pulled without a snapshot are known to the cache, and held.
Result<image::CachedBootFiles> BootSources::from_image(const std::string& ref,
                                                       const image::BootRequest& request,
                                                       const std::string& lease) {
  const auto image = TRY(ensure({ref, request}));
  const auto leased = settings_.client->with_lease(lease);
  return TRY(cache())
      ->from_snapshot(*leased, settings_.snapshotter, image.snapshot(), request)
      .context(fmt::format("image '{}'", ref));
}

/// The kernel, and the initrd if it comes with it.
Result<image::CachedBootFiles> BootSources::with_kernel(const vm::Spec& spec,
                                                        vmm::KernelFormat format,
                                                        const std::string& lease) {
  const auto request = kernel_request(spec, format);
  if (spec.kernel.path.empty()) return from_image(spec.kernel.image, request, lease);
  image::CachedBootFiles files;
  files.kernel = TRY(TRY(cache())->kernel_from_host(spec.kernel.path, request.format));
  return files;
}

Result<BootFiles> BootSources::boot_files(const vm::Spec& spec, vmm::KernelFormat format,
                                          const std::string& lease) {
  auto files = TRY(with_kernel(spec, format, lease));
  if (!spec.initrd.path.empty()) {
    files.initrd = TRY(TRY(cache())->initrd_from_host(spec.initrd.path));
  } else if (!initrd_with_kernel(spec)) {
    files.initrd = TRY(from_image(spec.initrd.image, initrd_request(spec), lease)).initrd;
  }
  BootFiles found{
      {files.kernel.digest, files.kernel.path}, {files.initrd.digest, files.initrd.path}, {}};
  found.holds.push_back(std::move(files.kernel.hold));
  found.holds.push_back(std::move(files.initrd.hold));
  return found;
}

}  // namespace flintctl::lifecycle
