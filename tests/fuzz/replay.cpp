// SPDX-License-Identifier: Apache-2.0
// Stands in for libFuzzer's main where the compiler is not clang: runs a target over a corpus
// folder, so that what a fuzzer once found stays fixed.
#include <cstddef>
#include <cstdint>
#include <iostream>

#include "sys/file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  int inputs = 0;
  for (int i = 1; i < argc; ++i) {
    const std::string folder = argv[i];
    const auto names = flintctl::sys::list_directory(folder);
    if (!names) {
      std::cerr << names.error().text() << '\n';
      return 1;
    }
    for (const auto& name : *names) {
      const auto bytes = flintctl::sys::read_file(folder + "/" + name);
      if (!bytes) {
        std::cerr << bytes.error().text() << '\n';
        return 1;
      }
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes->data()), bytes->size());
      ++inputs;
    }
  }
  std::cout << inputs << " inputs\n";
  // A target without a corpus would pass without running.
  return inputs > 0 ? 0 : 1;
}
