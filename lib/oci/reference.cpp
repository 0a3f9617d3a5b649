// SPDX-License-Identifier: Apache-2.0
#include "oci/reference.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

namespace flintctl::oci {
namespace {

constexpr std::string_view lower_digits = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view decimal = "0123456789";
constexpr std::size_t max_name = 255;
constexpr std::size_t max_tag = 128;

bool only(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Letters, digits and inner hyphens, as in a DNS label of any letter case.
bool is_host_label(std::string_view label) {
  return !label.empty() && is_alphanumeric(label.front()) && is_alphanumeric(label.back()) &&
         std::all_of(label.begin(), label.end(),
                     [](char c) { return is_alphanumeric(c) || c == '-'; });
}

template <typename Check>
bool each_part(std::string_view text, char separator, Check check) {
  for (;;) {
    const auto end = text.find(separator);
    if (!check(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

bool is_port(std::string_view port) {
  return !port.empty() && port.size() <= 5 && only(port, decimal) &&
         std::stoul(std::string(port)) <= 65535;
}

bool is_host(std::string_view host) {
  std::string_view name = host;
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    if (end == std::string_view::npos) return false;
    in6_addr address{};
    if (inet_pton(AF_INET6, std::string(host.substr(1, end - 1)).c_str(), &address) != 1) {
      return false;
    }
    const auto rest = host.substr(end + 1);
    return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
  }
  if (const auto colon = host.find(':'); colon != std::string_view::npos) {
    if (!is_port(host.substr(colon + 1))) return false;
    name = host.substr(0, colon);
  }
  return each_part(name, '.', is_host_label);
}

/// Lower-case letters and digits, joined by one '.', one or two '_', or any number of '-'.
bool is_path_component(std::string_view text) {
  if (text.empty()) return false;
  const auto is_word = [](char c) { return lower_digits.find(c) != std::string_view::npos; };
  if (!is_word(text.front()) || !is_word(text.back())) return false;
  for (std::size_t i = 0; i < text.size();) {
    if (is_word(text[i])) {
      ++i;
      continue;
    }
    const auto end = text.find_first_of(lower_digits, i);
    const auto joint = text.substr(i, end - i);
    const bool fine = joint == "." || joint == "_" || joint == "__" || only(joint, "-");
    if (!fine) return false;
    i = end;
  }
  return true;
}

bool is_tag(std::string_view tag) {
  return !tag.empty() && tag.size() <= max_tag && (is_alphanumeric(tag.front()) || tag[0] == '_') &&
         std::all_of(tag.begin(), tag.end(),
                     [](char c) { return is_alphanumeric(c) || c == '_' || c == '.' || c == '-'; });
}

/// docker's rule: what stands before the first '/' is a host when it has a dot, a port or
/// upper-case letters, or is "localhost"; else the name is one of docker.io's.
bool looks_like_host(std::string_view first) {
  return first.find_first_of(".:[") != std::string_view::npos || first == "localhost" ||
         std::any_of(first.begin(), first.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

Error bad(std::string_view whole, std::string_view why) {
  // Somebody may have written a password as in a URL: before the last '@' that no digest follows.
  std::string shown(whole.substr(0, 300));
  const auto at = whole.rfind('@');
  if (at != std::string_view::npos && !whole.substr(at + 1).starts_with("sha256:")) {
    shown = fmt::format("...{}", whole.substr(at, 300));
  }
  return Error(Code::invalid_argument, fmt::format("'{}' is no image reference: {}", shown, why))
      .with_hint("write [HOST[:PORT]/]REPOSITORY[:TAG][@sha256:DIGEST], for example alpine:3.20");
}

}  // namespace

Result<Reference> Reference::parse(std::string_view text) {
  const std::string_view whole = text;
  Reference reference;
  if (text.empty()) return bad(whole, "it is empty");
  if (text.find("://") != std::string_view::npos) return bad(whole, "it has a scheme");

  if (const auto at = text.find('@'); at != std::string_view::npos) {
    auto digest = Digest::parse(text.substr(at + 1));
    if (!digest) return bad(whole, "what follows '@' is no sha256 digest");
    reference.digest_ = *digest;
    text = text.substr(0, at);
  }
  const auto slash = text.find('/');
  if (slash != std::string_view::npos && looks_like_host(text.substr(0, slash))) {
    reference.host_ = text.substr(0, slash);
    text.remove_prefix(slash + 1);
  } else {
    reference.host_ = "docker.io";
  }
  if (!is_host(reference.host_)) return bad(whole, "its host is malformed");
  if (reference.host_ == "index.docker.io") reference.host_ = "docker.io";

  if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    if (!is_tag(text.substr(colon + 1))) return bad(whole, "its tag is malformed");
    reference.tag_ = std::string(text.substr(colon + 1));
    text = text.substr(0, colon);
  } else if (!reference.digest_) {
    reference.tag_ = "latest";
  }
  if (!each_part(text, '/', is_path_component)) {
    const bool upper =
        std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    return bad(whole,
               upper ? "its repository has upper-case letters" : "its repository is malformed");
  }
  if (whole == text && text.size() == 64 && only(text, "0123456789abcdef")) {
    return bad(whole, "it is an image ID");
  }
  const bool official = reference.host_ == "docker.io" && text.find('/') == std::string_view::npos;
  reference.repository_ = (official ? "library/" : "") + std::string(text);
  if (reference.host_.size() + 1 + reference.repository_.size() > max_name) {
    return bad(whole, "its name is longer than 255 characters");
  }
  return reference;
}

std::string Reference::name() const {
  std::string name = host_ + "/" + repository_;
  if (tag_) name += ":" + *tag_;
  if (digest_) name += "@" + digest_->text();
  return name;
}

std::string Reference::object() const {
  return digest_ ? digest_->text() : tag_.value_or("latest");
}

std::string Reference::registry() const {
  return host_ == "docker.io" ? "registry-1.docker.io" : host_;
}

std::string Reference::hostname() const {
  if (host_.starts_with('[')) return host_.substr(1, host_.find(']') - 1);
  return host_.substr(0, host_.find(':'));
}

}  // namespace flintctl::oci
