// SPDX-License-Identifier: Apache-2.0
#include "archive/extractor.hpp"

#include <fmt/format.h>

#include "archive/protocol.hpp"

namespace flintctl::archive {

Result<Extractor> Extractor::start(const Job& job) {
  std::vector<int> files;
  for (const auto& layer : job.layers) files.push_back(layer.file);
  Child child = TRY(Child::start("layers", files));
  TRY(send_job(child.channel(), job).context("starting the extractor"));
  return Extractor(std::move(child));
}

void Extractor::layer_available(std::size_t index, std::uint64_t bytes) const {
  (void)child_.channel().send(download_to_json({index, bytes, false}));
}

void Extractor::layer_failed(std::size_t index) const {
  (void)child_.channel().send(download_to_json({index, 0, true}));
}

Result<Summary> Extractor::wait(const std::function<void(const Progress&)>& progress) {
  for (;;) {
    const auto message = TRY(child_.receive().context("waiting for the extractor"));
    if (!message) break;
    if (auto result = result_from_json(*message)) {
      // Its mount namespace is gone when the process is.
      (void)TRY(child_.wait());
      return *std::move(result);
    }
    if (progress) progress(progress_from_json(*message));
  }
  const auto status = TRY(child_.wait());
  return Error(Code::unknown, fmt::format("the extractor ended too early: {}", status.text()))
      .with_hint("the kernel's log (dmesg) may say why, out of memory for example");
}

}  // namespace flintctl::archive
