// SPDX-License-Identifier: Apache-2.0
#include "thinpool/fill.hpp"

#include <fmt/format.h>

#include "thinpool/host_room.hpp"

namespace flintctl::thinpool {
namespace {

std::string advice(const std::string& pool, const char* flag) {
  return fmt::format(
      "delete VMs or images that are not needed, or grow it: flintctl pool grow {} {} SIZE", pool,
      flag);
}

}  // namespace

FillVerdict judge_fill(const std::string& pool, const PoolStatus& status,
                       const FillLimits& limits) {
  struct Part {
    const char* name;
    const char* flag;
    double percent;
    double warning;
    double limit;
  };
  FillVerdict verdict;
  if (!status.has_counters()) return verdict;
  for (const Part& part : {Part{"metadata", "--metadata-size", status.metadata.percent(),
                                limits.metadata_warning, limits.metadata_limit},
                           Part{"data", "--data-size", status.data.percent(), limits.data_warning,
                                limits.data_limit}}) {
    const std::string what =
        fmt::format("{:.0f}% of the {} of pool '{}' is in use", part.percent, part.name, pool);
    if (part.percent >= part.limit) {
      verdict.refusal =
          Error(Code::resource_exhausted,
                fmt::format("{}; at {:.0f}% nothing new is begun", what, part.limit))
              .with_hint(advice(pool, part.flag) + "; --overcommit goes on all the same");
      verdict.warning = what;
      return verdict;
    }
    if (part.percent >= part.warning) verdict.warning = what + ": " + advice(pool, part.flag);
  }
  return verdict;
}

Result<FillVerdict> judge_fill(const std::string& name, devmapper::Driver& driver,
                               loop::Driver& loops) {
  const auto pool = inspect(name, driver, loops);
  if (!pool) return FillVerdict();
  FillVerdict verdict = judge_fill(name, pool->status);
  if (const auto trouble = no_host_room(*pool); trouble && !verdict.refusal) {
    verdict.warning = trouble->what;
    verdict.refusal = Error(Code::resource_exhausted, trouble->what)
                          .with_hint(trouble->mend + "; --overcommit goes on all the same");
  }
  return verdict;
}

}  // namespace flintctl::thinpool
