// SPDX-License-Identifier: Apache-2.0
#include "image/build_kernel.hpp"

#include <fmt/format.h>

#include <memory>

#include "image/import_image.hpp"
#include "image/partial_file.hpp"
#include "image/progress_view.hpp"
#include "outcome.hpp"
#include "sys/host.hpp"

namespace flintctl::cmd {

Result<> image_build_kernel(Host& host, const ImageBuildKernelOptions& options) {
  TRY(host.format());
  if (options.name.empty()) {
    return Error(Code::invalid_argument, "--name is required")
        .with_hint("say what to call the image: --name local/kernel:6.1");
  }
  const auto reference = TRY(oci::Reference::parse(options.name));
  TRY(sys::require_root("building a kernel image"));
  const auto install = TRY(install_options(host, options.flags));
  containerd::Client* containerd = TRY(host.containerd());
  const auto saved =
      TRY(image::build_kernel_image(options.kernel, install.platform,
                                    image::partial_directory(install.state_directory))
              .context(fmt::format("making an image of '{}'", options.kernel.file)));
  const auto progress = make_progress(progress_kind(options.flags.progress), host.streams());
  const auto result = TRY(image::import(*containerd, reference, saved, install, *progress));
  const bool built = result.outcome == image::InstallOutcome::installed;
  return print_outcome(host, image_kind, {result.image.name}, built ? "built" : "unchanged");
}

void add_image_build_kernel(cli::Command& image, Host& host) {
  auto options = std::make_shared<ImageBuildKernelOptions>();
  auto& build = image.add("build-kernel", "Make a kernel image of an installed kernel");
  build
      .details(
          "The image holds the kernel and an initrd that loads the virtio drivers, mounts the root "
          "disk and starts its init: what 'vm create --kernel' wants. The modules are those of "
          "/lib/modules; a static busybox runs the initrd.")
      .example("flintctl image build-kernel /boot/vmlinuz-6.1.0-13-amd64 --name local/kernel:6.1",
               "of a package's kernel")
      .argument("FILE", options->kernel.file, "The kernel, as the distribution installs it")
      .option("--name", options->name, "What to call the image", "REF")
      .option("--modules", options->kernel.modules, "The kernel's modules (/lib/modules/VERSION)",
              "DIR")
      .option("--busybox", options->kernel.busybox, "The static busybox (/usr/bin/busybox)", "FILE")
      .action([options, &host] { return image_build_kernel(host, *options); });
  add_install_flags(build, options->flags);
}

}  // namespace flintctl::cmd
