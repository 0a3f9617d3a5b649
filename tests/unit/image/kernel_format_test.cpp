// SPDX-License-Identifier: Apache-2.0
#include "image/kernel_format.hpp"

#include <elf.h>

#include <cstring>

#include "support/archive/compress.hpp"
#include "support/catch.hpp"
#include "sys/process.hpp"

namespace flintctl::image {
namespace {

using testing::little_endian;

/// A program with one loadable segment of `size` bytes.
std::string make_elf(std::size_t size = 100'000) {
  Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_type = ET_EXEC;
  header.e_phoff = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 1;
  Elf64_Phdr segment = {};
  segment.p_type = PT_LOAD;
  segment.p_offset = sizeof header + sizeof segment;
  segment.p_filesz = size;
  std::string elf(reinterpret_cast<const char*>(&header), sizeof header);
  elf.append(reinterpret_cast<const char*>(&segment), sizeof segment);
  for (std::size_t i = 0; i < size; ++i) elf += static_cast<char>(i % 251);
  return elf;
}

/// A bzImage of setup protocol 2.15 with five setup sectors and 64 bytes before its payload.
std::string make_bzimage(const std::string& payload, std::uint16_t protocol = 0x020f) {
  constexpr std::size_t sectors = 5;
  constexpr std::size_t gap = 64;
  std::string image((sectors + 1) * 512 + gap, '\0');
  image[0x1f1] = sectors;
  image.replace(0x202, 4, "HdrS");
  image.replace(0x206, 2, little_endian(protocol, 2));
  image.replace(0x248, 4, little_endian(gap, 4));
  image.replace(0x24c, 4, little_endian(payload.size(), 4));
  return image + payload + std::string(1000, 'z');
}

/// LZ4's legacy frame with literals only.
std::string lz4_legacy(std::string_view bytes) {
  std::string frame("\x02\x21\x4c\x18", 4);
  while (!bytes.empty()) {
    const auto part = bytes.substr(0, 4000);
    bytes.remove_prefix(part.size());
    std::string block = "\xf0";
    std::size_t left = part.size() - 15;
    for (; left >= 255; left -= 255) block += '\xff';
    block += static_cast<char>(left);
    block += part;
    frame += little_endian(block.size(), 4) + block;
  }
  return frame;
}

std::string run(const std::vector<std::string>& argv, const std::string& input) {
  const auto output = sys::run(argv, input);
  REQUIRE(output);
  REQUIRE(output->status.ok());
  return output->out;
}

Code code_of(const std::string& image) {
  const auto result = extract_vmlinux(image);
  REQUIRE_FALSE(result);
  return result.error().code();
}

TEST_CASE("kernels are told by their first bytes") {
  CHECK(kernel_kind(make_elf()) == KernelKind::elf);
  CHECK(kernel_kind(make_bzimage("x")) == KernelKind::bzimage);
  CHECK(kernel_kind("#!/bin/sh") == KernelKind::none);
  CHECK(kernel_kind("") == KernelKind::none);
  CHECK(kernel_kind(make_bzimage("x").substr(0, 0x240)) == KernelKind::none);
}

TEST_CASE("the ELF program comes out of a bzImage of every compression") {
  const std::string elf = make_elf();
  const std::string size = little_endian(elf.size(), 4);  // what the kernel's build appends
  std::string payload;
  SECTION("gzip") { payload = run({"/bin/gzip", "-9", "-c"}, elf); }
  SECTION("xz") {
    payload = run({"/usr/bin/xz", "--check=crc32", "--x86", "--lzma2", "-c"}, elf) + size;
  }
  SECTION("zstd") { payload = testing::zstd_frame(elf) + size; }
  SECTION("lz4") { payload = lz4_legacy(elf) + size; }
  SECTION("none") { payload = elf; }
  const auto vmlinux = extract_vmlinux(make_bzimage(payload));
  INFO((vmlinux ? std::string() : vmlinux.error().text()));
  REQUIRE(vmlinux);
  CHECK(*vmlinux == elf);
}

TEST_CASE("other compressions are named") {
  const auto result = extract_vmlinux(make_bzimage("BZh91AY"));
  REQUIRE_FALSE(result);
  CHECK(result.error().code() == Code::unimplemented);
  CHECK(result.error().text().find("bzip2") != std::string::npos);
  CHECK_FALSE(result.error().hint().empty());
}

TEST_CASE("kernels too old for a payload field are named") {
  CHECK(code_of(make_bzimage("x", 0x0207)) == Code::unimplemented);
}

TEST_CASE("damaged bzImages are refused") {
  const std::string elf = make_elf();
  const std::string xz = run({"/usr/bin/xz", "-c"}, elf);
  CHECK(code_of(make_bzimage("neither this nor that")) == Code::data_loss);
  CHECK(code_of(make_bzimage("")) == Code::data_loss);
  CHECK(code_of(make_bzimage(xz.substr(0, xz.size() / 2))) == Code::data_loss);
  CHECK(code_of(make_bzimage(lz4_legacy(elf).substr(0, 3000))) == Code::data_loss);
  CHECK(code_of(make_bzimage(std::string("\x02\x21\x4c\x18", 4) + little_endian(~0U, 4) +
                             "1234")) == Code::data_loss);
  CHECK(code_of(make_bzimage(testing::gzip_member("no ELF in here"))) == Code::data_loss);
  std::string cut = make_bzimage(elf);
  cut.replace(0x24c, 4, little_endian(elf.size() + 2000, 4));
  CHECK(code_of(cut) == Code::data_loss);
  cut.replace(0x248, 4, little_endian(0xffffffffU, 4));
  CHECK(code_of(cut) == Code::data_loss);
}

TEST_CASE("ELF programs are whole") {
  const std::string elf = make_elf();
  CHECK(check_elf(elf));
  for (const std::size_t length : {0UL, 20UL, 64UL, 100UL, elf.size() - 1}) {
    CHECK_FALSE(check_elf(elf.substr(0, length)));
  }
  const auto changed = [&](std::size_t offset, char byte) {
    std::string other = elf;
    other[offset] = byte;
    return other;
  };
  CHECK_FALSE(check_elf(changed(EI_CLASS, ELFCLASS32)));
  CHECK_FALSE(check_elf(changed(EI_DATA, ELFDATA2MSB)));
  CHECK_FALSE(check_elf(changed(offsetof(Elf64_Ehdr, e_type), ET_REL)));
  CHECK_FALSE(check_elf(changed(offsetof(Elf64_Ehdr, e_phnum), 0)));
  CHECK_FALSE(check_elf(changed(offsetof(Elf64_Ehdr, e_phoff) + 7, '\xff')));
}

}  // namespace
}  // namespace flintctl::image
