// SPDX-License-Identifier: Apache-2.0
#include "provision/program_version.hpp"

#include <fmt/format.h>

#include <chrono>
#include <sstream>

#include "sys/process.hpp"

namespace flintctl::provision {
namespace {

/// It becomes the name of a folder.
constexpr std::size_t longest_version = 64;

}  // namespace

Result<std::string> ask_version(const std::string& path, const char* flag,
                                const sys::FactCache& facts) {
  const std::string identity = sys::program_identity(path);
  const std::string fact = identity.empty() ? "" : fmt::format("version of {} {}", path, identity);
  if (auto known = facts.find(fact)) return *std::move(known);
  const auto output = sys::run({path, flag}, {}, std::chrono::seconds(20));
  if (!output) return Error(output.error()).with_code(Code::host_not_ready);
  if (!output->status.ok()) {
    return Error(Code::host_not_ready,
                 fmt::format("{} {} ended with {}", path, flag, output->status.text()));
  }
  std::string answer = output->out.empty() ? output->err : output->out;
  facts.keep(fact, answer);
  return answer;
}

Result<std::string> parse_program_version(const std::string& output) {
  std::istringstream words(output);
  for (std::string word; words >> word;) {
    if (word.starts_with('v')) word.erase(0, 1);
    const auto end = word.find_first_not_of(
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-+_");
    word = word.substr(0, end);
    if (word.size() > 2 && word.size() <= longest_version && word.front() >= '0' &&
        word.front() <= '9' && word.find('.') != std::string::npos) {
      return word;
    }
  }
  return Error(Code::invalid_argument, "it prints no version");
}

}  // namespace flintctl::provision
