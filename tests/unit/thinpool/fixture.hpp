// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <fstream>
#include <string>

#include "support/catch.hpp"
#include "support/fake_devmapper.hpp"
#include "support/fake_loop.hpp"
#include "sys/file.hpp"
#include "thinpool/provision.hpp"

namespace flintctl::testing {

/// The first block of thin metadata, as far as anyone but the kernel reads it.
inline std::string superblock_bytes(std::uint64_t data_blocks, std::uint32_t block_sectors = 128,
                                    std::uint32_t flags = 0) {
  std::string bytes(4096, '\0');
  const auto put = [&](std::size_t offset, std::uint64_t value, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i) {
      bytes[offset + i] = static_cast<char>(value >> (8 * i) & 0xffU);
    }
  };
  put(4, flags, 4);
  put(32, 27022010, 8);
  put(40, 2, 4);
  put(48, 5, 8);
  put(64, data_blocks, 8);
  put(336, block_sectors, 4);
  return bytes;
}

/// Overwrites the beginning of a file and keeps its length.
inline void overwrite(const std::string& path, const std::string& bytes, std::streamoff at = 0) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  REQUIRE(file);
  file.seekp(at);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// A host with a private folder, fake loop devices and a fake device-mapper that does with a pool
/// what the kernel does: formats blank metadata, counts blocks.
struct Host {
  std::string root = "/tmp/flintctl-pool-XXXXXX";
  Fault fault;
  FakeLoop loops{fault};
  FakeDevmapper driver{fault};
  thinpool::Spec spec;

  Host() {
    REQUIRE(::mkdtemp(root.data()) != nullptr);
    spec.name = "pool";
    spec.directory = root + "/deep/pool";
    spec.run_directory = root + "/run";
    spec.data_bytes = 64 * mib;
    spec.metadata_bytes = 4 * mib;
    spec.thin_check = "true";
    driver.on_resume = [this](FakeDevmapper::Entry& entry) { return start(entry); };
  }
  ~Host() { static_cast<void>(sys::remove_tree(root)); }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  [[nodiscard]] std::string data() const { return spec.directory + "/data"; }
  [[nodiscard]] std::string metadata() const { return spec.directory + "/metadata"; }
  Result<thinpool::Outcome> ensure() { return thinpool::ensure(spec, driver, loops); }
  Result<thinpool::Outcome> plan() { return thinpool::plan(spec, driver, loops); }
  void reboot() {
    driver.devices.clear();
    loops.devices.clear();
  }

 private:
  static Result<> start_pool(FakeDevmapper::Entry& entry, const std::string& metadata) {
    const std::uint64_t blocks = entry.live.front().length_sectors / 128;
    const auto bytes = sys::read_file(metadata, 32 * mib);
    if (!bytes || bytes->substr(0, 4096) == std::string(4096, '\0')) {
      overwrite(metadata, superblock_bytes(blocks));
    }
    entry.status =
        "0 10/1024 0/" + std::to_string(blocks) + " - rw discard_passdown queue_if_no_space - 1024";
    return {};
  }
  Result<> start(FakeDevmapper::Entry& entry) {
    if (entry.live.empty() || entry.live.front().type != "thin-pool") return {};
    const auto number = devmapper::parse_device_number(
        entry.live.front().params.substr(0, entry.live.front().params.find(' ')));
    REQUIRE(number);
    return start_pool(entry, loops.devices.at(number->minor).backing_file);
  }
};

}  // namespace flintctl::testing
