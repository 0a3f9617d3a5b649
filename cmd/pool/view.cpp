// SPDX-License-Identifier: Apache-2.0
#include "pool/view.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "core/units.hpp"

namespace flintctl::cmd {
namespace {

using thinpool::Pool;

double two_decimals(double value) { return std::round(value * 100) / 100; }

std::string percent(double value) { return fmt::format("{:.1f}%", value); }

data::Value backing_value(const thinpool::Backing& backing) {
  data::Value value = data::Value::object({{"device", backing.device}});
  if (!backing.loop) return value;
  value.set("loop", backing.loop->path());
  value.set("file", backing.loop->backing_file);
  value.set("directIO", backing.loop->direct_io);
  return value;
}

data::Value volume_value(const thinpool::Volume& volume) {
  data::Value value = data::Value::object({{"name", volume.name}});
  if (volume.id) value.set("id", *volume.id);
  value.set("device", volume.number.text());
  value.set("sizeBytes", volume.size_bytes);
  if (volume.mapped_bytes) value.set("mappedBytes", *volume.mapped_bytes);
  return value;
}

data::Value usage_value(std::uint64_t used, std::uint64_t total, double used_percent) {
  return data::Value::object(
      {{"usedBytes", used}, {"totalBytes", total}, {"usedPercent", two_decimals(used_percent)}});
}

const char* discard_word(thinpool::Discard discard) {
  switch (discard) {
    case thinpool::Discard::passed_down:
      return "passdown";
    case thinpool::Discard::not_passed_down:
      return "no_passdown";
    case thinpool::Discard::ignored:
      return "ignored";
  }
  return "ignored";
}

data::Value status_value(const Pool& pool) {
  data::Value status = data::Value::object();
  status.set("mode", thinpool::mode_word(pool.status.mode));
  status.set("suspended", pool.device.suspended);
  status.set("needsCheck", pool.status.needs_check);
  status.set("data", usage_value(pool.data_used_bytes(), pool.data_total_bytes(),
                                 pool.status.data.percent()));
  status.set("metadata", usage_value(pool.metadata_used_bytes(), pool.metadata_total_bytes(),
                                     pool.status.metadata.percent()));
  status.set("belowLowWaterMark", pool.below_low_water());
  status.set("transactionID", pool.status.transaction_id);
  status.set("discard", discard_word(pool.status.discard));
  status.set("whenFull", pool.status.error_if_no_space ? "error" : "queue");
  return status;
}

std::string feature_text(const Pool& pool) {
  return fmt::format("{}", fmt::join(thinpool::feature_words(pool.table.features), ","));
}

std::string file_text(const thinpool::Backing& backing) {
  if (!backing.loop) return backing.device;
  return fmt::format("{} ({}{})", backing.loop->backing_file, backing.loop->path(),
                     backing.loop->direct_io ? ", direct I/O" : "");
}

void print_volumes(std::ostream& out, output::Kind kind, output::Table::Titles titles,
                   const std::vector<Pool>& pools) {
  output::Table table({{"VOLUME"}, {"ID"}, {"SIZE"}, {"MAPPED"}, {"DEVICE", true}});
  for (const Pool& pool : pools) {
    for (const thinpool::Volume& volume : pool.volumes) {
      table.add({volume.name, volume.id ? std::to_string(*volume.id) : "<unknown>",
                 format_size(volume.size_bytes),
                 volume.mapped_bytes ? format_size(*volume.mapped_bytes) : "<unknown>",
                 volume.number.text()});
    }
  }
  if (table.empty()) return;
  out << '\n';
  table.print(out, kind, titles);
}

}  // namespace

data::Value to_value(const Pool& pool) {
  data::Array features;
  for (std::string& word : thinpool::feature_words(pool.table.features)) {
    features.emplace_back(std::move(word));
  }
  data::Array volumes;
  for (const thinpool::Volume& volume : pool.volumes) volumes.push_back(volume_value(volume));
  return data::Value::object(
      {{"apiVersion", "flintctl/v1"},
       {"kind", "ThinPool"},
       {"metadata", data::Value::object({{"name", pool.device.name}, {"uuid", pool.device.uuid}})},
       {"spec", data::Value::object(
                    {{"device", devmapper::node_path(pool.device.name)},
                     {"number", pool.device.number.text()},
                     {"table", pool.line.text()},
                     {"blockSizeBytes", pool.table.block_bytes()},
                     {"lowWaterMarkBlocks", pool.table.low_water_blocks},
                     {"lowWaterMarkBytes", pool.table.low_water_blocks * pool.table.block_bytes()},
                     {"zeroesBlocks", !pool.table.features.skip_block_zeroing},
                     {"features", std::move(features)},
                     {"data", backing_value(pool.data)},
                     {"metadata", backing_value(pool.metadata)}})},
       {"status", status_value(pool)},
       {"volumes", std::move(volumes)}});
}

void print_pools(std::ostream& out, output::Kind kind, output::Table::Titles titles,
                 const std::vector<Pool>& pools) {
  output::Table table({{"NAME"},
                       {"MODE"},
                       {"SIZE"},
                       {"USED"},
                       {"DATA%"},
                       {"META%"},
                       {"VOLUMES"},
                       {"META-SIZE", true},
                       {"META-USED", true},
                       {"BLOCK", true},
                       {"LOW-WATER", true},
                       {"NEEDS-CHECK", true},
                       {"FEATURES", true},
                       {"DATA-FILE", true},
                       {"METADATA-FILE", true},
                       {"TABLE", true}});
  for (const Pool& pool : pools) {
    table.add({pool.device.name, std::string(thinpool::mode_word(pool.status.mode)),
               format_size(pool.data_total_bytes()), format_size(pool.data_used_bytes()),
               percent(pool.status.data.percent()), percent(pool.status.metadata.percent()),
               std::to_string(pool.volumes.size()), format_size(pool.metadata_total_bytes()),
               format_size(pool.metadata_used_bytes()), format_size(pool.table.block_bytes()),
               format_size(pool.table.low_water_blocks * pool.table.block_bytes()),
               pool.status.needs_check ? "yes" : "no", feature_text(pool), file_text(pool.data),
               file_text(pool.metadata), pool.line.text()});
  }
  table.print(out, kind, titles);
  print_volumes(out, kind, titles, pools);
}

}  // namespace flintctl::cmd
