// SPDX-License-Identifier: Apache-2.0
#include "devmapper/driver.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "core/rollback.hpp"

namespace flintctl::devmapper {
namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool take_unsigned(std::string_view text, unsigned& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string DeviceNumber::text() const { return fmt::format("{}:{}", major, minor); }

Result<DeviceNumber> parse_device_number(const std::string& text) {
  const std::string_view view = text;
  const auto colon = view.find(':');
  DeviceNumber number;
  if (colon == std::string_view::npos || !take_unsigned(view.substr(0, colon), number.major) ||
      !take_unsigned(view.substr(colon + 1), number.minor)) {
    return Error(Code::invalid_argument, fmt::format("'{}' is not a device number", text));
  }
  return number;
}

std::string Target::text() const {
  return fmt::format("{} {} {}{}{}", start_sectors, length_sectors, type, params.empty() ? "" : " ",
                     params);
}

Result<> activate(Driver& driver, const std::string& name, const std::string& uuid,
                  const Table& table) {
  TRY(driver.create(name, uuid));
  // Nobody else can have opened it between create and here except udev's probes: hence retry.
  Rollback undo([&] { static_cast<void>(driver.remove(name, Removal::retry)); });
  TRY(driver.load(name, table));
  TRY(driver.resume(name));
  TRY(driver.ensure_node(name));
  undo.commit();
  return {};
}

std::string node_path(const std::string& name) { return "/dev/mapper/" + name; }

Result<> check_name(const std::string& name) {
  constexpr std::size_t longest = 100;
  const auto wrong = [&](const std::string& why) {
    return Error(Code::invalid_argument,
                 fmt::format("'{}' is not a device-mapper name: {}", name, why))
        .with_hint("use letters, digits and +-.:=@_, beginning with a letter or digit");
  };
  if (name.empty()) return wrong("it is empty");
  if (name.size() > longest) return wrong(fmt::format("longer than {} characters", longest));
  if (name == "control") return wrong("/dev/mapper/control is the driver itself");
  if (!is_alphanumeric(name.front())) return wrong("it does not begin with a letter or digit");
  for (const char c : name) {
    if (!is_alphanumeric(c) && std::string_view("+-.:=@_").find(c) == std::string_view::npos) {
      return wrong(fmt::format("character 0x{:02x}", static_cast<unsigned char>(c)));
    }
  }
  return {};
}

}  // namespace flintctl::devmapper
