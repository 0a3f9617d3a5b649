// SPDX-License-Identifier: Apache-2.0
#include "image/shared_prefixes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "image/abandoned.hpp"
#include "image/local_image.hpp"

namespace flintctl::image {
namespace {

constexpr std::size_t max_images_read = 64;  // four requests each

/// short_chain() of the images that were labelled with it, by the digest that their records name.
Result<std::map<std::string, std::string>> labelled_chains(containerd::Client& client,
                                                           const std::string& label) {
  std::map<std::string, std::string> chains;
  if (label.empty()) return chains;
  for (auto& info : TRY(client.content_list({fmt::format("labels.\"{}\"", label)}))) {
    const auto chain = info.labels.find(label);
    if (chain != info.labels.end()) chains.emplace(info.digest, std::move(chain->second));
  }
  return chains;
}

}  // namespace

std::string chain_label(const oci::ImageConfig& config) {
  constexpr std::size_t longest = 32;
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789_-";
  const std::string& name = config.platform.architecture;
  const bool good = name.size() <= longest && name.find_first_not_of(letters) == std::string::npos;
  return good && !name.empty() ? fmt::format("{}.{}", label_chain, name) : std::string();
}

Result<std::set<std::size_t>> shared_prefixes(containerd::Client& client,
                                              const Documents& documents,
                                              const oci::Platform& platform) {
  const std::string mine = short_chain(documents.chain);
  const auto chains = TRY(labelled_chains(client, chain_label(documents.parsed_config)));
  std::set<std::size_t> counts;
  std::size_t read = 0;
  for (const auto& record : TRY(client.image_list())) {
    const auto chain = chains.find(record.target.digest);
    if (chain != chains.end()) {
      counts.insert(common_prefix(mine, chain->second));
      continue;
    }
    if (read++ >= max_images_read) continue;
    const auto image = TRY(read_local(client, record, platform));
    if (image) counts.insert(common_prefix(mine, short_chain(image->chain)));
  }
  counts.erase(0);
  return counts;
}

}  // namespace flintctl::image
