// SPDX-License-Identifier: Apache-2.0
#include "image/users.hpp"

#include <algorithm>

#include "inventory/records.hpp"
#include "oci/reference.hpp"

namespace flintctl::cmd {
namespace {

void add_name(std::vector<std::string>& names, const std::string& text) {
  const auto reference = oci::Reference::parse(text);
  if (!text.empty() && reference) names.push_back(reference->name());
}

}  // namespace

Result<ImageUsers> ImageUsers::read(containerd::Client& client) {
  inventory::Records records(client);
  ImageUsers users;
  for (const auto& summary : TRY(records.list())) {
    auto record = records.read(summary.name_space, summary.name);
    if (!record && record.error().code() == Code::not_found) continue;  // deleted meanwhile
    if (!record) {
      if (record.error().code() != Code::data_loss) return record.error();
      users.unread_ = record.error();
      continue;
    }
    Use use{summary.name_space + "/" + summary.name, record->image_digest, {}};
    add_name(use.names, record->spec.root.image);
    add_name(use.names, record->spec.kernel.image);
    add_name(use.names, record->spec.initrd.image);
    users.uses_.push_back(std::move(use));
  }
  return users;
}

void ImageUsers::warn(output::Streams& streams) const {
  if (unread_) streams.err << "warning: " << unread_->text() << "; it may use any image\n";
}

std::vector<std::string> ImageUsers::of(const image::LocalImage& image) const {
  std::vector<std::string> vms;
  for (const Use& use : uses_) {
    const bool by_digest =
        use.digest == image.manifest.digest.text() || use.digest == image.target.digest.text();
    const bool by_name =
        std::find(use.names.begin(), use.names.end(), image.name) != use.names.end();
    if (by_digest || by_name) vms.push_back(use.vm);
  }
  return vms;
}

}  // namespace flintctl::cmd
