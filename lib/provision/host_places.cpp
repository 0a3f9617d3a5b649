// SPDX-License-Identifier: Apache-2.0
#include "provision/host_places.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "sys/file.hpp"
#include "sys/place.hpp"

namespace flintctl::provision {
namespace {

Result<> refuse_system(const std::string& path) {
  if (!sys::is_system_place(path)) return {};
  return Error(Code::invalid_argument, fmt::format("{} belongs to the system", path))
      .with_hint("choose a place below /var/lib, or on a disk of its own");
}

/// logrus' text and JSON, and the words with which containerd, or who could not run it, ends.
bool is_containerd_line(std::string_view line) {
  return line.starts_with("time=\"") || line.starts_with("{\"") ||
         line.find("containerd: ") != std::string_view::npos;
}

/// The file's first lines.
std::string head_of(const std::string& path) {
  std::string text(64U << 10U, '\0');
  const auto fd = sys::open_regular(path);
  const ssize_t length = fd ? ::read(fd->get(), text.data(), text.size()) : 0;
  text.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  return text;
}

bool has_containerd_line(std::string_view text) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    if (is_containerd_line(text.substr(0, end))) return true;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

}  // namespace

Result<> check_data_folder(const std::string& given, const std::string& state) {
  const std::string path = sys::plain_path(given);
  TRY(refuse_system(path));
  const std::string own = sys::plain_path(state);
  if (sys::is_within(path, own) || sys::is_within(own, path)) {
    return Error(Code::invalid_argument,
                 fmt::format("{} and flintctl's own folder {} lie in each other", path, state))
        .with_hint("choose a place beside it");
  }
  return {};
}

Result<> check_log_file(const std::string& path) {
  TRY(refuse_system(path));
  const std::string head = head_of(path);
  if (head.empty() || has_containerd_line(head)) return {};
  return Error(Code::invalid_argument,
               fmt::format("{} is there, and is no log of a containerd", path))
      .with_hint("choose a file that is not there yet");
}

}  // namespace flintctl::provision
