// SPDX-License-Identifier: Apache-2.0
// Any bytes as a kernel: unpacking must end with an ELF program or an error.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "image/kernel_format.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace flintctl::image;
  // The setup header is the input's first 16 bytes; the rest is the payload.
  constexpr std::size_t header = 16;
  if (size < header) return 0;
  std::string image(5 * 512, '\0');
  image.replace(0x202, 4, "HdrS");
  image[0x1f1] = static_cast<char>(data[0] % 8);
  image[0x206] = static_cast<char>(data[1]);
  image[0x207] = 2;
  image.replace(0x248, 8, reinterpret_cast<const char*>(data) + 2, 8);
  const bool right = (data[header - 1] & 1U) == 0;
  if (right) {
    image[0x1f1] = 4;
    image[0x206] = 15;
    image.replace(0x248, 4, 4, '\0');
    for (unsigned i = 0; i < 4; ++i) {
      image[0x24c + i] = static_cast<char>(((size - header) >> (8 * i)) & 0xffU);
    }
  }
  image.append(reinterpret_cast<const char*>(data) + header, size - header);
  const auto vmlinux = extract_vmlinux(image);
  if (vmlinux && !check_elf(*vmlinux)) std::abort();
  (void)check_elf(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
