// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <exception>
#include <new>

#include "archive/channel.hpp"
#include "archive/mounted_root.hpp"
#include "archive/protocol.hpp"
#include "archive/sandbox.hpp"
#include "image/kernel_files.hpp"
#include "image/kernel_inspection.hpp"
#include "image/kernel_store.hpp"

namespace flintctl::image {
namespace {

constexpr int cache_descriptor = archive::Child::first_descriptor;

Result<std::string> copy_kernel(int root, const data::Value& message) {
  const std::string named = message.string_or("kernelFile");
  const auto file = TRY(named.empty() ? find_boot_file(root, BootFileKind::kernel)
                                      : named_boot_file(root, named, BootFileKind::kernel));
  const auto format = message.bool_or("elf", false) ? KernelFormat::elf : KernelFormat::as_is;
  return store_kernel(cache_descriptor, file.fd.get(), format)
      .context("kernel '" + file.path + "' of the image");
}

Result<std::string> copy_initrd(int root, const data::Value& message) {
  const std::string named = message.string_or("initrdFile");
  auto file = named.empty() ? find_boot_file(root, BootFileKind::initrd)
                            : named_boot_file(root, named, BootFileKind::initrd);
  const bool needed = !named.empty() || !message.bool_or("kernel", false);
  if (!file && file.error().code() == Code::not_found && !needed) return std::string();
  if (!file) return std::move(file).error();
  return store_file(cache_descriptor, file->fd.get())
      .context("initrd '" + file->path + "' of the image");
}

/// The mount goes with this process, for which the parent waits.
Result<data::Value> answer(const data::Value& message) {
  const auto* const mount = message.find("mount");
  if (mount == nullptr) return Error(Code::internal, "not a question about a mount");
  const UniqueFd root =
      TRY(archive::mount_root(archive::mount_from_json(*mount), archive::Access::read_only));
  TRY(archive::confine_process(root.get(), archive::Work::copying));
  if (const auto* const init = message.find("init")) {
    const auto* const path = init->as_string();
    return data::Value::object(
        {{"init", TRY(find_init(root.get(), path == nullptr ? std::string() : *path))}});
  }
  auto result = data::Value::object();
  if (message.bool_or("kernel", false)) result.set("kernel", TRY(copy_kernel(root.get(), message)));
  if (message.bool_or("initrd", false)) result.set("initrd", TRY(copy_initrd(root.get(), message)));
  return result;
}

Result<data::Value> answer_guarded(const data::Value& message) {
  try {
    return answer(message);
  } catch (const std::bad_alloc&) {
    return Error(Code::resource_exhausted, "reading the image takes more memory than it may");
  } catch (const std::exception& failure) {
    return Error(Code::internal, failure.what());
  }
}

}  // namespace

int run_inspect_child() {
  for (const int number : {SIGINT, SIGHUP, SIGTERM}) ::signal(number, SIG_IGN);
  const archive::Channel channel{UniqueFd(archive::Child::channel_number)};
  const auto message = channel.receive();
  if (!message || !*message) return 1;
  const auto result = answer_guarded(**message);
  const auto reply =
      result ? *result : data::Value::object({{"error", archive::error_to_json(result.error())}});
  return channel.send(reply) && result ? 0 : 1;
}

}  // namespace flintctl::image
