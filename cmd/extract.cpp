// SPDX-License-Identifier: Apache-2.0
#include "extract.hpp"

#include <string_view>

#include "archive/ext4_image.hpp"
#include "archive/extract_child.hpp"
#include "image/kernel_inspection.hpp"

namespace flintctl::cmd {

int extract_main(int argc, char** argv) {
  const std::string_view mode = argc == 3 ? argv[2] : "";
  if (mode == "layers") return archive::run_extract_child();
  if (mode == "ext4") return archive::run_ext4_child();
  if (mode == "inspect") return image::run_inspect_child();
  return 2;
}

}  // namespace flintctl::cmd
