// SPDX-License-Identifier: Apache-2.0
#include "image/check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>

#include "image/inspection.hpp"

namespace flintctl::cmd {
namespace {

struct Verdict {
  std::string name;
  std::vector<std::string> problems;
};

Result<std::vector<containerd::Image>> records_of(containerd::Client& client,
                                                  const std::vector<oci::Reference>& references) {
  if (references.empty()) return client.image_list();
  std::vector<containerd::Image> records;
  for (const auto& reference : references) {
    auto record = client.image_get(reference.name());
    if (!record && record.error().code() == Code::not_found) return image::no_such_image(reference);
    records.push_back(TRY(std::move(record)));
  }
  return records;
}

Result<> print(Host& host, const output::Format& format, const std::vector<Verdict>& verdicts) {
  auto& out = host.streams().out;
  if (format.kind == output::Kind::name) {
    for (const auto& verdict : verdicts) out << "image/" << verdict.name << '\n';
    return {};
  }
  if (format.is_table()) {
    output::Table table({{"REF"}, {"STATE"}, {"WHY"}});
    for (const auto& [name, problems] : verdicts) {
      table.add({name, problems.empty() ? "complete" : "broken",
                 fmt::format("{}", fmt::join(problems, "; "))});
    }
    table.print(
        out, format.kind,
        host.options().no_headers ? output::Table::Titles::hide : output::Table::Titles::show);
    return {};
  }
  data::Array items;
  for (const auto& [name, problems] : verdicts) {
    data::Value list = data::Value::array();
    for (const auto& problem : problems) list.push(problem);
    items.push_back(data::Value::object(
        {{"name", name}, {"complete", problems.empty()}, {"problems", std::move(list)}}));
  }
  return output::print_value(out, format, output::list_value(std::move(items)));
}

}  // namespace

Result<> image_check(Host& host, const ImageCheckOptions& options) {
  const output::Format format = TRY(host.format());
  std::vector<oci::Reference> references;
  for (const auto& text : options.references) {
    references.push_back(TRY(oci::Reference::parse(text)));
  }
  const auto look = TRY(where_to_look(host, options.look));
  containerd::Client* containerd = TRY(host.containerd());
  std::vector<Verdict> verdicts;
  image::BlobVerdicts blobs;
  for (const auto& record : TRY(records_of(*containerd, references))) {
    verdicts.push_back({record.name, TRY(image::check(*containerd, look.snapshotter, look.platform,
                                                      look.cached, record, blobs))});
  }
  std::sort(verdicts.begin(), verdicts.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  TRY(print(host, format, verdicts));
  const auto broken = std::count_if(verdicts.begin(), verdicts.end(),
                                    [](const auto& verdict) { return !verdict.problems.empty(); });
  if (broken == 0) return {};
  return Error(Code::unknown, fmt::format("{} of {} images are broken", broken, verdicts.size()))
      .with_hint("pull them again; what is damaged must go first: flintctl image remove REF");
}

void add_image_check(cli::Command& image, Host& host) {
  auto options = std::make_shared<ImageCheckOptions>();
  auto& check = image.add(
      "check", "See whether images are complete: documents, digests, snapshots, kept layers");
  check.example("flintctl image check", "all images; fails when one is broken")
      .arguments("REF", options->references, 0, "Images (all unless given)")
      .action([options, &host] { return image_check(host, *options); });
  add_look_flags(check, options->look);
}

}  // namespace flintctl::cmd
