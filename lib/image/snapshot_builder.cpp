// SPDX-License-Identifier: Apache-2.0
#include "image/snapshot_builder.hpp"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <utility>

#include "archive/extractor.hpp"
#include "core/rollback.hpp"
#include "sys/host.hpp"
#include "sys/interrupt.hpp"

namespace flintctl::image {
namespace {

constexpr const char* label_snapshot_ref = "containerd.io/snapshot.ref";

/// containerd's clients name them so, and its tools show them by the prefix.
std::string extraction_key(const std::string& chain_id) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
  return fmt::format("extract-{}-{} {}", nanoseconds % 1000000000, sys::random_hex(3), chain_id);
}

/// Whether a committed snapshot is there, held by our lease. containerd 1.6 does not add what
/// exists to the lease of who finds it, and what is added must be looked for again afterwards.
Result<bool> adopt(const BuildContext& context, const std::string& chain_id) {
  const std::string type = "snapshots/" + context.snapshotter;
  TRY(context.leased.lease_add(context.lease, {chain_id, type}));
  const auto info = context.leased.snapshot_stat(context.snapshotter, chain_id);
  if (info) return info->kind == containerd::SnapshotKind::committed;
  if (info.error().code() == Code::not_found) return false;
  return Error(info.error());
}

/// The mount of a new active snapshot; nothing when the committed one exists.
Result<std::optional<containerd::Mount>> prepare(const BuildContext& context,
                                                 const std::string& key, const std::string& parent,
                                                 const std::string& chain_id) {
  const Timed timed(context.progress, Work::containerd);
  for (int attempt = 0;; ++attempt) {
    auto mounts = context.leased.snapshot_prepare(context.snapshotter, key, parent,
                                                  {{label_snapshot_ref, chain_id}});
    if (mounts) {
      if (mounts->size() == 1) return std::optional(mounts->front());
      return Error(Code::unimplemented, fmt::format("snapshotter {} needs {} mounts at once",
                                                    context.snapshotter, mounts->size()));
    }
    if (mounts.error().code() != Code::already_exists) return std::move(mounts).error();
    if (TRY(adopt(context, chain_id))) return std::optional<containerd::Mount>();
    if (attempt == 2) return std::move(mounts).error();  // it comes and goes
  }
}

archive::Job job_of(const BuildContext& context, const LayerGroup& group,
                    const containerd::Mount& mount) {
  archive::Job job{{mount.type, mount.source, mount.options}, {}};
  for (std::size_t layer = group.first; layer < group.end; ++layer) {
    const auto& descriptor = context.documents.content.layers[layer];
    job.layers.push_back({context.layers.file(layer), descriptor.size, descriptor.digest.text(),
                          context.documents.parsed_config.diff_ids[layer].text(),
                          descriptor.media_type, context.limits});
  }
  return job;
}

/// Whether the layer's bytes are at fault. What it names and does not exist, say, is not what the
/// user named: to them it is a bad layer.
bool blames_layer(const Error& error) {
  switch (error.code()) {
    case Code::data_loss:
    case Code::invalid_argument:
    case Code::not_found:
    case Code::already_exists:
      return true;
    default:
      return false;
  }
}

}  // namespace

Result<> unpack(const BuildContext& context, const LayerGroup& group,
                const containerd::Mount& mount) {
  SpaceWatch watch(context.free_space);
  archive::Job job = job_of(context, group, mount);
  job.room = TRY(watch.room());
  auto extractor = TRY(archive::Extractor::start(job));
  const auto available = [&](std::size_t layer, std::uint64_t bytes) {
    if (layer >= group.first && layer < group.end) {
      extractor.layer_available(layer - group.first, bytes);
    }
  };
  // Every layer, for any of them may be the one that will not come; what came whole stays good.
  const auto failed = [&] {
    for (std::size_t index = 0; index < group.end - group.first; ++index) {
      extractor.layer_failed(index);
    }
  };
  context.layers.listen({available, failed});
  const Rollback silence([&] { context.layers.stop_listening(); });

  std::size_t done = group.first;
  std::uint64_t unpacked = 0;  // of the layers that are done
  std::uint64_t told = 0;      // to the disk
  Result<> space;
  const auto summary = extractor.wait([&](const archive::Progress& progress) {
    const std::size_t layer = group.first + progress.layer;
    const bool finished = progress.phase == archive::Progress::Phase::done;
    if (finished) done = layer + 1;
    context.progress.layer(layer, finished ? LayerPhase::done : LayerPhase::unpacking,
                           progress.compressed);
    if (context.disk != nullptr) {
      const std::uint64_t now = unpacked + progress.extracted;
      context.disk->wrote(now - std::exchange(told, now));
      if (finished) unpacked = now;
    }
    if (!space) return;
    space =
        watch.check(progress.taken, finished ? SpaceWatch::When::now : SpaceWatch::When::sometimes);
    if (!space) extractor.stop();
  });
  if (summary) {
    context.progress.spent(Work::inflate, summary->spent.inflate);
    context.progress.spent(Work::hash, summary->spent.hash);
    context.progress.spent(Work::write, summary->spent.write);
    context.progress.spent(Work::flush, summary->spent.flush);
    return {};
  }
  TRY(sys::check_interrupt());
  if (!space) return space;
  // The extractor's error is only the echo of the download's.
  if (auto error = context.layers.error()) return *std::move(error);
  auto error = Error(summary.error()).context(fmt::format("unpacking layer {}", done + 1));
  if (!blames_layer(error)) return error;
  if (done < group.end) context.layers.discard(done);
  if (error.hint().empty()) {
    error = std::move(error).with_hint("the image is damaged: build it again");
  }
  return std::move(error).with_code(Code::data_loss);
}

Result<> build_snapshot(const BuildContext& context, const LayerGroup& group) {
  if (auto error = context.layers.error()) return *std::move(error);
  const std::string chain_id = context.documents.chain[group.end - 1].text();
  const std::string parent =
      group.first == 0 ? std::string() : context.documents.chain[group.first - 1].text();
  const std::string key = extraction_key(chain_id);
  const auto mount = TRY(prepare(context, key, parent, chain_id));
  if (!mount) {
    for (std::size_t layer = group.first; layer < group.end; ++layer) {
      context.progress.layer(layer, LayerPhase::exists, 0);
    }
    return {};
  }
  Rollback undo([&] { (void)context.leased.snapshot_remove(context.snapshotter, key); });
  TRY(unpack(context, group, *mount));
  const Timed timed(context.progress, Work::containerd);
  auto committed = context.leased.snapshot_commit(context.snapshotter, chain_id, key,
                                                  {{label_snapshot_ref, chain_id}});
  if (committed) {
    undo.commit();
    return {};
  }
  if (committed.error().code() == Code::already_exists && TRY(adopt(context, chain_id))) return {};
  return committed;
}

}  // namespace flintctl::image
