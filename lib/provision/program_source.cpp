// SPDX-License-Identifier: Apache-2.0
#include "provision/program_source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <optional>
#include <utility>

#include "http/client.hpp"
#include "http/url.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/sha256.hpp"

namespace flintctl::provision {
namespace {

constexpr int most_redirects = 5;

/// One exchange; a redirection's new place, or nothing when the body was written.
Result<std::optional<http::Url>> get(http::Client& client, const http::Url& url, int fd) {
  http::Request request;
  request.url = url.text;
  const auto head = TRY(client.stream(
      request, [&](const http::ResponseHead& answer, std::string_view bytes) -> Result<> {
        return answer.status == 200 ? sys::write_all(fd, bytes) : Result<>();
      }));
  if (head.status == 200) return std::optional<http::Url>();
  const std::string* location = head.headers.find("Location");
  if (head.status >= 300 && head.status < 400 && location != nullptr) {
    return std::optional(TRY(http::resolve_url(url, *location)));
  }
  return Error(head.status == 404 ? Code::not_found : Code::unavailable,
               fmt::format("{} answered with status {}", url.text, head.status));
}

Result<> download(const std::string& from, const std::string& path) {
  http::Url url = TRY(http::parse_url(from));
  auto client = TRY(http::Client::open());
  for (int redirects = 0; redirects <= most_redirects; ++redirects) {
    const UniqueFd fd = TRY(sys::open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600));
    auto next = TRY(get(client, url, fd.get()));
    if (!next) return {};
    url = *std::move(next);
  }
  return Error(Code::unavailable, fmt::format("{} redirects without end", from));
}

}  // namespace

Result<std::string> hash_file(const std::string& path) {
  const UniqueFd fd = TRY(sys::open_regular(path));
  sys::Sha256 hash;
  std::string buffer(256U << 10U, '\0');
  while (true) {
    const ssize_t length = ::read(fd.get(), buffer.data(), buffer.size());
    if (length < 0) return sys::last_error(fmt::format("reading {}", path));
    if (length == 0) return hash.finish();
    hash.update(buffer.data(), static_cast<std::size_t>(length));
  }
}

Result<> validate_origin(const ProgramSource& source, const std::string& hint) {
  if (source.file.empty() == source.url.empty()) {
    return Error(Code::invalid_argument,
                 fmt::format("{} comes from one file or one URL", source.name))
        .with_hint(hint);
  }
  if (source.sha256.size() != 64 ||
      source.sha256.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return Error(Code::invalid_argument, "a SHA-256 is needed: 64 lower-case hexadecimal digits")
        .with_hint("take it from whom you trust, not from beside the file: --sha256 DIGEST");
  }
  if (!source.url.empty()) TRY(http::parse_url(source.url));
  return {};
}

Result<> fetch_verified(const ProgramSource& source, const std::string& path) {
  if (source.file.empty()) {
    TRY(download(source.url, path));
  } else {
    TRY(sys::copy_file(source.file, path, 0600));
  }
  return verify_digest(source, path);
}

Result<> verify_digest(const ProgramSource& source, const std::string& path) {
  const std::string digest = TRY(hash_file(path));
  if (digest == source.sha256) return {};
  return Error(Code::data_loss,
               fmt::format("{} has the SHA-256 {}, not {}",
                           source.file.empty() ? source.url : source.file, digest, source.sha256))
      .with_hint("it was changed or cut on its way; nothing of it was executed");
}

}  // namespace flintctl::provision
