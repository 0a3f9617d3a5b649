// SPDX-License-Identifier: Apache-2.0
#include "archive/protocol.hpp"

#include "archive/channel.hpp"

namespace flintctl::archive {
namespace {

std::uint64_t unsigned_member(const data::Value& message, std::string_view key) {
  return static_cast<std::uint64_t>(message.integer_or(key));
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

data::Value job_to_json(const Job& job) {
  data::Value layers = data::Value::array();
  for (const auto& layer : job.layers) {
    layers.push(data::Value::object({{"size", layer.size},
                                     {"digest", layer.digest},
                                     {"diffID", layer.diff_id},
                                     {"mediaType", layer.media_type},
                                     {"maxBytes", layer.limits.bytes},
                                     {"maxEntries", layer.limits.entries}}));
  }
  auto message =
      data::Value::object({{"mount", mount_to_json(job.mount)}, {"layers", std::move(layers)}});
  if (job.room) message.set("room", *job.room);
  return message;
}

Result<Job> job_from_json(const data::Value& message) {
  const auto* const mount = message.find("mount");
  const auto* const layers = message.find("layers");
  if (mount == nullptr || layers == nullptr) return Error(Code::internal, "not an extractor's job");
  Job job;
  job.mount = mount_from_json(*mount);
  int number = Child::first_descriptor;
  for (const auto& layer : layers->elements()) {
    job.layers.push_back(layer_from_json(layer));
    job.layers.back().file = number++;
  }
  if (message.find("room") != nullptr) job.room = unsigned_member(message, "room");
  return job;
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
  return data::Value::object(
      {{"result", data::Value::object({{"bytes", result->bytes}, {"entries", result->entries}})}});
}

std::optional<Result<Summary>> result_from_json(const data::Value& message) {
  if (const auto* const error = message.find("error")) return error_from_json(*error);
  if (const auto* const result = message.find("result")) {
    return Summary{unsigned_member(*result, "bytes"), unsigned_member(*result, "entries")};
  }
  return std::nullopt;
}

}  // namespace flintctl::archive
