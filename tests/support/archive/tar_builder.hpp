// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace flintctl::testing {

/// One member as a test wants it in a tar. Numbers are written as they are, sense or not.
struct TarMember {
  std::string name;
  char type = '0';
  std::string data = {};
  std::string link = {};
  std::int64_t mode = 0644;
  std::int64_t uid = ::geteuid();
  std::int64_t gid = ::getegid();
  std::int64_t mtime = 1'000'000'000;
  std::int64_t major = 0;
  std::int64_t minor = 0;
  std::int64_t size = -1;  ///< what the header says; -1: the length of the data
  std::vector<std::pair<std::string, std::string>> pax = {};
};

/// Builds tars, right ones and wrong ones, block by block: GNU's format for what does not fit, PAX
/// records where they are asked for.
class TarBuilder {
 public:
  TarBuilder& add(const TarMember& member) {
    if (!member.pax.empty()) add_extension('x', pax_body(member.pax));
    if (member.name.size() > 100) add_extension('L', member.name + '\0');
    if (member.link.size() > 100) add_extension('K', member.link + '\0');
    bytes_ += header(member);
    add_data(member.data);
    return *this;
  }
  TarBuilder& file(const std::string& name, const std::string& data = "") {
    return add({.name = name, .data = data});
  }
  TarBuilder& folder(const std::string& name, std::int64_t mode = 0755) {
    return add({.name = name, .type = '5', .mode = mode});
  }
  TarBuilder& symlink(const std::string& name, const std::string& target) {
    return add({.name = name, .type = '2', .link = target, .mode = 0777});
  }
  TarBuilder& hard_link(const std::string& name, const std::string& target) {
    return add({.name = name, .type = '1', .link = target});
  }
  TarBuilder& add_extension(char type, const std::string& body) {
    bytes_ += header({.name = "././@Extension", .type = type, .data = body});
    add_data(body);
    return *this;
  }
  TarBuilder& raw(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }

  /// The members alone, without the blocks of zeros at the end.
  [[nodiscard]] const std::string& unfinished() const { return bytes_; }
  [[nodiscard]] std::string finish() const { return bytes_ + std::string(1024, '\0'); }

  static std::string pax_body(const std::vector<std::pair<std::string, std::string>>& records) {
    std::string body;
    for (const auto& [key, value] : records) {
      const std::string rest = " " + key + "=" + value + "\n";
      std::size_t length = rest.size() + 1;
      while (std::to_string(length).size() + rest.size() != length) ++length;
      body += std::to_string(length) + rest;
    }
    return body;
  }

  /// A header block with its checksum; `change` may edit it before that is made.
  template <typename Change>
  static std::string header(const TarMember& member, const Change& change) {
    std::string block(512, '\0');
    put(block, 0, 100, member.name);
    put_number(block, 100, 8, member.mode);
    put_number(block, 108, 8, member.uid);
    put_number(block, 116, 8, member.gid);
    put_number(block, 124, 12,
               member.size >= 0 || member.size < -1
                   ? member.size
                   : static_cast<std::int64_t>(member.data.size()));
    put_number(block, 136, 12, member.mtime);
    block[156] = member.type;
    put(block, 157, 100, member.link);
    block.replace(257, 8, std::string_view("ustar  \0", 8));
    put_number(block, 329, 8, member.major);
    put_number(block, 337, 8, member.minor);
    change(block);
    block.replace(148, 8, 8, ' ');
    unsigned sum = 0;
    for (const char byte : block) sum += static_cast<unsigned char>(byte);
    std::array<char, 8> text = {};
    std::snprintf(text.data(), text.size(), "%06o", sum);
    block.replace(148, 7, std::string_view(text.data(), 7));
    block[155] = ' ';
    return block;
  }
  static std::string header(const TarMember& member) {
    return header(member, [](std::string&) {});
  }

  /// Octal where it fits, else base 256.
  static void put_number(std::string& block, std::size_t offset, std::size_t width,
                         std::int64_t value) {
    const bool fits = value >= 0 && (width >= 22 || value < (std::int64_t{1} << (3 * (width - 1))));
    if (fits) {
      std::array<char, 32> text = {};
      std::snprintf(text.data(), text.size(), "%0*llo", static_cast<int>(width - 1),
                    static_cast<unsigned long long>(value));
      put(block, offset, width, text.data());
      return;
    }
    auto bits = static_cast<std::uint64_t>(value);
    const char sign = value < 0 ? '\xff' : '\0';
    for (std::size_t i = 0; i < width; ++i) {
      const bool stored = i < 8;
      block[offset + width - 1 - i] = stored ? static_cast<char>(bits & 0xffU) : sign;
      bits >>= 8U;
    }
    block[offset] = static_cast<char>(static_cast<unsigned char>(block[offset]) | 0x80U);
  }

 private:
  static void put(std::string& block, std::size_t offset, std::size_t width,
                  std::string_view text) {
    text = text.substr(0, width);
    block.replace(offset, text.size(), text);
  }
  void add_data(const std::string& data) {
    bytes_ += data;
    bytes_ += std::string((512 - data.size() % 512) % 512, '\0');
  }

  std::string bytes_;
};

}  // namespace flintctl::testing
