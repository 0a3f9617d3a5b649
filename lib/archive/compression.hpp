// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "core/result.hpp"

namespace flintctl::archive {

enum class Compression { none, gzip, zstd };

/// The compression that a layer's media type promises: its suffix "+gzip", "+zstd", ".gzip",
/// ".zstd" or none. OCI image specification, layer.md; Docker image manifest v2, schema 2.
/// unimplemented when the media type is no layer's, or one that is encrypted.
Result<Compression> promised_compression(std::string_view media_type);

/// The compression that the first bytes show: gzip's 1f 8b 08 (RFC 1952), a zstd frame or skippable
/// frame (RFC 8878), else none. Four bytes are enough.
Compression actual_compression(std::string_view first_bytes);

/// What tars come compressed by elsewhere and what is not read here: "xz", "bzip2" or "lz4", by the
/// first bytes (four are not enough for xz, six are); empty for all else.
std::string_view unread_compression(std::string_view first_bytes);

/// What to decode with. Registries hold layers whose media type says less or other than their bytes
/// do ("tar" that is gzip), and containerd goes by the bytes: so do we. But bytes that are not even
/// a tar under a media type that promises compression are data_loss here, with both named, instead
/// of a strange error of the tar reader.
Result<Compression> choose_compression(std::string_view media_type, std::string_view first_bytes);

std::string_view name(Compression compression);

}  // namespace flintctl::archive
