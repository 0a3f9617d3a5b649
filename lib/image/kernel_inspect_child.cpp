// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <exception>
#include <optional>
#include <thread>

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

Result<data::Value> answer(int root, const data::Value& message) {
  TRY(archive::confine_thread(root));
  if (const auto* const init = message.find("init")) {
    const auto* const path = init->as_string();
    return data::Value::object(
        {{"init", TRY(find_init(root, path == nullptr ? std::string() : *path))}});
  }
  auto result = data::Value::object();
  if (message.bool_or("kernel", false)) result.set("kernel", TRY(copy_kernel(root, message)));
  if (message.bool_or("initrd", false)) result.set("initrd", TRY(copy_initrd(root, message)));
  return result;
}

/// On a thread of its own, since what confines a thread cannot be taken back, and unmounting takes
/// what it gave away.
Result<data::Value> answer_confined(int root, const data::Value& message) {
  std::optional<Result<data::Value>> result;
  std::thread([&] {
    try {
      result = answer(root, message);
    } catch (const std::exception& failure) {
      result = Error(Code::internal, failure.what());
    }
  }).join();
  return *std::move(result);
}

Result<data::Value> inspect(const data::Value& message) {
  const auto* const mount = message.find("mount");
  if (mount == nullptr) return Error(Code::internal, "not a question about a mount");
  UniqueFd root =
      TRY(archive::mount_root(archive::mount_from_json(*mount), archive::Access::read_only));
  auto result = answer_confined(root.get(), message);
  root.reset();
  TRY(archive::unmount_root());
  return result;
}

}  // namespace

int run_inspect_child() {
  for (const int number : {SIGINT, SIGHUP, SIGTERM}) ::signal(number, SIG_IGN);
  const archive::Channel channel{UniqueFd(archive::Child::channel_number)};
  const auto message = channel.receive();
  if (!message || !*message) return 1;
  const auto result = inspect(**message);
  const auto reply =
      result ? *result : data::Value::object({{"error", archive::error_to_json(result.error())}});
  return channel.send(reply) && result ? 0 : 1;
}

}  // namespace flintctl::image
