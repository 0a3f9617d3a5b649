// SPDX-License-Identifier: Apache-2.0
#include "image/layer_blobs.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>

#include "core/rollback.hpp"
#include "sys/error.hpp"
#include "sys/interrupt.hpp"

namespace flintctl::image {
namespace {

/// Waits for layers to arrive as a whole.
class Arrivals {
 public:
  Arrivals(LayerSource& source, std::size_t count) : source_(source), available_(count) {
    source_.listen({[this](std::size_t layer, std::uint64_t bytes) {
                      const std::lock_guard lock(mutex_);
                      available_.at(layer) = bytes;
                      changed_.notify_all();
                    },
                    [this] {
                      const std::lock_guard lock(mutex_);
                      failed_ = true;
                      changed_.notify_all();
                    }});
  }
  Arrivals(const Arrivals&) = delete;
  Arrivals& operator=(const Arrivals&) = delete;
  ~Arrivals() { source_.stop_listening(); }

  Result<> wait(std::size_t layer, std::uint64_t size) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return failed_ || available_[layer] >= size; });
    if (available_[layer] >= size) return {};
    lock.unlock();  // whoever calls the listener holds the source's
    return source_.error().value_or(Error(Code::cancelled, "the layer did not arrive"));
  }

 private:
  LayerSource& source_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::uint64_t> available_;
  bool failed_ = false;
};

Result<> write_blob(containerd::Client& leased, const oci::Descriptor& layer, int file) {
  // Mapped, not read: the memory is the page cache's, whatever the layer's size.
  void* const memory = ::mmap(nullptr, layer.size, PROT_READ, MAP_PRIVATE, file, 0);
  if (memory == MAP_FAILED) return sys::last_error("reading a layer's file");
  const Rollback unmap([&] { (void)::munmap(memory, layer.size); });
  const std::string_view bytes(static_cast<const char*>(memory), layer.size);
  return leased.content_write("layer-" + layer.digest.text(), bytes, layer.digest.text(), {});
}

}  // namespace

Result<bool> have_blobs(containerd::Client& client, const std::vector<oci::Descriptor>& layers) {
  for (const auto& layer : layers) {
    const auto info = client.content_info(layer.digest.text());
    if (!info && info.error().code() != Code::not_found) return Error(info.error());
    if (!info) return false;
  }
  return true;
}

Result<bool> hold_blobs(containerd::Client& client, const std::string& lease,
                        const std::vector<oci::Descriptor>& layers) {
  if (!TRY(have_blobs(client, layers))) return false;
  for (const auto& layer : layers) TRY(client.lease_add(lease, {layer.digest.text(), "content"}));
  // Again, for they may have been collected before the lease held them.
  return have_blobs(client, layers);
}

Result<bool> keeps_blobs(containerd::Client& client, const LocalImage& image) {
  if (!TRY(have_blobs(client, image.content.layers))) return false;
  std::set<std::string> referred;
  for (auto& [key, value] : TRY(client.content_info(image.manifest.digest.text())).labels) {
    if (key.starts_with("containerd.io/gc.ref.content")) referred.insert(value);
  }
  return std::all_of(image.content.layers.begin(), image.content.layers.end(),
                     [&](const auto& layer) { return referred.contains(layer.digest.text()); });
}

Result<> keep_blobs(containerd::Client& leased, const std::vector<oci::Descriptor>& layers,
                    LayerSource& source, Progress& progress) {
  Arrivals arrivals(source, layers.size());
  for (std::size_t layer = 0; layer < layers.size(); ++layer) {
    TRY(sys::check_interrupt());
    TRY(arrivals.wait(layer, layers[layer].size));
    auto written = write_blob(leased, layers[layer], source.file(layer));
    if (written) {
      progress.layer(layer, LayerPhase::done, layers[layer].size);
      continue;
    }
    if (written.error().code() == Code::data_loss) source.discard(layer);
    return std::move(written).context(fmt::format("keeping layer {}", layer + 1));
  }
  return {};
}

}  // namespace flintctl::image
