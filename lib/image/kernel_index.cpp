// SPDX-License-Identifier: Apache-2.0
#include "image/kernel_index.hpp"

#include "data/value.hpp"
#include "sys/file.hpp"
#include "sys/sha256.hpp"

namespace flintctl::image {
namespace {

struct Answer {
  std::string chain_id;
  StoredBootFiles files;
};

std::optional<Answer> read_entry(const std::string& path) {
  const auto text = sys::read_file(path, 4096);
  if (!text) return std::nullopt;
  const auto value = data::parse_json(*text);
  if (!value) return std::nullopt;
  return Answer{value->string_or("chainID"),
                {value->string_or("kernel"), value->string_or("initrd")}};
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
  const auto answer = read_entry(entry(chain_id, request));
  return answer ? std::optional(answer->files) : std::nullopt;
}

Result<> KernelIndex::put(const std::string& chain_id, const BootRequest& request,
                          const StoredBootFiles& files) const {
  TRY(sys::make_directories(folder_, 0700));
  const auto answer = data::Value::object(
      {{"chainID", chain_id}, {"kernel", files.kernel}, {"initrd", files.initrd}});
  return sys::write_file_atomic(entry(chain_id, request), data::to_json(answer), 0600);
}

Result<std::map<std::string, std::set<std::string>>> KernelIndex::files() const {
  std::map<std::string, std::set<std::string>> files;
  for (const auto& name : TRY(sys::list_directory(folder_))) {
    const auto answer = read_entry(folder_ + "/" + name);
    if (!answer) continue;
    for (const auto& file : {answer->files.kernel, answer->files.initrd}) {
      if (!file.empty()) files[answer->chain_id].insert(file);
    }
  }
  return files;
}

Result<> KernelIndex::forget(const std::string& file) const {
  const auto names = TRY(sys::list_directory(folder_));
  for (const auto& name : names) {
    const std::string path = folder_ + "/" + name;
    const auto answer = read_entry(path);
    if (answer && answer->files.kernel != file && answer->files.initrd != file) continue;
    TRY(sys::remove_file(path));
  }
  return {};
}

}  // namespace flintctl::image
