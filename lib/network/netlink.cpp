// SPDX-License-Identifier: Apache-2.0
#include "network/netlink.hpp"

#include <fmt/format.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>

#include "core/unique_fd.hpp"
#include "sys/error.hpp"

namespace flintctl::network {
namespace {

constexpr std::size_t buffer_size = 32768;  ///< what the kernel recommends for dumps
constexpr int most_attempts = 5;            ///< at a list that changes while it is read

std::size_t aligned(std::size_t length) { return (length + 3U) & ~std::size_t{3}; }

/// A copy of a structure at the start of `bytes`; nothing when they are too few.
template <typename T>
std::optional<T> read_as(std::string_view bytes) {
  if (bytes.size() < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

Result<UniqueFd> open_socket() {
  UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket) return sys::last_error("opening netlink");
  return socket;
}

Result<UniqueFd> send(const std::string& bytes, const std::string& what) {
  UniqueFd socket = TRY(open_socket());
  if (::send(socket.get(), bytes.data(), bytes.size(), 0) < 0) return sys::last_error(what);
  return socket;
}

/// How far an answer has come.
struct Progress {
  bool done = false;
  bool disturbed = false;  ///< the list changed while the kernel wrote it
};

/// Walks the messages of one datagram.
Result<> read_datagram(std::string_view datagram, const std::function<void(std::string_view)>& each,
                       const std::string& what, Progress& progress) {
  while (const auto header = read_as<nlmsghdr>(datagram)) {
    if (header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > datagram.size()) {
      return Error(Code::internal, fmt::format("{}: a netlink message of a wrong length", what));
    }
    const auto payload =
        datagram.substr(NLMSG_HDRLEN, header->nlmsg_len - std::size_t{NLMSG_HDRLEN});
    progress.disturbed = progress.disturbed || (header->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
    progress.done = header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR;
    if (header->nlmsg_type == NLMSG_ERROR) {
      const auto error = read_as<nlmsgerr>(payload);
      if (!error) return Error(Code::internal, fmt::format("{}: a short answer", what));
      if (error->error != 0) return sys::from_errno(-error->error, what);
    }
    if (progress.done) return {};
    if (each) each(payload);
    datagram.remove_prefix(std::min(aligned(header->nlmsg_len), datagram.size()));
  }
  return {};
}

Result<Progress> exchange(const std::string& bytes,
                          const std::function<void(std::string_view)>& each,
                          const std::string& what) {
  const UniqueFd socket = TRY(send(bytes, what));
  std::string buffer(buffer_size, '\0');
  Progress progress;
  while (!progress.done) {
    const ssize_t length = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return sys::last_error(what);
    if (length == 0) return Error(Code::internal, fmt::format("{}: an empty answer", what));
    const std::string_view datagram(buffer.data(), static_cast<std::size_t>(length));
    TRY(read_datagram(datagram, each, what, progress));
  }
  return progress;
}

}  // namespace

void Message::append(const void* bytes, std::size_t length) {
  body_.append(static_cast<const char*>(bytes), length);
  body_.resize(aligned(body_.size()));
}

void Message::add(std::uint16_t attribute, const void* bytes, std::size_t length) {
  rtattr header = {};
  header.rta_type = attribute;
  header.rta_len = static_cast<std::uint16_t>(RTA_LENGTH(length));
  append(&header, sizeof header);
  append(bytes, length);
}

std::size_t Message::open(std::uint16_t attribute) {
  const std::size_t start = body_.size();
  add(attribute, nullptr, 0);
  return start;
}

void Message::close(std::size_t opened) {
  const auto length = static_cast<std::uint16_t>(body_.size() - opened);
  std::memcpy(body_.data() + opened + offsetof(rtattr, rta_len), &length, sizeof length);
}

std::string Message::bytes(std::uint32_t sequence, std::uint16_t more_flags) const {
  nlmsghdr header = {};
  header.nlmsg_len = static_cast<std::uint32_t>(NLMSG_HDRLEN + body_.size());
  header.nlmsg_type = type_;
  header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags_ | more_flags);
  header.nlmsg_seq = sequence;
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
  return bytes + body_;
}

Attributes::Attributes(std::string_view payload, std::size_t header_size)
    : attributes_(payload.substr(std::min(aligned(header_size), payload.size()))) {}

std::string_view Attributes::find(std::uint16_t attribute) const {
  std::string_view rest = attributes_;
  while (const auto header = read_as<rtattr>(rest)) {
    if (header->rta_len < sizeof(rtattr) || header->rta_len > rest.size()) return {};
    if ((header->rta_type & NLA_TYPE_MASK) == attribute) {
      return rest.substr(sizeof(rtattr), header->rta_len - sizeof(rtattr));
    }
    rest.remove_prefix(std::min(aligned(header->rta_len), rest.size()));
  }
  return {};
}

std::uint32_t Attributes::number(std::uint16_t attribute, std::uint32_t fallback) const {
  return read_as<std::uint32_t>(find(attribute)).value_or(fallback);
}

std::string Attributes::text(std::uint16_t attribute) const {
  const auto bytes = find(attribute);
  return std::string(bytes.substr(0, bytes.find('\0')));
}

Result<> request(const Message& message, const std::string& what) {
  TRY(exchange(message.bytes(1, NLM_F_ACK), nullptr, what));
  return {};
}

Result<> dump(const Message& message, const std::function<void(std::string_view)>& each,
              const std::string& what) {
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    std::vector<std::string> answers;
    const auto keep = [&](std::string_view payload) { answers.emplace_back(payload); };
    if (TRY(exchange(message.bytes(1, NLM_F_DUMP), keep, what)).disturbed) continue;
    for (const std::string& answer : answers) each(answer);
    return {};
  }
  return Error(Code::unavailable, fmt::format("{}: the list changes all the time", what));
}

Result<> delete_link(unsigned index) {
  ifinfomsg link = {};
  link.ifi_family = AF_UNSPEC;
  link.ifi_index = static_cast<int>(index);
  return request(Message(RTM_DELLINK, 0, link), "deleting a network interface");
}

}  // namespace flintctl::network
