// SPDX-License-Identifier: Apache-2.0
#include "image/kernel_inspection.hpp"

#include <fmt/format.h>

#include "archive/channel.hpp"
#include "archive/protocol.hpp"

namespace flintctl::image {
namespace {

/// Sends the one message of a child's life and waits for the answer to it.
Result<data::Value> ask(const data::Value& message, const std::vector<int>& descriptors) {
  auto child = TRY(archive::Child::start("inspect", descriptors));
  TRY(child.channel().send(message).context("asking the extractor"));
  auto answer = TRY(child.receive().context("waiting for the extractor"));
  const auto status = TRY(child.wait());
  if (!answer) {
    return Error(Code::unknown, fmt::format("the extractor ended too early: {}", status.text()));
  }
  if (const auto* const error = answer->find("error")) return archive::error_from_json(*error);
  return *std::move(answer);
}

}  // namespace

Result<StoredBootFiles> copy_boot_files(const archive::Mount& mount, const BootRequest& request,
                                        int cache) {
  const auto message = data::Value::object({{"mount", archive::mount_to_json(mount)},
                                            {"kernel", request.parts != BootRequest::Parts::initrd},
                                            {"initrd", request.parts != BootRequest::Parts::kernel},
                                            {"elf", request.format == KernelFormat::elf},
                                            {"kernelFile", request.kernel_file},
                                            {"initrdFile", request.initrd_file}});
  const auto answer = TRY(ask(message, {cache}));
  return StoredBootFiles{answer.string_or("kernel"), answer.string_or("initrd")};
}

Result<std::string> check_init(const archive::Mount& mount, const std::string& init) {
  const auto answer =
      TRY(ask(data::Value::object({{"mount", archive::mount_to_json(mount)}, {"init", init}}), {}));
  return answer.string_or("init");
}

}  // namespace flintctl::image
