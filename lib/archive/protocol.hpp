// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "archive/channel.hpp"
#include "archive/job.hpp"
#include "core/result.hpp"
#include "data/value.hpp"

namespace flintctl::archive {

// The messages between Extractor and its child. Both are the same program, so their form needs no
// version. First the job; then availability from the parent, and progress and the end from the
// child.

/// In as many messages as its layers take. Their files are left out: the child has them as
/// descriptors from Child::first_descriptor on.
Result<> send_job(const Channel& channel, const Job& job);
/// Nothing when the other end is gone before it is whole.
Result<std::optional<Job>> receive_job(const Channel& channel);

data::Value mount_to_json(const Mount& mount);
Mount mount_from_json(const data::Value& message);

/// News of one layer's download.
struct Download {
  std::size_t layer = 0;
  std::uint64_t available = 0;
  bool failed = false;
};
data::Value download_to_json(const Download& download);
Download download_from_json(const data::Value& message);

data::Value progress_to_json(const Progress& progress);
Progress progress_from_json(const data::Value& message);

data::Value result_to_json(const Result<Summary>& result);
/// Nothing when the message is no result.
std::optional<Result<Summary>> result_from_json(const data::Value& message);

}  // namespace flintctl::archive
