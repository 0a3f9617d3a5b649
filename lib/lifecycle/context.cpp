// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/context.hpp"

#include <fmt/format.h>

namespace flintctl::lifecycle {

void say(const Context& context, std::string_view text) {
  if (context.note) context.note(text);
}

inventory::Statuses statuses(const Context& context) {
  auto& parts = context.parts;
  return {context.paths, context.client,
          {[&parts](const std::string& uid) { return parts.alive(uid); },
           [&parts](const std::string& name) { return parts.provider(name); }}};
}

std::string tap_name(const std::string& uid, std::size_t index) {
  return fmt::format("{}{}{}", tap_prefix, uid.substr(0, 8), index);
}

}  // namespace flintctl::lifecycle
