// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "containerd/backoff.hpp"
#include "containerd/call.hpp"
#include "containerd/names.hpp"
#include "containerd/services/content/v1/content.grpc.pb.h"
#include "core/units.hpp"

namespace flintctl::containerd {

namespace api = ::containerd::services::content::v1;

namespace {

constexpr std::size_t chunk = 1 << 20;

/// One blob to write and where it goes.
struct Blob {
  const std::string& ref;
  std::string_view bytes;
  const std::string& digest;
  const Labels& labels;
};

/// One Write stream: STAT, WRITE…, COMMIT, each answered once. containerd: contentserver.go.
class WriteStream {
 public:
  /// `bytes`: that will be written. A disk that takes less than a MiB a second is stuck.
  WriteStream(const Session& session, std::string what, std::size_t bytes)
      : session_(session),
        what_(std::move(what)),
        context_(session, std::chrono::seconds(bytes / mib)),
        stub_(session.channel),
        stream_(stub_.Write(&context_)) {}

  Result<api::WriteContentResponse> exchange(const api::WriteContentRequest& request) {
    api::WriteContentResponse response;
    if (stream_->Write(request) && stream_->Read(&response)) return response;
    const auto status = stream_->Finish();
    if (!status.ok()) return to_error(status, what_, session_);
    return Error(Code::unknown, "containerd ended the stream without an answer").context(what_);
  }

  Result<> finish() {
    stream_->WritesDone();
    // containerd answers a COMMIT twice, and a status waits behind unread messages.
    api::WriteContentResponse ignored;
    while (stream_->Read(&ignored)) continue;
    const auto status = stream_->Finish();
    if (status.ok()) return {};
    return to_error(status, what_, session_);
  }

 private:
  const Session& session_;
  std::string what_;
  CallContext context_;
  api::Content::Stub stub_;
  std::unique_ptr<grpc::ClientReaderWriter<api::WriteContentRequest, api::WriteContentResponse>>
      stream_;
};

/// Sends what the server does not hold. Partial bytes of an earlier try are not trusted: writing at
/// offset 0 truncates them. All of them means that another namespace has the blob, or that only the
/// COMMIT was lost.
Result<> send_bytes(WriteStream& stream, const Blob& blob, std::size_t held) {
  if (held == blob.bytes.size()) return {};
  api::WriteContentRequest request;
  request.set_action(api::WRITE);
  for (std::size_t offset = 0; offset < blob.bytes.size(); offset += chunk) {
    request.set_offset(static_cast<std::int64_t>(offset));
    const auto part = blob.bytes.substr(offset, chunk);
    request.set_data(part.data(), part.size());
    TRY(stream.exchange(request));
  }
  return {};
}

Result<> write_once(const Session& session, const Blob& blob) {
  WriteStream stream(session, fmt::format("writing content '{}'", blob.ref), blob.bytes.size());
  const auto total = static_cast<std::int64_t>(blob.bytes.size());
  api::WriteContentRequest first;
  first.set_action(api::STAT);
  first.set_ref(blob.ref);
  first.set_total(total);
  first.set_expected(blob.digest);
  const auto stat = TRY(stream.exchange(first));
  TRY(send_bytes(stream, blob, static_cast<std::size_t>(stat.offset())));

  api::WriteContentRequest commit;
  commit.set_action(api::COMMIT);
  commit.set_total(total);
  commit.set_expected(blob.digest);
  commit.set_offset(total);  // 0 would truncate
  set_labels(*commit.mutable_labels(), blob.labels);
  TRY(stream.exchange(commit));
  return stream.finish();
}

}  // namespace

Result<> GrpcClient::content_write(const std::string& ref, std::string_view bytes,
                                   const std::string& digest, const Labels& labels) {
  using std::chrono::milliseconds;
  TRY(check_labels(labels));
  if (ref.empty() || bytes.empty()) {
    return Error(Code::invalid_argument, "content needs a reference and at least one byte");
  }
  const Blob blob{ref, bytes, digest, labels};
  const auto patience = std::min(session_.timeout, milliseconds(30000));
  // containerd itself tries a locked reference for up to a second, so pauses alone are no bound.
  const auto give_up = std::chrono::steady_clock::now() + patience;
  Backoff backoff(milliseconds(8), milliseconds(2048), patience);
  int stale = 0;
  while (true) {
    auto written = write_once(session_, blob);
    if (written) return {};
    const Code code = written.error().code();
    if (code == Code::already_exists) {
      if (labels.empty()) return {};
      auto labelled = content_update_labels(digest, labels);
      // Collected in between, which a lease would have prevented: write it again.
      if (labelled || labelled.error().code() != Code::not_found) return labelled;
    } else if (code == Code::data_loss) {
      static_cast<void>(content_abort(ref));  // containerd keeps an empty ingest
      if (stale++ > 0) return written;
      continue;  // the reference held other bytes of the same length; they are gone now
    } else if (!is_locked(written.error())) {
      return written;
    }
    if (std::chrono::steady_clock::now() > give_up || !backoff.wait()) return written;
  }
}

}  // namespace flintctl::containerd
