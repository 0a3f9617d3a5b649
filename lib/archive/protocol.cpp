// SPDX-License-Identifier: Apache-2.0
#include "archive/protocol.hpp"

#include <algorithm>

namespace flintctl::archive {
namespace {

std::uint64_t unsigned_member(const data::Value& message, std::string_view key) {
  return static_cast<std::uint64_t>(message.integer_or(key));
}

/// Their message stays below a third of the longest that a Channel takes, whatever an image holds.
constexpr std::size_t layers_at_once = 128;

data::Value layer_to_json(const Layer& layer) {
  return data::Value::object({{"size", layer.size},
                              {"digest", layer.digest},
                              {"diffID", layer.diff_id},
                              {"mediaType", layer.media_type},
                              {"maxBytes", layer.limits.bytes},
                              {"maxEntries", layer.limits.entries}});
}

Layer layer_from_json(const data::Value& message) {
  Layer layer;
  layer.size = unsigned_member(message, "size");
  layer.digest = message.string_or("digest");
  layer.diff_id = message.string_or("diffID");
  layer.media_type = message.string_or("mediaType");
  layer.limits = {unsigned_member(message, "maxBytes"), unsigned_member(message, "maxEntries")};
  return layer;
}

}  // namespace

data::Value mount_to_json(const Mount& mount) {
  data::Value options = data::Value::array();
  for (const auto& option : mount.options) options.push(option);
  return data::Value::object(
      {{"type", mount.type}, {"source", mount.source}, {"options", std::move(options)}});
}

Mount mount_from_json(const data::Value& message) {
  Mount mount = {message.string_or("type"), message.string_or("source"), {}};
  if (const auto* const options = message.find("options")) {
    for (const auto& option : options->elements()) {
      if (const auto* const text = option.as_string()) mount.options.push_back(*text);
    }
  }
  return mount;
}

Result<> send_job(const Channel& channel, const Job& job) {
  auto first = data::Value::object(
      {{"mount", mount_to_json(job.mount)}, {"layers", std::uint64_t{job.layers.size()}}});
  if (job.room) first.set("room", *job.room);
  TRY(channel.send(first));
  for (std::size_t layer = 0; layer < job.layers.size(); layer += layers_at_once) {
    auto some = data::Value::array();
    const auto end = std::min(layer + layers_at_once, job.layers.size());
    for (std::size_t next = layer; next < end; ++next) some.push(layer_to_json(job.layers[next]));
    TRY(channel.send(data::Value::object({{"layers", std::move(some)}})));
  }
  return {};
}

Result<std::optional<Job>> receive_job(const Channel& channel) {
  const auto first = TRY(channel.receive());
  if (!first) return std::optional<Job>();
  const auto* const mount = first->find("mount");
  if (mount == nullptr) return Error(Code::internal, "not an extractor's job");
  Job job;
  job.mount = mount_from_json(*mount);
  if (first->find("room") != nullptr) job.room = unsigned_member(*first, "room");
  int number = Child::first_descriptor;
  for (const auto count = unsigned_member(*first, "layers"); job.layers.size() < count;) {
    const auto some = TRY(channel.receive());
    if (!some) return std::optional<Job>();
    const auto* const layers = some->find("layers");
    if (layers == nullptr || layers->elements().empty()) {
      return Error(Code::internal, "not the layers of an extractor's job");
    }
    for (const auto& layer : layers->elements()) {
      job.layers.push_back(layer_from_json(layer));
      job.layers.back().file = number++;
    }
  }
  return std::optional(std::move(job));
}

data::Value download_to_json(const Download& download) {
  return data::Value::object({{"layer", std::uint64_t{download.layer}},
                              {"available", download.available},
                              {"failed", download.failed}});
}

Download download_from_json(const data::Value& message) {
  return {unsigned_member(message, "layer"), unsigned_member(message, "available"),
          message.bool_or("failed", false)};
}

data::Value progress_to_json(const Progress& progress) {
  return data::Value::object({{"layer", std::uint64_t{progress.layer}},
                              {"done", progress.phase == Progress::Phase::done},
                              {"compressed", progress.compressed},
                              {"extracted", progress.extracted},
                              {"taken", progress.taken}});
}

Progress progress_from_json(const data::Value& message) {
  const bool done = message.bool_or("done", false);
  return {unsigned_member(message, "layer"),
          done ? Progress::Phase::done : Progress::Phase::extracting,
          unsigned_member(message, "compressed"), unsigned_member(message, "extracted"),
          unsigned_member(message, "taken")};
}

data::Value result_to_json(const Result<Summary>& result) {
  if (!result) return data::Value::object({{"error", error_to_json(result.error())}});
  const Spent& spent = result->spent;
  return data::Value::object(
      {{"result", data::Value::object({{"bytes", result->bytes},
                                       {"entries", result->entries},
                                       {"inflate", std::int64_t{spent.inflate.count()}},
                                       {"hash", std::int64_t{spent.hash.count()}},
                                       {"write", std::int64_t{spent.write.count()}},
                                       {"flush", std::int64_t{spent.flush.count()}}})}});
}

std::optional<Result<Summary>> result_from_json(const data::Value& message) {
  if (const auto* const error = message.find("error")) return error_from_json(*error);
  if (const auto* const result = message.find("result")) {
    const auto time = [&](std::string_view key) {
      return std::chrono::nanoseconds(result->integer_or(key));
    };
    return Summary{unsigned_member(*result, "bytes"), unsigned_member(*result, "entries"),
                   Spent{time("inflate"), time("hash"), time("write"), time("flush")}};
  }
  return std::nullopt;
}

}  // namespace flintctl::archive
