// SPDX-License-Identifier: Apache-2.0
#include "vmm/firecracker/api.hpp"

#include <fmt/format.h>

namespace flintctl::vmm::firecracker {
namespace {

struct Fault {
  std::string_view words;  ///< part of the fault_message
  Code code;
  std::string_view hint;
};

/// The first that matches counts.
constexpr Fault faults[] = {
    {"unknown field", Code::unimplemented,
     "this Firecracker is too old for flintctl: 1.4 or later is needed"},
    {"not supported before starting", Code::internal, ""},
    {"not supported after starting", Code::internal, ""},
    {"Resource busy", Code::aborted, "another process holds that tap: flintctl gc finds leftovers"},
    {"No such file or directory", Code::not_found, ""},
    {"Permission denied", Code::permission_denied, "run as root"},
    {"Invalid request method and/or path", Code::unimplemented,
     "this Firecracker is too old for flintctl: 1.4 or later is needed"},
    {"Kvm", Code::host_not_ready, "check /dev/kvm with: flintctl doctor"},
    {"/dev/kvm", Code::host_not_ready, "check /dev/kvm with: flintctl doctor"},
    {"Cannot allocate memory", Code::resource_exhausted,
     "the host has too little memory for this VM"},
};

}  // namespace

Error refusal(std::string_view what, int status, std::string_view body) {
  const auto answer = data::parse_json(body);
  std::string words = answer ? answer->string_or("fault_message") : std::string();
  if (words.empty()) words = fmt::format("status {} '{}'", status, body.substr(0, 200));
  const std::string text = fmt::format("Firecracker refused {}: {}", what, words);
  for (const auto& fault : faults) {
    if (words.find(fault.words) == std::string::npos) continue;
    Error error(fault.code, text);
    return fault.hint.empty() ? std::move(error)
                              : std::move(error).with_hint(std::string(fault.hint));
  }
  return Error(Code::unknown, text);
}

Result<Api> Api::open(const std::string& socket, std::chrono::milliseconds timeout) {
  http::ClientOptions options;
  options.unix_socket = socket;
  options.timeouts.connect = timeout;
  options.timeouts.total = timeout;
  return Api(TRY(http::Client::open(std::move(options))));
}

Result<std::string> Api::exchange(const std::string& method, const std::string& path,
                                  const std::string& body) {
  http::Request request;
  request.method = method;
  request.url = "http://localhost" + path;
  request.headers.add("Accept", "application/json");
  if (!body.empty()) request.headers.add("Content-Type", "application/json");
  request.body = body;
  const std::string what = fmt::format("{} {}", method, path);
  auto response =
      TRY(client_.request(request).context(fmt::format("asking Firecracker: {}", what)));
  if (response.status < 200 || response.status > 299) {
    return refusal(what, response.status, response.body);
  }
  return std::move(response.body);
}

Result<> Api::send(const ApiCall& call) {
  TRY(exchange(call.method, call.path, data::to_json(call.body)));
  return {};
}

Result<data::Value> Api::get(const std::string& path) {
  return data::parse_json(TRY(exchange("GET", path, {}))).context("reading Firecracker's answer");
}

}  // namespace flintctl::vmm::firecracker
