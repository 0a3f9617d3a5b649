// SPDX-License-Identifier: Apache-2.0
#include "content/list.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>

#include "content/view.hpp"

namespace flintctl::cmd {

Result<> content_list(Host& host, const ContentListOptions& options) {
  const output::Format format = TRY(host.format());
  containerd::Client* containerd = TRY(host.containerd());
  auto listed = containerd->content_list(options.filters);
  if (!listed && listed.error().code() == Code::invalid_argument && !options.filters.empty()) {
    return Error(Code::invalid_argument, fmt::format("containerd cannot read the filter '{}'",
                                                     fmt::join(options.filters, "' or '")))
        .with_hint("write it like 'digest~=^sha256:ab', 'size==12' or 'labels.\"KEY\"==VALUE'");
  }
  auto contents = TRY(std::move(listed));
  std::sort(contents.begin(), contents.end(),
            [](const auto& a, const auto& b) { return a.digest < b.digest; });

  output::Streams& streams = host.streams();
  if (host.streams().quiet && format.is_table()) {
    for (const auto& content : contents) streams.out << content.digest << '\n';
    return {};
  }
  if (format.kind == output::Kind::name) {
    for (const auto& content : contents) streams.out << "content/" << content.digest << '\n';
    return {};
  }
  if (!format.is_table()) {
    data::Array items;
    for (const auto& content : contents) items.push_back(to_value(content));
    return output::print_value(streams.out, format, output::list_value(std::move(items)));
  }
  if (contents.empty()) {
    streams.err << "No content in containerd's namespace '" << containerd->namespace_name()
                << "'.\n";
    return {};
  }
  const auto titles =
      host.options().no_headers ? output::Table::Titles::hide : output::Table::Titles::show;
  print_contents(streams.out, format.kind, titles, contents, std::chrono::system_clock::now());
  return {};
}

void add_content_list(cli::Command& content, Host& host) {
  auto options = std::make_shared<ContentListOptions>();
  content.add("list", "List the blobs in containerd's content store, in our namespace")
      .alias("ls")
      .details(
          "Shows what `ctr --namespace=flintlock content ls` shows. Digests are cut to 12 digits; "
          "-o wide, -o json and -q print them whole.")
      .example("flintctl content list", "manifests, configurations and VM records, with labels")
      .example("flintctl content list -q", "digests only, for scripts")
      .example("flintctl content list --filter 'labels.\"containerd.io/gc.root\"'",
               "only those with this label")
      .option("--filter", options->filters,
              "Only content that matches, in containerd's filter language; repeat for OR", "FILTER")
      .action([options, &host] { return content_list(host, *options); });
}

}  // namespace flintctl::cmd
