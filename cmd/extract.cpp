// SPDX-License-Identifier: Apache-2.0
#include "extract.hpp"

#include <string_view>

#include "archive/extract_child.hpp"

namespace flintctl::cmd {

int extract_main(int argc, char** argv) {
  const std::string_view mode = argc == 3 ? argv[2] : "";
  if (mode == "layers") return archive::run_extract_child();
  return 2;
}

}  // namespace flintctl::cmd
