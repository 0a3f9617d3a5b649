// SPDX-License-Identifier: Apache-2.0
#include "containerd/grpc_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace flintctl::containerd {
namespace {

/// grpc/doc/statuscodes.md; not gRPC's header, so that no caller of ours needs it.
enum Status : int {
  cancelled = 1,
  unknown = 2,
  invalid_argument = 3,
  deadline_exceeded = 4,
  not_found = 5,
  already_exists = 6,
  permission_denied = 7,
  resource_exhausted = 8,
  failed_precondition = 9,
  aborted = 10,
  out_of_range = 11,
  unimplemented = 12,
  unavailable = 14,
  data_loss = 15,
  unauthenticated = 16,
};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

Code plain_code(int status) {
  switch (status) {
    case cancelled:
      return Code::cancelled;
    case invalid_argument:
    case out_of_range:
      return Code::invalid_argument;
    case deadline_exceeded:
      return Code::deadline_exceeded;
    case not_found:
      return Code::not_found;
    case already_exists:
      return Code::already_exists;
    case permission_denied:
    case unauthenticated:
      return Code::permission_denied;
    case resource_exhausted:
      return Code::resource_exhausted;
    case failed_precondition:
    case aborted:
      return Code::aborted;
    case unimplemented:
      return Code::unimplemented;
    case unavailable:
      return Code::host_not_ready;
    case data_loss:
      return Code::data_loss;
    // INTERNAL is containerd's bug or the transport's; our Code::internal is for ours.
    default:
      return Code::unknown;
  }
}

/// Failures whose text says more than their status.
Error by_text(int status, std::string_view text) {
  if (status == cancelled) return Error(Code::cancelled, "interrupted");  // only we cancel calls
  Error error(plain_code(status), std::string(text));
  if (status == unavailable && contains(text, "locked")) {
    return std::move(error).with_code(Code::aborted);
  }
  if (status == failed_precondition && contains(text, "unexpected commit")) {
    return std::move(error).with_code(Code::data_loss);
  }
  if (contains(text, "snapshotter not loaded")) {
    return std::move(error)
        .with_code(Code::host_not_ready)
        .with_hint("`flintctl containerd status` says why the snapshotter did not start");
  }
  if (status != unknown) return error;
  if (contains(text, "no space left on device")) {
    return std::move(error)
        .with_code(Code::resource_exhausted)
        .with_hint("look at `flintctl pool status` and `df`, then free space or grow the pool");
  }
  if (contains(text, "object already exists")) {
    return std::move(error)
        .with_code(Code::host_not_ready)
        .with_hint(
            "a crash left containerd's devmapper records inconsistent (containerd issue 5646), and "
            "each retry meets the same record: stop containerd, then recreate the pool together "
            "with metadata.db and <pool>.db in the snapshotter's root_path");
  }
  return error;
}

}  // namespace

Error from_grpc(int status, std::string_view text, std::string what, const std::string& address) {
  auto error = by_text(status, text);
  if (status == unavailable && error.code() == Code::host_not_ready) {
    error = std::move(error)
                .context(fmt::format("containerd at {} does not answer", address))
                .with_hint(
                    "start it with `flintctl containerd start`, or name another socket with "
                    "--containerd-address");
  } else if (status == deadline_exceeded) {
    error = std::move(error).with_hint(
        "containerd is alive but slow or stuck: look at its log and at `flintctl pool status`");
  } else if (status == unimplemented) {
    error = std::move(error).with_hint(
        fmt::format("is {} really the socket of a containerd >= 1.6?", address));
  }
  return std::move(error).context(std::move(what));
}

bool is_transient_devmapper_error(const Error& error) {
  // Only UNKNOWN: a wrong parent is INVALID_ARGUMENT and ends in the same words.
  if (error.code() != Code::unknown) return false;
  const std::string text = error.text();
  constexpr std::array<std::string_view, 3> passing = {
      "no such device or address", "invalid argument", "device or resource busy"};
  return std::any_of(passing.begin(), passing.end(), [&](std::string_view part) {
    const auto same = [](char a, char b) { return std::tolower(a) == std::tolower(b); };
    return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
  });
}

bool is_locked(const Error& error) {
  return error.code() == Code::aborted && contains(error.text(), "locked");
}

}  // namespace flintctl::containerd
