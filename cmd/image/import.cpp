// SPDX-License-Identifier: Apache-2.0
#include "image/import.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <memory>

#include "archive/ext4_file.hpp"
#include "image/import_image.hpp"
#include "image/partial_file.hpp"
#include "image/progress_view.hpp"
#include "image/spool_file.hpp"
#include "outcome.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/host.hpp"
#include "sys/interrupt.hpp"

namespace flintctl::cmd {
namespace {

using image::SavedImage;

Result<UniqueFd> open_named(const std::string& file) {
  auto fd = sys::open_input(file);
  if (!fd && fd.error().code() == Code::invalid_argument) {
    return std::move(fd).error().with_hint(
        fmt::format("a pipe is read from standard input: flintctl image import - < {}", file));
  }
  return fd;
}

/// `file` as a descriptor; a pipe, which can be read once only, as a copy of `most` bytes in
/// `spool`.
Result<UniqueFd> open_regular(const std::string& file, const std::string& spool,
                              std::uint64_t most) {
  UniqueFd fd =
      file == "-" ? UniqueFd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)) : TRY(open_named(file));
  if (!fd) return sys::last_error("reading standard input");
  struct stat status = {};
  if (::fstat(fd.get(), &status) != 0) return sys::last_error("reading " + file);
  if (S_ISREG(status.st_mode)) return fd;
  auto copy = TRY(image::SpoolFile::create(spool, most));
  std::string buffer(1U << 20U, '\0');
  for (;;) {
    const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
    TRY(sys::check_interrupt());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return sys::last_error("reading " + file);
    if (count == 0) return copy.reader();
    TRY(copy.append(std::string_view(buffer).substr(0, static_cast<std::size_t>(count))));
  }
}

/// A file system, as a tar or as a device would hold it.
Result<std::vector<SavedImage>> read_file_system(UniqueFd fd, const image::InstallOptions& install,
                                                 const std::string& spool) {
  std::vector<SavedImage> images;
  images.push_back(
      TRY(image::image_of_file_system(std::move(fd), install.platform, install.limits, spool)));
  return images;
}

Result<std::vector<SavedImage>> read_images(const ImageImportOptions& options,
                                            const image::InstallOptions& install) {
  const std::string spool = image::partial_directory(install.state_directory);
  if (options.rootfs && sys::is_directory(options.file)) {
    return Error(Code::invalid_argument, "with --rootfs it must be a file")
        .with_hint("tar -C FOLDER -c . | flintctl image import --rootfs - registry.example/os:1");
  }
  if (sys::is_directory(options.file)) {
    return image::read_saved_images(TRY(image::LocalFiles::in_folder(options.file)),
                                    install.platform, install.limits);
  }
  if (options.rootfs) {
    return read_file_system(TRY(open_regular(options.file, spool, install.limits.bytes)), install,
                            spool);
  }
  const bool pipe = options.file == "-";
  UniqueFd fd = pipe ? UniqueFd() : TRY(open_named(options.file));
  if (!pipe && archive::is_ext4(fd.get())) return read_file_system(std::move(fd), install, spool);
  return image::read_saved_images(
      TRY(image::LocalFiles::in_tar(pipe ? STDIN_FILENO : fd.get(), spool, install.limits.bytes)),
      install.platform, install.limits);
}

/// What the images shall be called, each once.
Result<std::vector<std::vector<oci::Reference>>> names_of(const std::vector<SavedImage>& images,
                                                          const std::string& given) {
  std::vector<std::vector<oci::Reference>> names;
  if (!given.empty() && images.size() > 1) {
    return Error(Code::invalid_argument,
                 fmt::format("it holds {} images, one name is given", images.size()))
        .with_hint("leave the name out: each has its own");
  }
  for (const auto& saved : images) {
    auto& references = names.emplace_back();
    if (!given.empty()) {
      references.push_back(TRY(oci::Reference::parse(given)));
      continue;
    }
    for (const auto& name : saved.names) references.push_back(TRY(oci::Reference::parse(name)));
    if (references.empty()) {
      return Error(Code::invalid_argument, "the image does not say what it is called")
          .with_hint("name it: flintctl image import FILE registry.example/os:1");
    }
  }
  return names;
}

}  // namespace

Result<> image_import(Host& host, const ImageImportOptions& options) {
  TRY(host.format());
  if (!options.name.empty() && !options.other_name.empty()) {
    return Error(Code::invalid_argument, "both REF and --name name the image");
  }
  const std::string& given = options.name.empty() ? options.other_name : options.name;
  if (!given.empty()) TRY(oci::Reference::parse(given));
  if (options.rootfs && given.empty()) {
    return Error(Code::invalid_argument, "a file system needs a name")
        .with_hint("flintctl image import --rootfs FILE registry.example/os:1");
  }
  TRY(sys::require_root("importing an image"));
  const auto install = TRY(install_options(host, options.flags));
  containerd::Client* containerd = TRY(host.containerd());
  const auto images =
      TRY(read_images(options, install).context(fmt::format("reading '{}'", options.file)));
  const auto names = TRY(names_of(images, given));
  std::vector<Subject> subjects;
  std::map<std::string, const SavedImage*> image_called;
  for (std::size_t i = 0; i < images.size(); ++i) {
    for (const auto& reference : names[i]) {
      subjects.push_back({reference.name()});
      image_called[reference.name()] = &images[i];
    }
  }
  const auto import = [&](const Subject& subject) -> Result<bool> {
    const auto progress = make_progress(progress_kind(options.flags.progress), host.streams());
    const auto done = TRY(image::import(*containerd, TRY(oci::Reference::parse(subject.name)),
                                        *image_called.at(subject.name), install, *progress));
    return done.outcome == image::InstallOutcome::installed;
  };
  return change_each(host, subjects, {image_kind, "imported", import});
}

void add_image_import(cli::Command& image, Host& host) {
  auto options = std::make_shared<ImageImportOptions>();
  auto& command = image.add("import", "Make images of files: no registry needed");
  command
      .details(
          "FILE is an OCI layout (a folder or a tar), what 'docker save' writes, '-' for one of "
          "these tars on standard input, or an ext4 file system, which is read and not mounted; "
          "tars may be compressed. With --rootfs it is a file system: its tar, or ext4, compressed "
          "or not. All bytes are checked as those of a pull are. On a host without a network: "
          "'flintctl image export' elsewhere, carry the file over, import it here.")
      .example("flintctl image import os.tar", "an OCI layout, by the name that it has")
      .example("docker save app:1 | flintctl image import -", "from a docker host")
      .example("flintctl image import --rootfs root.tar.zst local/os:1",
               "what debootstrap or buildroot made")
      .example("flintctl image import disk.ext4 local/os:1", "the files of a VM's disk")
      .argument("FILE", options->file, "A folder, a tar, an ext4 file, or -")
      .optional_argument("REF", options->name,
                         "What to call the image (what it calls itself unless given)")
      .option("--name", options->other_name, "The same as REF", "REF")
      .flag("--rootfs", options->rootfs,
            "FILE is a file system: its tar, or ext4 (also compressed, or on standard input)")
      .action([options, &host] { return image_import(host, *options); });
  add_install_flags(command, options->flags);
}

}  // namespace flintctl::cmd
