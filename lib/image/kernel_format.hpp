// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace flintctl::image {

/// What a hypervisor can load: `elf` alone, or whatever distributions ship (ELF or bzImage).
enum class KernelFormat { as_is, elf };

enum class KernelKind { none, elf, bzimage };

/// Enough of a kernel's first bytes for kernel_kind().
inline constexpr std::size_t kernel_head_size = 1024;

/// What the first bytes of a file show: ELF's magic, or "HdrS" at 0x202 (the Linux kernel's
/// Documentation/arch/x86/boot.rst), or no kernel.
KernelKind kernel_kind(std::string_view head);

/// The ELF vmlinux within a bzImage, as Firecracker wants it: decompressed (gzip, xz, zstd, LZ4
/// legacy) from where the setup header says (payload_offset, payload_length; protocol 2.08,
/// Linux 2.6.26). data_loss for a damaged image, unimplemented for another compression,
/// resource_exhausted when it would be absurdly large.
Result<std::string> extract_vmlinux(std::string_view bzimage);

/// data_loss when a bzImage is cut off, as far as its setup header tells.
Result<> check_bzimage(std::string_view bzimage);

/// data_loss unless `bytes` are a whole 64-bit little-endian ELF program, its loadable segments
/// included. elf(5).
Result<> check_elf(std::string_view bytes);

/// Whether a whole ELF program (check_elf) runs without a dynamic linker: it has no PT_INTERP.
bool is_static(std::string_view elf);

}  // namespace flintctl::image
