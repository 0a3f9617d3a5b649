// SPDX-License-Identifier: Apache-2.0
#include "provision/containerd_version.hpp"

#include <fmt/format.h>

#include <charconv>
#include <sstream>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "provision/containerd_program.hpp"
#include "provision/program_version.hpp"
#include "sys/file.hpp"

namespace flintctl::provision {
namespace {

/// "1.6" at the start of `text`, whatever follows the second number.
bool read_numbers(std::string_view text, ProgramVersion& version) {
  const char* end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, version.major);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') return false;
  const auto minor = std::from_chars(major.ptr + 1, end, version.minor);
  return minor.ec == std::errc();
}

Error not_a_version(std::string_view program, std::string_view output) {
  return Error(Code::host_not_ready,
               fmt::format("{} prints no version that can be read: '{}'", program,
                           printable(output.substr(0, output.find('\n')))));
}

/// The first word of `output` that begins like a version, after the first word.
Result<ProgramVersion> first_version(std::string_view program, std::string_view output) {
  std::istringstream words{std::string(output)};
  std::string word;
  words >> word;
  if (word != program) return not_a_version(program, output);
  while (words >> word) {
    if (word.starts_with('v')) word.erase(0, 1);
    ProgramVersion version;
    if (!read_numbers(word, version)) continue;
    version.text = word;
    return version;
  }
  return not_a_version(program, output);
}

}  // namespace

Result<ProgramVersion> parse_containerd_version(std::string_view output) {
  return first_version("containerd", output);
}

Result<ProgramVersion> parse_mke2fs_version(std::string_view output) {
  return first_version("mke2fs", output);
}

Result<ContainerdBinary> find_containerd(const std::string& name, const sys::FactCache& facts) {
  Result<std::string> path = find_containerd_program(name);
  if (!path) {
    return std::move(path)
        .error()
        .with_hint("install it: apt-get install containerd")
        .context("containerd is not installed")
        .with_code(Code::host_not_ready);
  }
  ProgramVersion version =
      TRY(parse_containerd_version(TRY(ask_version(*path, "--version", facts))));
  if (!version.at_least(1, 6)) {
    return Error(
               Code::host_not_ready,
               fmt::format("{} is containerd {}; flintctl needs 1.6 or newer", *path, version.text))
        .with_hint("install a newer one: apt-get install containerd");
  }
  return ContainerdBinary{*std::move(path), std::move(version)};
}

Result<ProgramVersion> find_mke2fs(const sys::FactCache& facts) {
  const std::string path = TRY(sys::find_program("mke2fs"));
  return parse_mke2fs_version(TRY(ask_version(path, "-V", facts)));
}

Result<> require_devmapper_programs() {
  const std::vector<std::pair<const char*, const char*>> needed = {
      {"dmsetup", "dmsetup"}, {"mkfs.ext4", "e2fsprogs"}, {"blkdiscard", "util-linux"}};
  std::string programs;
  std::string packages;
  for (const auto& [program, package] : needed) {
    if (sys::find_program(program)) continue;
    programs += fmt::format("{}{}", programs.empty() ? "" : ", ", program);
    packages += fmt::format(" {}", package);
  }
  if (programs.empty()) return {};
  return Error(Code::host_not_ready,
               fmt::format("containerd's devmapper snapshotter runs programs that are missing: {}",
                           programs))
      .with_hint(fmt::format("install them: apt-get install{}", packages));
}

}  // namespace flintctl::provision
