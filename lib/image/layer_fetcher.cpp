// SPDX-License-Identifier: Apache-2.0
#include "image/layer_fetcher.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <thread>

#include "image/partial_file.hpp"
#include "sys/descriptors.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/sha256.hpp"

namespace flintctl::image {
namespace {

constexpr std::uint64_t announce_every = 256U << 10U;  // bytes; the reader is not woken for less
constexpr std::size_t read_buffer = 1U << 20U;

/// Hashes the first `length` bytes of a file.
Result<> hash_prefix(int fd, std::uint64_t length, sys::Sha256& hash, const std::stop_token& stop) {
  const auto buffer = std::make_unique<char[]>(read_buffer);
  for (std::uint64_t offset = 0; offset < length;) {
    if (stop.stop_requested()) return Error(Code::cancelled, "stopped");
    const auto want =
        static_cast<std::size_t>(std::min<std::uint64_t>(read_buffer, length - offset));
    const ssize_t got = ::pread(fd, buffer.get(), want, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return sys::last_error("reading a partial layer");
    hash.update(buffer.get(), static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return {};
}

}  // namespace

struct LayerFetcher::Impl {
  struct Item {
    oci::Descriptor descriptor;
    PartialFile file;
    std::uint64_t announced = 0;  ///< guarded by mutex
  };

  Progress& progress;
  std::size_t first;        ///< the layer of items[0]
  std::vector<Item> items;  ///< `file` belongs to the thread that took the item
  std::vector<oci::Registry> connections;
  std::atomic<std::size_t> next = 0;
  std::stop_source stop = {};
  std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_came = begun;  ///< guarded by mutex
  mutable std::mutex mutex = {};
  std::optional<ArrivalListener> listener = {};
  std::optional<Error> error = {};
  std::vector<std::jthread> threads = {};  // last: they end before what they use

  void work(oci::Registry& registry);
  Result<> fetch(oci::Registry& registry, std::size_t index);
  Result<> resume(oci::Registry& registry, std::size_t index);
  Result<> fetch_anew(oci::Registry& registry, std::size_t index);
  Result<> download(oci::Registry& registry, Item& item, const oci::Registry::Sink& take);
  void announce(std::size_t index, std::uint64_t bytes);
  void fail(Error why);
  void end_threads() {
    stop.request_stop();
    threads.clear();
  }
};

void LayerFetcher::Impl::work(oci::Registry& registry) {
  std::string buffer;
  while (!stop.stop_requested()) {
    const std::size_t index = next++;
    if (index >= items.size()) return;
    items[index].file.lend(std::move(buffer));
    auto fetched = fetch(registry, index);
    buffer = items[index].file.take_back();
    if (!fetched) {
      return fail(std::move(fetched.error()));
    }
  }
}

Result<> LayerFetcher::Impl::fetch(oci::Registry& registry, std::size_t index) {
  if (items[index].file.held() > 0) {
    TRY(resume(registry, index));
  } else {
    TRY(fetch_anew(registry, index));
  }
  {
    const std::lock_guard lock(mutex);
    last_came = std::chrono::steady_clock::now();
  }
  progress.layer(first + index, LayerPhase::downloaded, items[index].descriptor.size);
  return {};
}

Result<> LayerFetcher::Impl::resume(oci::Registry& registry, std::size_t index) {
  Item& item = items[index];
  sys::Sha256 hash;
  TRY(hash_prefix(item.file.descriptor(), item.file.held(), hash, stop.get_token()));
  std::uint64_t reported = item.file.held();
  const auto take = [&](std::string_view bytes) -> Result<> {
    hash.update(bytes);
    TRY(item.file.append(bytes));
    if (item.file.held() - reported >= announce_every) {
      reported = item.file.held();
      progress.layer(first + index, LayerPhase::downloading, reported);
    }
    return {};
  };
  TRY(download(registry, item, take));
  if ("sha256:" + hash.finish() != item.descriptor.digest.text()) {
    TRY(item.file.truncate());
    return fetch_anew(registry, index);
  }
  announce(index, item.file.held());
  return {};
}

Result<> LayerFetcher::Impl::fetch_anew(oci::Registry& registry, std::size_t index) {
  Item& item = items[index];
  std::uint64_t announced = 0;
  const auto take = [&](std::string_view bytes) -> Result<> {
    TRY(item.file.append(bytes));
    if (item.file.held() - announced >= announce_every) {
      announced = item.file.held();
      progress.layer(first + index, LayerPhase::downloading, announced);
      announce(index, announced);
    }
    return {};
  };
  TRY(download(registry, item, take));
  announce(index, item.file.held());
  return {};
}

/// What came before an error is kept as well: the next pull goes on from there.
Result<> LayerFetcher::Impl::download(oci::Registry& registry, Item& item,
                                      const oci::Registry::Sink& take) {
  auto done = registry.download(item.descriptor, item.file.held(), take, stop.get_token());
  auto written = item.file.flush();
  return done ? written : done;
}

void LayerFetcher::Impl::announce(std::size_t index, std::uint64_t bytes) {
  const std::lock_guard lock(mutex);
  items[index].announced = bytes;
  if (listener) listener->available(first + index, bytes);
}

void LayerFetcher::Impl::fail(Error why) {
  const std::lock_guard lock(mutex);
  if (error) return;  // the others were only stopped
  error = std::move(why);
  stop.request_stop();
  if (listener) listener->failed();
}

Result<std::unique_ptr<LayerFetcher>> LayerFetcher::start(
    const oci::Registry& registry, const std::vector<oci::Descriptor>& layers,
    const Options& options, Progress& progress) {
  // Two files are open for each layer as long as the pull takes.
  sys::allow_descriptors(2 * (layers.size() - options.first));
  std::vector<Impl::Item> items;
  std::uint64_t missing = 0;
  for (std::size_t layer = options.first; layer < layers.size(); ++layer) {
    const auto& descriptor = layers[layer];
    items.push_back({descriptor,
                     TRY(PartialFile::open(options.directory, descriptor.digest, descriptor.size)),
                     0});
    missing += descriptor.size - items.back().file.held();
  }
  const auto space = TRY(sys::filesystem_space(options.directory));
  if (space.available < missing) {
    // Of those that were begun by an earlier pull the bytes are worth keeping.
    for (auto& item : items) {
      if (item.file.held() == 0) item.file.remove();
    }
    return Error(Code::resource_exhausted,
                 fmt::format("{} has {} MiB free, the image's layers need {} MiB",
                             options.directory, space.available >> 20U, (missing >> 20U) + 1))
        .with_hint("free some space there, or name another state directory in the configuration");
  }
  std::vector<oci::Registry> connections;
  const auto count = std::min<std::size_t>(std::max(options.parallel, 1U), items.size());
  while (connections.size() < count) connections.push_back(TRY(registry.another()));

  std::unique_ptr<Impl> impl(
      new Impl{progress, options.first, std::move(items), std::move(connections)});
  for (auto& connection : impl->connections) {
    impl->threads.emplace_back([state = impl.get(), &connection] { state->work(connection); });
  }
  return std::unique_ptr<LayerFetcher>(new LayerFetcher(std::move(impl)));
}

LayerFetcher::LayerFetcher(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LayerFetcher::~LayerFetcher() {
  impl_->end_threads();
  impl_->progress.spent(Work::download, impl_->last_came - impl_->begun);
  for (auto& item : impl_->items) {
    if (item.file.held() == 0) item.file.remove();  // nothing to resume from
  }
}

int LayerFetcher::file(std::size_t layer) const {
  return impl_->items.at(layer - impl_->first).file.descriptor();
}

void LayerFetcher::listen(ArrivalListener listener) {
  const std::lock_guard lock(impl_->mutex);
  impl_->listener = std::move(listener);
  for (std::size_t index = 0; index < impl_->items.size(); ++index) {
    const auto& item = impl_->items[index];
    if (item.announced > 0) impl_->listener->available(impl_->first + index, item.announced);
  }
  if (impl_->error) impl_->listener->failed();
}

void LayerFetcher::stop_listening() {
  const std::lock_guard lock(impl_->mutex);
  impl_->listener.reset();
}

std::optional<Error> LayerFetcher::error() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->error;
}

void LayerFetcher::discard(std::size_t layer) {
  impl_->end_threads();
  auto& item = impl_->items.at(layer - impl_->first);
  impl_->connections.front().distrust(item.descriptor.digest);
  item.file.remove();
}

}  // namespace flintctl::image
