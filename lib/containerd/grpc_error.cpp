// SPDX-License-Identifier: Apache-2.0
#include "containerd/grpc_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

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

constexpr const char* stuck_hint =
    "`flintctl containerd status` shows its process and its log; `flintctl pool status` whether "
    "the "
    "pool holds it up";

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

/// What errdefs appends to name the status that the call has anyway: "x does not exist: not found".
std::string_view without_status_words(std::string_view text) {
  for (const auto& [said, appended] :
       {std::pair<std::string_view, std::string_view>{"does not exist", ": not found"},
        {"already exists", ": already exists"},
        {"", ": failed precondition"}}) {
    if (text.ends_with(appended) && contains(text.substr(0, text.size() - appended.size()), said)) {
      text.remove_suffix(appended.size());
    }
  }
  return text;
}

/// The name in "snapshotter not loaded: NAME: invalid argument".
std::string_view unloaded_snapshotter(std::string_view text) {
  constexpr std::string_view before = "snapshotter not loaded: ";
  const auto at = text.find(before);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + before.size());
  return text.substr(0, text.find(':'));
}

/// gRPC's own words for a connection that does not come about or breaks, in ours. Empty for what
/// containerd itself says with this status.
std::string connection_trouble(std::string_view text, const std::string& address) {
  if (contains(text, "SETTINGS") || contains(text, "timed out") || contains(text, "imeout")) {
    return fmt::format("containerd at {} does not answer: it is stopped or stuck", address);
  }
  if (contains(text, "Connection refused") || contains(text, "No such file")) {
    return fmt::format("nothing listens at containerd's socket {}", address);
  }
  for (const std::string_view broken : {"Socket closed", "Connection reset", "Broken pipe",
                                        "recvmsg", "GOAWAY", "onnection closed"}) {
    if (contains(text, broken)) {
      return fmt::format("containerd at {} ended in the midst of the call", address);
    }
  }
  if (contains(text, "failed to connect") || contains(text, "Connect Failed")) {
    return fmt::format("containerd at {} cannot be reached", address);
  }
  return {};
}

/// Failures whose text says more than their status.
Error by_text(int status, std::string_view text) {
  if (status == cancelled) return Error(Code::cancelled, "interrupted");  // only we cancel calls
  Error error(plain_code(status), std::string(without_status_words(text)));
  if (status == unavailable && contains(text, "locked")) {
    return std::move(error).with_code(Code::aborted);
  }
  if (status == failed_precondition && contains(text, "unexpected commit")) {
    return std::move(error).with_code(Code::data_loss);
  }
  if (const auto name = unloaded_snapshotter(text); !name.empty()) {
    return Error(Code::host_not_ready,
                 fmt::format("containerd has no working snapshotter {}", name))
        .with_hint(
            "`flintctl containerd status` lists its snapshotters, and why one does not work");
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
    const std::string trouble = connection_trouble(text, address);
    if (!trouble.empty()) error = Error(Code::host_not_ready, trouble);
    const bool gone = !contains(trouble, "stuck");
    error = std::move(error).with_hint(
        gone ? "`flintctl containerd status` shows where its log is; start it with `flintctl "
               "containerd start`, or name another socket with --containerd-address"
             : stuck_hint);
  } else if (status == deadline_exceeded) {
    error = Error(Code::deadline_exceeded,
                  fmt::format("containerd at {} does not answer: it is stopped or stuck", address))
                .with_hint(stuck_hint);
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
