// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "core/unique_fd.hpp"
#include "data/value.hpp"
#include "sys/process.hpp"

namespace flintctl::archive {

/// One end of the socket between flintctl and its re-executed child: JSON values, each in a packet
/// of its own. Several threads may send. unix(7), SOCK_SEQPACKET.
class Channel {
 public:
  explicit Channel(UniqueFd socket) : socket_(std::move(socket)) {}

  /// Two connected ends.
  static Result<std::pair<Channel, Channel>> pair();

  /// `drop`: a message that does not fit now is left out, instead of waiting for the reader.
  enum class WhenFull { wait, drop };
  Result<> send(const data::Value& message, WhenFull when_full = WhenFull::wait) const;

  /// The next message; nothing when the other end is gone. data_loss for what is no JSON.
  Result<std::optional<data::Value>> receive() const;

  [[nodiscard]] int fd() const { return socket_.get(); }

 private:
  UniqueFd socket_;
};

/// An Error as a message and back.
data::Value error_to_json(const Error& error);
Error error_from_json(const data::Value& message);

/// A child of ours: this program again, as `flintctl __extract MODE`. Its end of the channel is
/// descriptor 3, `descriptors` follow from 4 on.
class Child {
 public:
  /// The child is killed when the calling thread ends, and when this ends.
  static Result<Child> start(const std::string& mode, const std::vector<int>& descriptors);

  static constexpr int channel_number = 3;
  static constexpr int first_descriptor = 4;

  [[nodiscard]] const Channel& channel() const { return channel_; }

  /// The child's next message; nothing once it has ended its side. cancelled after an interrupt.
  Result<std::optional<data::Value>> receive() const;

  /// Ends it at once; wait() for that.
  void kill() const { (void)process_->signal(SIGKILL); }

  /// Waits until the child has ended, and with it its mounts.
  Result<sys::ExitStatus> wait();

 private:
  /// Ends the child, if it still lives, and reaps it.
  struct End {
    void operator()(sys::Process* process) const;
  };
  Child(Channel channel, std::unique_ptr<sys::Process, End> process)
      : channel_(std::move(channel)), process_(std::move(process)) {}

  Channel channel_;
  std::unique_ptr<sys::Process, End> process_;
};

}  // namespace flintctl::archive
