// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace flintctl::network {

/// One rtnetlink message under construction: its family's own header, then attributes, some of them
/// nested. rtnetlink(7).
class Message {
 public:
  /// `type` is RTM_*, `flags` are NLM_F_* values besides NLM_F_REQUEST.
  template <typename Header>
  Message(std::uint16_t type, std::uint16_t flags, const Header& header)
      : type_(type), flags_(flags) {
    append(&header, sizeof header);
  }

  void add(std::uint16_t attribute, const void* bytes, std::size_t length);
  void add(std::uint16_t attribute, std::uint32_t number) {
    add(attribute, &number, sizeof number);
  }
  /// With the terminating zero, as the kernel expects names.
  void add_text(std::uint16_t attribute, const std::string& text) {
    add(attribute, text.c_str(), text.size() + 1);
  }
  /// What is added from here to close() lies inside `attribute`.
  std::size_t open(std::uint16_t attribute);
  void close(std::size_t opened);

  /// A header inside an open attribute, as the peer of a veth has one.
  void append_raw(std::string_view bytes) { append(bytes.data(), bytes.size()); }

  /// The whole message, length and flags filled in.
  [[nodiscard]] std::string bytes(std::uint32_t sequence, std::uint16_t more_flags) const;

 private:
  void append(const void* bytes, std::size_t length);
  std::uint16_t type_;
  std::uint16_t flags_;
  std::string body_;
};

/// The attributes that follow a header of `header_size` bytes in a message's payload.
class Attributes {
 public:
  Attributes(std::string_view payload, std::size_t header_size);
  /// The bytes of one attribute; empty when it is absent.
  [[nodiscard]] std::string_view find(std::uint16_t attribute) const;
  /// A number of 32 bits, or `fallback`.
  [[nodiscard]] std::uint32_t number(std::uint16_t attribute, std::uint32_t fallback = 0) const;
  /// A text without its terminating zero.
  [[nodiscard]] std::string text(std::uint16_t attribute) const;

 private:
  std::string_view attributes_;
};

/// Sends one request and waits for the kernel's acknowledgement; `what` says what was attempted.
Result<> request(const Message& message, const std::string& what);

/// Asks for a list: `each` gets the payload (header and attributes) of every answer. A dump that
/// the kernel says was disturbed by a change is asked for again.
Result<> dump(const Message& message, const std::function<void(std::string_view)>& each,
              const std::string& what);

/// Deletes an interface by index, whoever holds it open. RTM_DELLINK.
Result<> delete_link(unsigned index);

}  // namespace flintctl::network
