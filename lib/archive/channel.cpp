// SPDX-License-Identifier: Apache-2.0
#include "archive/channel.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>

#include "sys/error.hpp"
#include "sys/host.hpp"
#include "sys/interrupt.hpp"

namespace flintctl::archive {
namespace {

/// The longest message: 128 layers of a job are a third of it, and the default send buffer of a
/// socket takes it. socket(7), wmem_default.
constexpr std::size_t max_message = 128 * 1024;

}  // namespace

Result<std::pair<Channel, Channel>> Channel::pair() {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return sys::last_error("making a socket pair");
  }
  return std::pair(Channel(UniqueFd(ends[0])), Channel(UniqueFd(ends[1])));
}

Result<> Channel::send(const data::Value& message, WhenFull when_full) const {
  const std::string text = data::to_json(message);
  if (text.size() > max_message) {
    return Error(Code::resource_exhausted, "too much for one message to the extractor");
  }
  const int flags = MSG_NOSIGNAL | (when_full == WhenFull::drop ? MSG_DONTWAIT : 0);
  ssize_t count = 0;
  do {
    count = ::send(socket_.get(), text.data(), text.size(), flags);
  } while (count < 0 && errno == EINTR);
  if (count >= 0 || (errno == EAGAIN && when_full == WhenFull::drop)) return {};
  return sys::last_error("sending a message");
}

Result<std::optional<data::Value>> Channel::receive() const {
  // Asked first how long it is: a buffer for the longest one costs more than all the rest.
  std::string text;
  for (const int flags : {MSG_PEEK | MSG_TRUNC, 0}) {
    ssize_t count = 0;
    do {
      count = ::recv(socket_.get(), text.data(), text.size(), flags);
    } while (count < 0 && errno == EINTR);
    if (count < 0 && errno != ECONNRESET) return sys::last_error("receiving a message");
    if (count <= 0) return std::optional<data::Value>();
    text.resize(static_cast<std::size_t>(count));
  }
  return std::optional(TRY(data::parse_json(text)));
}

data::Value error_to_json(const Error& error) {
  return data::Value::object({{"code", static_cast<int>(error.code())},
                              {"message", error.text()},
                              {"hint", error.hint()}});
}

Error error_from_json(const data::Value& message) {
  const auto code = static_cast<Code>(message.integer_or("code"));
  Error error(code, message.string_or("message"));
  std::string hint = message.string_or("hint");
  return hint.empty() ? error : std::move(error).with_hint(std::move(hint));
}

void Child::End::operator()(sys::Process* process) const {
  const std::unique_ptr<sys::Process> owned(process);
  (void)owned->signal(SIGKILL);
  (void)owned->wait();
}

Result<Child> Child::start(const std::string& mode, const std::vector<int>& descriptors) {
  auto [ours, theirs] = TRY(Channel::pair());
  sys::SpawnOptions options;
  options.argv = {TRY(sys::own_executable()), "__extract", mode};
  options.environment = {"LC_ALL=C.UTF-8"};
  options.descriptors = {{theirs.fd(), channel_number}};
  int number = first_descriptor;
  for (const int descriptor : descriptors) options.descriptors.emplace_back(descriptor, number++);
  options.die_with_parent = true;
  auto process = TRY(sys::Process::spawn(options).context("starting the extractor"));
  return Child(std::move(ours),
               std::unique_ptr<sys::Process, End>(new sys::Process(std::move(process))));
}

Result<std::optional<data::Value>> Child::receive() const {
  pollfd waited[2] = {{channel_.fd(), POLLIN, 0}, {sys::interrupt_fd(), POLLIN, 0}};
  while (::poll(waited, 2, -1) < 0) {
    if (errno != EINTR) return sys::last_error("waiting for the extractor");
  }
  TRY(sys::check_interrupt());
  return channel_.receive();
}

Result<sys::ExitStatus> Child::wait() { return process_->wait(); }

}  // namespace flintctl::archive
