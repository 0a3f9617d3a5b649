// SPDX-License-Identifier: Apache-2.0
#include "network/netlink.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cstring>

#include "core/unique_fd.hpp"
#include "sys/error.hpp"

namespace flintctl::network {
namespace {

struct DeleteRequest {
  nlmsghdr header;
  ifinfomsg link;
};

struct Acknowledgement {
  nlmsghdr header;
  nlmsgerr error;
};

}  // namespace

Result<> delete_link(unsigned index) {
  const UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket) return sys::last_error("opening netlink");
  DeleteRequest request = {};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_DELLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  request.link.ifi_family = AF_UNSPEC;
  request.link.ifi_index = static_cast<int>(index);
  if (::send(socket.get(), &request, sizeof request, 0) < 0) {
    return sys::last_error("sending RTM_DELLINK");
  }
  char buffer[1024] = {};
  const ssize_t length = ::recv(socket.get(), buffer, sizeof buffer, 0);
  if (length < 0) return sys::last_error("reading the answer to RTM_DELLINK");
  Acknowledgement answer = {};
  if (static_cast<std::size_t>(length) < sizeof answer) {
    return Error(Code::internal, "a short answer to RTM_DELLINK");
  }
  std::memcpy(&answer, buffer, sizeof answer);
  if (answer.error.error != 0) {
    return sys::from_errno(-answer.error.error, "deleting a network interface");
  }
  return {};
}

}  // namespace flintctl::network
