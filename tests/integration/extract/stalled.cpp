// SPDX-License-Identifier: Apache-2.0
#include "stalled.hpp"

#include <iostream>

#include "layers.hpp"
#include "sys/interrupt.hpp"

namespace flintctl::archive {

int run_stalled(const std::string& device) {
  sys::catch_interrupts();
  LayerFile file(large_tar());
  auto extractor = Extractor::start({{"ext4", device, {}}, {file.layer()}});
  if (!extractor) return 1;
  extractor->layer_available(0, file.layer().size / 2);
  bool told = false;
  const auto result = extractor->wait([&](const Progress&) {
    if (!told) std::cout << "extracting" << std::endl;
    told = true;
  });
  return !result && result.error().code() == Code::cancelled ? 42 : 1;
}

}  // namespace flintctl::archive
