// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace flintctl {

inline constexpr std::uint64_t kib = 1024;
inline constexpr std::uint64_t mib = 1024 * kib;
inline constexpr std::uint64_t gib = 1024 * mib;

/// Bytes from "512Mi", "10G", "10GB", "64k", "4096". All suffixes are powers of 1024, as in
/// containerd's configuration and truncate(1); a plain number is bytes. invalid_argument otherwise.
Result<std::uint64_t> parse_size(std::string_view text);

/// Bytes for people: "512 B", "1.5 KiB", "10 GiB": at most one decimal, none when it is zero.
std::string format_size(std::uint64_t bytes);

/// A duration from "30s", "2m", "1h30m", "500ms" (Go's notation); a plain number is seconds.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

/// An age for people, as kubectl prints it: "45s", "3m12s", "2h", "5d".
std::string format_age(std::chrono::seconds age);

}  // namespace flintctl
