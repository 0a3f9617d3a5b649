// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/value.hpp"

namespace fake_firecracker {

enum class Type { string, integer, boolean, object, strings };
enum class When { pre_boot, post_boot, always };

struct Member {
  std::string_view name;
  Type type;
  bool required = false;
  std::vector<std::string_view> choices = {};  ///< of a string; empty: any
};

/// One request that takes a body. A path that ends in '/' is followed by an id, which the body
/// repeats under `id_member`.
struct Endpoint {
  std::string_view method;
  std::string_view path;
  std::string_view id_member;
  When when;
  std::vector<Member> members;
};

const std::vector<Endpoint>& endpoints();
const Endpoint* find_endpoint(std::string_view method, std::string_view path);

/// What the real one answers to a body that does not fit, as its fault_message; nothing when it
/// fits.
std::optional<std::string> fault_of(const Endpoint& endpoint, std::string_view path,
                                    std::string_view body_text, flintctl::data::Value& body);

}  // namespace fake_firecracker
