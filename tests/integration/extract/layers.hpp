// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>

#include <string>
#include <vector>

#include "archive/extractor.hpp"
#include "support/archive/folder.hpp"
#include "support/archive/tar_builder.hpp"
#include "sys/sha256.hpp"

namespace flintctl::archive {

/// A plain layer's file with its descriptor.
class LayerFile {
 public:
  explicit LayerFile(const std::string& tar) {
    folder_.write("layer", tar);
    fd_ = UniqueFd(::open(folder_.path("layer").c_str(), O_RDONLY | O_CLOEXEC));
    const std::string digest = "sha256:" + sys::sha256_hex(tar);
    layer_ = {fd_.get(), tar.size(), digest, digest, "application/vnd.oci.image.layer.v1.tar", {}};
  }
  Layer& layer() { return layer_; }

 private:
  testing::Folder folder_;
  UniqueFd fd_;
  Layer layer_;
};

/// 40 MiB in files of 1 MiB.
inline std::string large_tar() {
  testing::TarBuilder tar;
  for (int i = 0; i < 40; ++i) {
    tar.file("large/" + std::to_string(i), std::string(1U << 20U, static_cast<char>('a' + i % 26)));
  }
  return tar.finish();
}

/// A bind mount of a folder, as containerd's native snapshotter returns it.
inline Mount bind_of(const std::string& folder) { return {"bind", folder, {"rbind", "rw"}}; }

/// Applies layers that are wholly there.
inline Result<Summary> extract(const Mount& mount, const std::vector<Layer>& layers) {
  auto extractor = TRY(Extractor::start({mount, layers}));
  for (std::size_t i = 0; i < layers.size(); ++i) extractor.layer_available(i, layers[i].size);
  return extractor.wait();
}

}  // namespace flintctl::archive
