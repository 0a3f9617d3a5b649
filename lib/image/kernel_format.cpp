// SPDX-License-Identifier: Apache-2.0
#include "image/kernel_format.hpp"

#include <elf.h>

#include <cstdint>
#include <cstring>

#include "core/units.hpp"
#include "image/kernel_payload.hpp"

namespace flintctl::image {
namespace {

// Offsets in the setup header. Documentation/arch/x86/boot.rst.
constexpr std::size_t setup_sects = 0x1f1;
constexpr std::size_t header_magic = 0x202;
constexpr std::size_t protocol_version = 0x206;
constexpr std::size_t payload_offset = 0x248;
constexpr std::size_t payload_length = 0x24c;

constexpr std::size_t sector = 512;
constexpr std::uint16_t first_with_payload = 0x0208;
constexpr std::size_t max_vmlinux = 512 * mib;  // Debian's are 50 to 80 MiB

template <typename T>
T read_at(std::string_view bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

Error damaged(const char* what) { return {Code::data_loss, what}; }

/// Whether [offset, offset + length) lies within `size` bytes.
bool within(std::uint64_t offset, std::uint64_t length, std::uint64_t size) {
  return offset <= size && length <= size - offset;
}

Result<std::string_view> payload_of(std::string_view bzimage) {
  if (kernel_kind(bzimage) != KernelKind::bzimage) return damaged("not a bzImage");
  if (read_at<std::uint16_t>(bzimage, protocol_version) < first_with_payload) {
    return Error(Code::unimplemented, "the kernel is older than Linux 2.6.26");
  }
  std::size_t sectors = read_at<std::uint8_t>(bzimage, setup_sects);
  if (sectors == 0) sectors = 4;
  const std::uint64_t start =
      (sectors + 1) * sector + read_at<std::uint32_t>(bzimage, payload_offset);
  const std::uint64_t length = read_at<std::uint32_t>(bzimage, payload_length);
  if (!within(start, length, bzimage.size())) return damaged("the bzImage is cut off");
  return bzimage.substr(start, length);
}

}  // namespace

KernelKind kernel_kind(std::string_view head) {
  if (head.starts_with(ELFMAG)) return KernelKind::elf;
  constexpr std::string_view magic = "HdrS";
  const bool long_enough = head.size() >= payload_length + sizeof(std::uint32_t);
  if (long_enough && head.substr(header_magic, magic.size()) == magic) return KernelKind::bzimage;
  return KernelKind::none;
}

Result<std::string> extract_vmlinux(std::string_view bzimage) {
  std::string vmlinux = TRY(decompress_payload(TRY(payload_of(bzimage)), max_vmlinux));
  TRY(check_elf(vmlinux));
  return vmlinux;
}

Result<> check_bzimage(std::string_view bzimage) {
  TRY(payload_of(bzimage));
  return {};
}

Result<> check_elf(std::string_view bytes) {
  if (bytes.size() < sizeof(Elf64_Ehdr) || !bytes.starts_with(ELFMAG)) {
    return damaged("no ELF program");
  }
  const auto header = read_at<Elf64_Ehdr>(bytes, 0);
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB) {
    return damaged("no 64-bit little-endian ELF program");
  }
  if (header.e_type != ET_EXEC && header.e_type != ET_DYN) return damaged("no ELF program");
  if (header.e_phentsize != sizeof(Elf64_Phdr) ||
      !within(header.e_phoff, std::uint64_t{header.e_phnum} * sizeof(Elf64_Phdr), bytes.size())) {
    return damaged("an ELF program that is cut off");
  }
  bool loadable = false;
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    const auto segment = read_at<Elf64_Phdr>(bytes, header.e_phoff + i * sizeof(Elf64_Phdr));
    if (segment.p_type != PT_LOAD) continue;
    loadable = true;
    if (!within(segment.p_offset, segment.p_filesz, bytes.size())) {
      return damaged("an ELF program that is cut off");
    }
  }
  if (!loadable) return damaged("an ELF program with nothing to load");
  return {};
}

bool is_static(std::string_view elf) {
  const auto header = read_at<Elf64_Ehdr>(elf, 0);
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    const auto segment = read_at<Elf64_Phdr>(elf, header.e_phoff + i * sizeof(Elf64_Phdr));
    if (segment.p_type == PT_INTERP) return false;
  }
  return true;
}

}  // namespace flintctl::image
