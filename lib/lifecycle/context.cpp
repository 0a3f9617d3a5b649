// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/context.hpp"

#include "network/driver.hpp"

#include <algorithm>

namespace flintctl::lifecycle {

void say(const PlanContext& context, std::string_view text) {
  if (context.note) context.note(text);
}

inventory::Statuses statuses(const Context& context) {
  auto& parts = context.parts;
  return {context.paths,
          context.client,
          {[&parts](const std::string& uid) { return parts.alive(uid); },
           [&parts](const std::string& name) { return parts.provider(name); }}};
}

std::vector<std::string> taps_of(const std::string& uid, const std::vector<std::string>& taps) {
  std::vector<std::string> own;
  for (unsigned index = 0; index < most_interfaces; ++index) {
    auto name = network::tap_name(uid, index);
    if (std::find(taps.begin(), taps.end(), name) != taps.end()) own.push_back(std::move(name));
  }
  return own;
}

}  // namespace flintctl::lifecycle
