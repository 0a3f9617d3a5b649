// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "oci/digest.hpp"

namespace flintctl::oci {

/// A whole image reference, "host[:port]/repository[:tag][@digest]", normalised as docker does:
/// "alpine" means docker.io/library/alpine:latest. The grammar is that of the distribution project
/// (github.com/distribution/reference).
class Reference {
 public:
  /// invalid_argument that says which part is wrong.
  static Result<Reference> parse(std::string_view text);

  [[nodiscard]] const std::string& host() const { return host_; }  ///< "docker.io", "[::1]:5000"
  [[nodiscard]] const std::string& repository() const { return repository_; }
  /// Absent only when there is a digest.
  [[nodiscard]] const std::optional<std::string>& tag() const { return tag_; }
  [[nodiscard]] const std::optional<Digest>& digest() const { return digest_; }

  /// The normalised text: the name of the image in containerd.
  [[nodiscard]] std::string name() const;
  /// What to ask the registry for: the digest, else the tag.
  [[nodiscard]] std::string object() const;
  /// Where the registry listens: "registry-1.docker.io" for docker.io, else host().
  [[nodiscard]] std::string registry() const;
  /// host() without the port and without the brackets of IPv6.
  [[nodiscard]] std::string hostname() const;

  bool operator==(const Reference&) const = default;

 private:
  Reference() = default;
  std::string host_;
  std::string repository_;
  std::optional<std::string> tag_;
  std::optional<Digest> digest_;
};

}  // namespace flintctl::oci
