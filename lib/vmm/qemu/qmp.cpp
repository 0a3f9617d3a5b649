// SPDX-License-Identifier: Apache-2.0
#include "vmm/qemu/qmp.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "sys/error.hpp"
#include "sys/interrupt.hpp"

namespace flintctl::vmm::qemu {
namespace {

constexpr std::size_t longest_message = 4U << 20U;

Result<> await_input(int fd, const Deadline& deadline) {
  pollfd events[] = {{fd, POLLIN, 0}, {sys::interrupt_fd(), POLLIN, 0}};
  const int ready = ::poll(events, 2, static_cast<int>(deadline.left().count()));
  if (ready < 0 && errno != EINTR) return sys::last_error("waiting for QEMU");
  TRY(sys::check_interrupt());
  if (ready == 0) {
    return Error(Code::deadline_exceeded, "QEMU does not answer on its control socket")
        .with_hint("another client may hold it: QEMU serves one at a time");
  }
  return {};
}

}  // namespace

Result<Qmp> Qmp::open(const std::string& path, const Deadline& deadline) {
  return negotiate(TRY(connect_unix(path)), deadline);
}

Result<Qmp> Qmp::negotiate(UniqueFd socket, const Deadline& deadline) {
  Qmp qmp(std::move(socket));
  const auto greeting = TRY(qmp.read_message(deadline));
  if (greeting.find("QMP") == nullptr) {
    return Error(Code::unavailable, "what listens at QEMU's control socket is not QEMU");
  }
  TRY(qmp.execute("qmp_capabilities", deadline));
  return qmp;
}

Result<data::Value> Qmp::execute(std::string_view command, const Deadline& deadline) {
  const std::string line =
      data::to_json(data::Value::object({{"execute", command}, {"id", command}})) + "\n";
  const auto sent = ::send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(line.size())) {
    return sys::last_error(fmt::format("sending {} to QEMU", command)).with_code(Code::unavailable);
  }
  for (;;) {
    auto message = TRY(read_message(deadline));
    if (message.string_or("id") != command) continue;
    if (const auto* failure = message.find("error"); failure != nullptr) {
      return Error(Code::unknown, fmt::format("QEMU refused {}: {}", command,
                                              failure->string_or("desc", "no reason given")));
    }
    if (auto* value = message.find("return"); value != nullptr) return std::move(*value);
  }
}

Result<data::Value> Qmp::read_message(const Deadline& deadline) {
  for (;;) {
    if (const auto end = received_.find('\n'); end != std::string::npos) {
      const std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return data::parse_json(line).context("reading QEMU's answer");
    }
    if (received_.size() > longest_message) {
      return Error(Code::resource_exhausted, "QEMU's answer does not end");
    }
    TRY(await_input(socket_.get(), deadline));
    char buffer[16384];
    const ssize_t count = ::read(socket_.get(), buffer, sizeof buffer);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (count <= 0) return Error(Code::unavailable, "QEMU closed its control socket");
    received_.append(buffer, static_cast<std::size_t>(count));
  }
}

}  // namespace flintctl::vmm::qemu
