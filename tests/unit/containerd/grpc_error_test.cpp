// SPDX-License-Identifier: Apache-2.0
#include "containerd/grpc_error.hpp"

#include <string>

#include "support/catch.hpp"

using namespace flintctl;
using containerd::from_grpc;

namespace {

const std::string address = "/run/x/containerd.sock";

Error convert(int status, std::string_view text) {
  return from_grpc(status, text, "trying", address);
}

bool mentions(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("each gRPC status has its code") {
  struct Pair {
    int status;
    Code code;
  };
  const Pair pairs[] = {
      {1, Code::cancelled},         {2, Code::unknown},
      {3, Code::invalid_argument},  {4, Code::deadline_exceeded},
      {5, Code::not_found},         {6, Code::already_exists},
      {7, Code::permission_denied}, {8, Code::resource_exhausted},
      {9, Code::aborted},           {10, Code::aborted},
      {11, Code::invalid_argument}, {12, Code::unimplemented},
      {13, Code::unknown},          {14, Code::host_not_ready},
      {15, Code::data_loss},        {16, Code::permission_denied},
      {99, Code::unknown},
  };
  for (const auto& pair : pairs) {
    CAPTURE(pair.status);
    CHECK(convert(pair.status, "text").code() == pair.code);
  }
}

TEST_CASE("an error says what was tried and keeps containerd's words") {
  CHECK(convert(5, "lease \"x\": not found").text() == "trying: lease \"x\": not found");
}

TEST_CASE("a peer that is gone names its socket and the way to start it") {
  const auto error = convert(14, "failed to connect to all addresses");
  CHECK(error.code() == Code::host_not_ready);
  CHECK(mentions(error.text(), address));
  CHECK(mentions(error.hint(), "flintctl containerd start"));
}

TEST_CASE("gRPC's own words for a broken connection become ours") {
  struct Said {
    const char* grpc;
    const char* ours;
  };
  const Said all[] = {
      {"failed to connect to all addresses; last error: UNKNOWN: unix:/run/x/containerd.sock: "
       "connection attempt timed out before receiving SETTINGS frame",
       "does not answer: it is stopped or stuck"},
      {"failed to connect to all addresses; last error: UNKNOWN: unix:/run/x/containerd.sock: "
       "Connection refused",
       "nothing listens at"},
      {"Socket closed", "ended in the midst of the call"},
      {"recvmsg:Connection reset by peer", "ended in the midst of the call"},
      {"failed to connect to all addresses", "cannot be reached"},
  };
  for (const auto& said : all) {
    CAPTURE(said.grpc);
    const auto error = convert(14, said.grpc);
    CHECK(error.code() == Code::host_not_ready);
    CHECK(mentions(error.text(), said.ours));
    CHECK(mentions(error.text(), address));
    CHECK_FALSE(mentions(error.text(), said.grpc));
    CHECK(mentions(error.hint(), "containerd status"));
  }
  CHECK(mentions(convert(14, "the store is being migrated").text(), "the store is being migrated"));
}

TEST_CASE("a peer that does not answer in time is named, in words") {
  const auto error = convert(4, "Deadline Exceeded");
  CHECK(error.code() == Code::deadline_exceeded);
  CHECK(error.text() ==
        "trying: containerd at " + address + " does not answer: it is stopped or stuck");
  CHECK(mentions(error.hint(), "flintctl containerd status"));
}

TEST_CASE("the status that containerd appends is not said twice") {
  CHECK(convert(5, "snapshot x does not exist: not found").text() ==
        "trying: snapshot x does not exist");
  CHECK(convert(9, "cannot remove snapshot with child: failed precondition").text() ==
        "trying: cannot remove snapshot with child");
}

TEST_CASE("UNAVAILABLE of a locked reference is a lock, not an absent peer") {
  const auto error = convert(14, "ref flintctl/vm locked for 3s (since now): unavailable");
  CHECK(error.code() == Code::aborted);
  CHECK(containerd::is_locked(error));
  CHECK_FALSE(containerd::is_locked(convert(10, "something else")));
}

TEST_CASE("a commit of other bytes is data loss") {
  CHECK(convert(9, "unexpected commit digest sha256:a, expected sha256:b: failed precondition")
            .code() == Code::data_loss);
  CHECK(convert(9, "cannot remove snapshot with child: failed precondition").code() ==
        Code::aborted);
}

TEST_CASE("a full disk is told apart by its text") {
  const auto error = convert(2, "write /x: no space left on device");
  CHECK(error.code() == Code::resource_exhausted);
  CHECK_FALSE(error.hint().empty());
}

TEST_CASE("a missing snapshotter points to the daemon's status") {
  const auto error = convert(3, "snapshotter not loaded: devmapper: invalid argument");
  CHECK(error.code() == Code::host_not_ready);
  CHECK(error.text() == "trying: containerd has no working snapshotter devmapper");
  CHECK(mentions(error.hint(), "containerd status"));
}

TEST_CASE("records that a crash left inconsistent are not 'already exists'") {
  const auto error = convert(2, "failed to create snapshot: object already exists");
  CHECK(error.code() == Code::host_not_ready);
  CHECK(mentions(error.hint(), "5646"));
  CHECK_FALSE(containerd::is_transient_devmapper_error(error));
}

TEST_CASE("only device-mapper's passing failures are tried again") {
  using containerd::is_transient_devmapper_error;
  CHECK(is_transient_devmapper_error(convert(2, "suspend failed: No such device or address")));
  CHECK(is_transient_devmapper_error(convert(2, "dmsetup message: Invalid argument")));
  CHECK(is_transient_devmapper_error(convert(2, "remove: device or resource busy")));
  CHECK_FALSE(is_transient_devmapper_error(convert(2, "exit status 1")));
  CHECK_FALSE(is_transient_devmapper_error(
      convert(3, "parent \"a\" is not committed snapshot: invalid argument")));
}
