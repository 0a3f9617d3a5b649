// SPDX-License-Identifier: Apache-2.0
#include "image/export.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <system_error>

#include "core/rollback.hpp"
#include "image/export_image.hpp"
#include "outcome.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/lock.hpp"

namespace flintctl::cmd {
namespace {

using Write = std::function<Result<>(const std::function<Result<>(std::string_view)>&)>;

/// What is there and is no file, a pipe or a device, must not be replaced by one.
Result<> write_through(const std::string& path, const Write& write) {
  const UniqueFd fd = TRY(sys::open(path, O_WRONLY));
  return write([&](std::string_view piece) { return sys::write_all(fd.get(), piece); });
}

/// The file beside `path`, ours alone. aborted while another export has it.
Result<UniqueFd> open_unfinished(const std::string& unfinished, const std::string& path) {
  for (;;) {
    UniqueFd fd = TRY(sys::open(unfinished, O_WRONLY | O_CREAT | O_NOFOLLOW, 0644));
    auto locked = sys::lock_named(fd, unfinished);
    // What we opened became `path` when another export ended: it must not be emptied.
    if (!locked && locked.error().code() == Code::aborted) continue;
    if (TRY(std::move(locked))) return fd;
    return Error(Code::aborted, fmt::format("another export is writing {}", path));
  }
}

/// Lets `write` fill a file beside `path` that takes its name in the end.
Result<> write_beside(const std::string& path, const Write& write) {
  const std::string unfinished = path + ".unfinished";
  const UniqueFd fd = TRY(open_unfinished(unfinished, path));
  Rollback undo([&] { (void)sys::remove_file(unfinished); });
  if (::ftruncate(fd.get(), 0) != 0) return sys::last_error("emptying " + unfinished);
  // What was kept from others, or given to them, stays so.
  struct stat replaced = {};
  if (::stat(path.c_str(), &replaced) == 0 &&
      (::fchown(fd.get(), replaced.st_uid, replaced.st_gid) != 0 ||
       ::fchmod(fd.get(), replaced.st_mode & 07777U) != 0)) {
    return sys::last_error("keeping the owner and the mode of " + path);
  }
  TRY(write([&](std::string_view piece) { return sys::write_all(fd.get(), piece); }));
  if (::fsync(fd.get()) != 0) return sys::last_error("writing " + path);
  if (::rename(unfinished.c_str(), path.c_str()) != 0) return sys::last_error("naming " + path);
  undo.commit();
  return {};
}

/// What a link that leads to nothing yet is to lead to; `path` itself when it is none.
Result<std::string> end_of_links(const std::string& path) {
  constexpr int max_links = 40;  // path_resolution(7)
  std::filesystem::path end = path;
  std::error_code failed;
  for (int links = 0; std::filesystem::is_symlink(end, failed); ++links) {
    const auto target = std::filesystem::read_symlink(end, failed);
    if (failed || links == max_links) return sys::from_errno(ELOOP, "following " + path);
    end = end.parent_path() / target;
  }
  return end.string();
}

/// A link stays one: what it leads to is written.
Result<> write_file(const std::string& path, const Write& write) {
  std::error_code absent;
  const auto status = std::filesystem::status(path, absent);
  if (!std::filesystem::exists(status)) return write_beside(TRY(end_of_links(path)), write);
  if (!std::filesystem::is_regular_file(status)) return write_through(path, write);
  return write_beside(std::filesystem::canonical(path).string(), write);
}

}  // namespace

Result<> image_export(Host& host, const ImageExportOptions& options) {
  TRY(host.format());
  std::vector<oci::Reference> references;
  for (const auto& text : options.references) {
    references.push_back(TRY(oci::Reference::parse(text)));
  }
  auto platform = oci::host_platform();
  if (!options.platform.empty()) platform = TRY(oci::parse_platform(options.platform));
  if (options.file.empty()) return Error(Code::invalid_argument, "--file names no file");
  const bool to_file = options.file != "-";
  if (!to_file && host.streams().out_is_terminal) {
    return Error(Code::invalid_argument, "an image is nothing for a terminal")
        .with_hint("name a file: --file os.tar, or send it through a pipe");
  }
  containerd::Client* containerd = TRY(host.containerd());
  const Write write = [&](const std::function<Result<>(std::string_view)>& sink) {
    return image::export_images(*containerd, references, platform, sink);
  };
  if (to_file) {
    TRY(write_file(options.file, write).context("exporting images"));
    std::vector<Subject> exported;
    exported.reserve(references.size());
    for (const auto& reference : references) exported.push_back({reference.name()});
    return change_each(host, exported,
                       {image_kind, "exported", [](const Subject&) { return true; }});
  }
  return write([](std::string_view piece) { return sys::write_all(STDOUT_FILENO, piece); })
      .context("exporting images");
}

void add_image_export(cli::Command& image, Host& host) {
  auto options = std::make_shared<ImageExportOptions>();
  image.add("export", "Write images to a file, for hosts without a registry")
      .details(
          "The file is the tar of an OCI layout: 'flintctl image import', 'ctr images import', "
          "'docker load' and 'skopeo' read it. Layers must be here as blobs: pull with "
          "--keep-layers. Where flintctl imports it, the image has the digest that it has here.")
      .example("flintctl image export --file os.tar registry.example/os:1", "for another host")
      .example("flintctl image export local/os:1 | ssh host flintctl image import -",
               "without a file between")
      .arguments("REF", options->references, 1, "Images, as docker writes them")
      .option("-f,--file", options->file, "Where to write (standard output)", "FILE")
      .option("--platform", options->platform, "Platform of the images (this machine's)",
              "OS/ARCH[/VARIANT]")
      .action([options, &host] { return image_export(host, *options); });
}

}  // namespace flintctl::cmd
