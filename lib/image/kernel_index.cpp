// SPDX-License-Identifier: Apache-2.0
#include "image/kernel_index.hpp"

#include "data/value.hpp"
#include "sys/file.hpp"
#include "sys/sha256.hpp"

namespace flintctl::image {
namespace {

std::optional<StoredBootFiles> read_entry(const std::string& path) {
  const auto text = sys::read_file(path, 4096);
  if (!text) return std::nullopt;
  const auto value = data::parse_json(*text);
  if (!value) return std::nullopt;
  return StoredBootFiles{value->string_or("kernel"), value->string_or("initrd")};
}

}  // namespace

std::string KernelIndex::entry(const std::string& chain_id, const BootRequest& request) const {
  const auto question = data::Value::object({{"chainID", chain_id},
                                             {"parts", static_cast<int>(request.parts)},
                                             {"format", static_cast<int>(request.format)},
                                             {"kernelFile", request.kernel_file},
                                             {"initrdFile", request.initrd_file}});
  return folder_ + "/" + sys::sha256_hex(data::to_json(question));
}

std::optional<StoredBootFiles> KernelIndex::find(const std::string& chain_id,
                                                 const BootRequest& request) const {
  return read_entry(entry(chain_id, request));
}

Result<> KernelIndex::put(const std::string& chain_id, const BootRequest& request,
                          const StoredBootFiles& files) const {
  TRY(sys::make_directories(folder_, 0700));
  const auto answer = data::Value::object({{"kernel", files.kernel}, {"initrd", files.initrd}});
  return sys::write_file_atomic(entry(chain_id, request), data::to_json(answer), 0600);
}

Result<> KernelIndex::forget(const std::string& file) const {
  const auto names = TRY(sys::list_directory(folder_));
  for (const auto& name : names) {
    const std::string path = folder_ + "/" + name;
    const auto answer = read_entry(path);
    if (answer && answer->kernel != file && answer->initrd != file) continue;
    TRY(sys::remove_file(path));
  }
  return {};
}

}  // namespace flintctl::image
