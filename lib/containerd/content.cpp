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

ContentInfo to_info(const api::Info& wire) {
  return {wire.digest(), static_cast<std::uint64_t>(wire.size()), to_time(wire.created_at()),
          to_time(wire.updated_at()), to_labels(wire.labels())};
}

std::string reading(const std::string& digest) { return fmt::format("reading content {}", digest); }

// So much of a large blob is asked for at once, and is whole before it is passed on: who takes it
// may take longer than a call may.
constexpr std::uint64_t part_size = 4 * mib;

struct Part {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;  ///< 0: to the end
};

/// Appends a part of a blob; data_loss when containerd sends another number of bytes than was asked
/// for, resource_exhausted beyond `limit`.
Result<> read_part(const Session& session, const std::string& digest, const Part& part,
                   std::string& bytes, std::size_t limit = part_size) {
  api::ReadContentRequest request;
  request.set_digest(digest);
  request.set_offset(static_cast<std::int64_t>(part.offset));
  request.set_size(static_cast<std::int64_t>(part.size));
  CallContext context(session);
  api::Content::Stub stub(session.channel);
  const auto reader = stub.Read(&context, request);
  api::ReadContentResponse piece;
  while (reader->Read(&piece)) {
    if (piece.data().size() > limit - bytes.size()) {
      context.TryCancel();
      return Error(Code::resource_exhausted, fmt::format("it has more than {} bytes", limit))
          .context(reading(digest));
    }
    bytes += piece.data();
  }
  const auto status = reader->Finish();
  if (!status.ok()) return to_error(status, reading(digest), session);
  if (part.size == 0 || bytes.size() == part.size) return {};
  return Error(Code::data_loss, "containerd sent too little").context(reading(digest));
}

}  // namespace

Result<ContentInfo> GrpcClient::content_info(const std::string& digest) {
  api::InfoRequest request;
  request.set_digest(digest);
  const auto response = TRY(unary(session_, &api::Content::Stub::Info, request,
                                  fmt::format("looking for content {}", digest)));
  return to_info(response.info());
}

Result<std::vector<ContentInfo>> GrpcClient::content_list(const std::vector<std::string>& filters) {
  api::ListContentRequest request;
  for (const auto& filter : filters) request.add_filters(filter);
  CallContext context(session_);
  api::Content::Stub stub(session_.channel);
  const auto reader = stub.List(&context, request);
  std::vector<ContentInfo> list;
  api::ListContentResponse page;
  while (reader->Read(&page)) {
    for (const auto& info : page.info()) list.push_back(to_info(info));
  }
  const auto status = reader->Finish();
  if (status.ok()) return list;
  return to_error(status, "listing containerd's content", session_);
}

Result<> GrpcClient::content_stream(const std::string& digest, const Take& take) {
  const auto total = TRY(content_info(digest)).size;
  std::string bytes;
  for (std::uint64_t offset = 0; offset < total; offset += bytes.size()) {
    bytes.clear();
    TRY(read_part(session_, digest, {offset, std::min(total - offset, part_size)}, bytes));
    TRY(take(bytes).context(reading(digest)));
  }
  return {};
}

Result<std::string> GrpcClient::content_read(const std::string& digest, std::size_t limit) {
  std::string bytes;
  TRY(read_part(session_, digest, {0, 0}, bytes, limit));
  return bytes;
}

Result<> GrpcClient::content_update_labels(const std::string& digest, const Labels& labels) {
  TRY(check_labels(labels));
  api::UpdateRequest request;
  request.mutable_info()->set_digest(digest);
  set_labels(*request.mutable_info()->mutable_labels(), labels);
  add_label_paths(*request.mutable_update_mask(), labels);
  // An empty mask would replace all labels.
  if (labels.empty()) {
    TRY(content_info(digest));
    return {};
  }
  TRY(unary(session_, &api::Content::Stub::Update, request,
            fmt::format("labelling content {}", digest)));
  return {};
}

Result<> GrpcClient::content_delete(const std::string& digest) {
  api::DeleteContentRequest request;
  request.set_digest(digest);
  return command(session_, &api::Content::Stub::Delete, request,
                 fmt::format("deleting content {}", digest));
}

Result<std::vector<Ingest>> GrpcClient::content_ingests() {
  const auto response = TRY(unary(session_, &api::Content::Stub::ListStatuses,
                                  api::ListStatusesRequest(), "listing unfinished content"));
  std::vector<Ingest> ingests;
  for (const auto& status : response.statuses()) {
    ingests.push_back({status.ref(), static_cast<std::uint64_t>(status.offset()),
                       static_cast<std::uint64_t>(status.total()), to_time(status.started_at())});
  }
  return ingests;
}

Result<> GrpcClient::content_abort(const std::string& ref) {
  api::AbortRequest request;
  request.set_ref(ref);
  // A writer that was just killed still closes its files while containerd removes their folder.
  using std::chrono::milliseconds;
  Backoff backoff(milliseconds(10), milliseconds(200), milliseconds(2000));
  while (true) {
    auto done = command(session_, &api::Content::Stub::Abort, request,
                        fmt::format("discarding unfinished content '{}'", ref));
    if (done || done.error().code() != Code::unknown || !backoff.wait()) return done;
  }
}

}  // namespace flintctl::containerd
