// SPDX-License-Identifier: Apache-2.0
#include "containerd/running_calls.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <thread>

#include "containerd/client.hpp"
#include "support/archive/folder.hpp"
#include "support/catch.hpp"
#include "sys/interrupt.hpp"

namespace flintctl::containerd {
namespace {

/// Speaks so much of HTTP/2 that a call is sent to it, and never answers.
class SilentServer {
 public:
  explicit SilentServer(const std::string& path)
      : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_.get(), 4) == 0);
  }

  /// Returns once a call has arrived.
  void take_call() {
    while (true) {
      connection_.reset(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      REQUIRE(connection_);
      constexpr std::string_view settings("\0\0\0\4\0\0\0\0\0", 9);  // RFC 9113, section 6.5
      (void)::send(connection_.get(), settings.data(), settings.size(), MSG_NOSIGNAL);
      std::string seen;
      char bytes[4096];
      ssize_t count = 0;
      while ((count = ::read(connection_.get(), bytes, sizeof bytes)) > 0) {
        seen.append(bytes, static_cast<std::size_t>(count));
        if (seen.find("containerd.services") != std::string::npos) return;
      }
      // Without a call it was connect(), which looks whether anybody listens and hangs up.
    }
  }

 private:
  UniqueFd listener_;
  UniqueFd connection_;
};

TEST_CASE("an interrupt cancels a call that does not end, and no later one") {
  const testing::Folder folder;
  SilentServer server(folder.path("silent.sock"));
  std::optional<Result<Version>> answer;
  std::thread caller([&] {
    auto client = connect(folder.path("silent.sock"), "flintlock", std::chrono::minutes(5));
    answer = client ? (*client)->version() : Result<Version>(std::move(client).error());
  });
  server.take_call();
  REQUIRE(::eventfd_write(sys::interrupt_fd(), 1) == 0);  // as a signal's handler does
  caller.join();
  eventfd_t signals = 0;
  REQUIRE(::eventfd_read(sys::interrupt_fd(), &signals) == 0);
  REQUIRE(answer);
  REQUIRE_FALSE(*answer);
  CHECK(answer->error().code() == Code::cancelled);
  CHECK(answer->error().text().find("interrupted") != std::string::npos);
}

TEST_CASE("a connection that nobody interrupts ends at once") {
  const UniqueFd interrupt(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  { const RunningCalls calls(interrupt.get()); }
  REQUIRE(::eventfd_write(interrupt.get(), 1) == 0);
  { const RunningCalls calls(interrupt.get()); }
  SUCCEED("both ended");
}

}  // namespace
}  // namespace flintctl::containerd
