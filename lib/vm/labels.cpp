// SPDX-License-Identifier: Apache-2.0
#include "vm/labels.hpp"

#include <fmt/format.h>

#include <charconv>

#include "vm/name.hpp"

namespace flintctl::vm {
namespace {

std::string get(const Labels& labels, const char* key) {
  const auto found = labels.find(key);
  return found == labels.end() ? std::string() : found->second;
}

std::uint64_t number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : 0;
}

Stage parse_stage(const std::string& text) {
  if (text == to_string(Stage::created)) return Stage::created;
  if (text == to_string(Stage::deleting)) return Stage::deleting;
  return Stage::creating;
}

}  // namespace

std::string_view to_string(Stage stage) {
  switch (stage) {
    case Stage::creating:
      return "creating";
    case Stage::created:
      return "created";
    case Stage::deleting:
      return "deleting";
  }
  return "creating";
}

Labels record_labels(const Record& record, Stage stage) {
  Labels labels{
      {label::kind, std::string(vm_kind)},
      {label::schema, std::to_string(Record::schema_version)},
      {label::version, std::to_string(record.version)},
      {label::uid, record.uid},
      {label::name, record.name},
      {label::name_space, record.name_space},
      {label::stage, std::string(to_string(stage))},
      {label::provider, record.spec.provider},
      {label::vcpus, std::to_string(record.spec.vcpus)},
      {label::memory, std::to_string(record.spec.memory)},
      {label::image, record.spec.root.image},
      {label::created, format_time(record.created_at)},
  };
  for (const auto& [key, value] : record.labels) {
    labels.emplace(std::string(user_label_prefix) + key, value);
  }
  return labels;
}

Result<> check_labels(const Labels& labels) {
  for (const auto& [key, value] : labels) {
    TRY(check_label_key(key));
    if (user_label_prefix.size() + key.size() + value.size() > label_limit) {
      return Error(
          Code::invalid_argument,
          fmt::format("label '{}' is longer than containerd's {} bytes", key, label_limit));
    }
  }
  return {};
}

std::optional<Summary> summary_from_labels(const Labels& labels) {
  Summary summary;
  summary.uid = get(labels, label::uid);
  summary.name = get(labels, label::name);
  if (get(labels, label::kind) != vm_kind || !is_uid(summary.uid) || summary.name.empty()) {
    return std::nullopt;
  }
  summary.version = number(get(labels, label::version));
  summary.name_space = get(labels, label::name_space);
  summary.stage = parse_stage(get(labels, label::stage));
  summary.provider = get(labels, label::provider);
  summary.vcpus = static_cast<unsigned>(number(get(labels, label::vcpus)));
  summary.memory = number(get(labels, label::memory));
  summary.image = get(labels, label::image);
  summary.created_at = parse_time(get(labels, label::created)).value_or(Time());
  for (const auto& [key, value] : labels) {
    if (key.rfind(user_label_prefix, 0) == 0) {
      summary.labels.emplace(key.substr(user_label_prefix.size()), value);
    }
  }
  return summary;
}

Result<std::pair<std::string, std::string>> parse_label(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) {
    return Error(Code::invalid_argument, fmt::format("label '{}' has no '='", text))
        .with_hint("use --label KEY=VALUE");
  }
  std::pair<std::string, std::string> label{text.substr(0, equals), text.substr(equals + 1)};
  TRY(check_labels({label}));
  return label;
}

}  // namespace flintctl::vm
