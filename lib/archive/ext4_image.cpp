// SPDX-License-Identifier: Apache-2.0
#include "archive/ext4_image.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <csignal>
#include <exception>
#include <new>

#include "archive/capabilities.hpp"
#include "archive/channel.hpp"
#include "archive/ext4_tree.hpp"
#include "archive/libext2fs.hpp"
#include "archive/mounted_root.hpp"
#include "archive/sandbox.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"

namespace flintctl::archive {
namespace {

constexpr int image_descriptor = Child::first_descriptor;
constexpr int tar_descriptor = image_descriptor + 1;

/// The namespace's root is a folder without anything in it.
Result<> leave_everything() {
  TRY(Libext2fs::get());  // while there still are libraries to be found
  const UniqueFd root = TRY(mount_root({"tmpfs", "none", {"size=4096"}}, Access::read_only));
  TRY(confine_process(root.get()));
  return drop_all_capabilities();
}

Result<> convert(const data::Value& message) {
  TRY(leave_everything());
  struct stat status = {};
  if (::fstat(image_descriptor, &status) != 0) return sys::last_error("reading the file system");
  const auto number = [&](const char* key) {
    return static_cast<std::uint64_t>(message.integer_or(key));
  };
  TarWriter tar([](std::string_view bytes) { return sys::write_all(tar_descriptor, bytes); });
  return write_ext4_tree(image_descriptor, static_cast<std::uint64_t>(status.st_size),
                         {number("bytes"), number("entries")}, tar);
}

Result<> convert_guarded(const data::Value& message) {
  try {
    return convert(message);
  } catch (const std::bad_alloc&) {
    return Error(Code::resource_exhausted, "reading it takes more memory than it may");
  } catch (const std::exception& failure) {
    return Error(Code::internal, failure.what());
  }
}

}  // namespace

Result<> tar_of_ext4(const UniqueFd& image, const UniqueFd& tar, const Limits& limits) {
  auto child = TRY(Child::start("ext4", {image.get(), tar.get()}));
  TRY(child.channel()
          .send(data::Value::object({{"bytes", limits.bytes}, {"entries", limits.entries}}))
          .context("asking the extractor"));
  const auto answer = TRY(child.receive().context("waiting for the extractor"));
  const auto status = TRY(child.wait());
  if (!answer) {
    return Error(Code::unknown,
                 fmt::format("reading the file system ended too early: {}", status.text()))
        .with_hint("the file system is damaged, or made to do harm: e2fsck -fn FILE");
  }
  if (const auto* const error = answer->find("error")) return error_from_json(*error);
  return {};
}

int run_ext4_child() {
  for (const int number : {SIGINT, SIGHUP, SIGTERM}) ::signal(number, SIG_IGN);
  const Channel channel{UniqueFd(Child::channel_number)};
  const auto message = channel.receive();
  if (!message || !*message) return 1;
  const auto result = convert_guarded(**message);
  auto reply = data::Value::object();
  if (!result) reply.set("error", error_to_json(result.error()));
  return channel.send(reply) && result ? 0 : 1;
}

}  // namespace flintctl::archive
