// SPDX-License-Identifier: Apache-2.0
#include "image/view.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/units.hpp"

namespace flintctl::cmd {
namespace {

constexpr std::size_t short_digits = 12;

std::string short_digest(const std::string& digest) {
  return digest.substr(0, std::string_view("sha256:").size() + short_digits);
}

std::string_view outcome_word(image::PullOutcome outcome) {
  return outcome == image::PullOutcome::pulled ? "pulled" : "unchanged";
}

std::string_view work_word(image::Work work) {
  switch (work) {
    case image::Work::download:
      return "download";
    case image::Work::inflate:
      return "inflate";
    case image::Work::hash:
      return "hash";
    case image::Work::write:
      return "write";
    case image::Work::flush:
      return "flush";
    case image::Work::containerd:
      return "containerd";
  }
  return "unknown";
}

void add_details(data::Value& value, const image::LocalImage& image) {
  value.set("platform", image.config.platform.text());
  value.set("manifest", image.manifest.digest.text());
  value.set("size", image.size());
  value.set("layers", static_cast<std::int64_t>(image.content.layers.size()));
}

}  // namespace

data::Value list_of(const std::set<std::string>& names) {
  data::Value list = data::Value::array();
  for (const auto& name : names) list.push(name);
  return list;
}

std::string rfc3339(containerd::Time time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

void print_pulled(std::ostream& out, output::Kind kind, const image::PullResult& result) {
  out << "image/" << result.image.name;
  if (kind != output::Kind::name) out << ' ' << outcome_word(result.outcome);
  out << std::endl;  // at once: the next image may take a while
}

data::Value to_value(const image::PullResult& result) {
  auto value = data::Value::object({{"name", result.image.name},
                                    {"digest", result.image.target.digest.text()},
                                    {"outcome", outcome_word(result.outcome)}});
  add_details(value, result.image);
  if (!result.files) value.set("snapshot", result.image.snapshot());
  if (result.spent.empty()) return value;
  data::Value seconds = data::Value::object({});
  for (const auto& [work, time] : result.spent) {
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(time);
    seconds.set(std::string(work_word(work)), static_cast<double>(milliseconds.count()) / 1000);
  }
  value.set("seconds", std::move(seconds));
  return value;
}

data::Value to_value(const ListedImage& listed, const std::string& snapshotter) {
  const auto& summary = listed.summary;
  auto value = data::Value::object({{"name", summary.record.name},
                                    {"digest", summary.record.target.digest},
                                    {"createdAt", rfc3339(summary.record.created_at)}});
  if (summary.image) {
    add_details(value, *summary.image);
    value.set("snapshot", summary.image->snapshot());
  }
  if (summary.unpacked_size) {
    value.set("unpackedSize", *summary.unpacked_size);
    value.set("sharedSize", summary.shared_size);
    if (snapshotter == "devmapper") value.set("thinPoolSize", *summary.unpacked_size);
  }
  if (!listed.boot_files.empty()) value.set("bootFiles", list_of(listed.boot_files));
  data::Value users = data::Value::array();
  for (const auto& vm : listed.used_by) users.push(vm);
  value.set("usedBy", std::move(users));
  return value;
}

void print_images(std::ostream& out, output::Kind kind, output::Table::Titles titles,
                  const std::vector<ListedImage>& images, containerd::Time now) {
  output::Table table({{"REF"},
                       {"DIGEST"},
                       {"SIZE"},
                       {"UNPACKED"},
                       {"SHARED", true},
                       {"PLATFORM", true},
                       {"LAYERS", true},
                       {"SNAPSHOT", true},
                       {"USED BY", true},
                       {"AGE"}});
  for (const auto& [summary, used_by, boot_files] : images) {
    const auto& image = summary.image;
    const auto age =
        std::chrono::duration_cast<std::chrono::seconds>(now - summary.record.created_at);
    table.add({summary.record.name, short_digest(summary.record.target.digest),
               image ? format_size(image->size()) : "<unknown>",
               summary.unpacked_size ? format_size(*summary.unpacked_size)
               : boot_files.empty()  ? ""
                                     : "boot-files",
               summary.unpacked_size ? format_size(summary.shared_size) : "",
               image ? image->config.platform.text() : "",
               image ? std::to_string(image->content.layers.size()) : "",
               image ? image->snapshot() : "", fmt::format("{}", fmt::join(used_by, ",")),
               format_age(age)});
  }
  table.print(out, kind, titles);
}

}  // namespace flintctl::cmd
