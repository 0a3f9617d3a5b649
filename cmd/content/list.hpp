// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "core/result.hpp"
#include "host.hpp"

namespace flintctl::cmd {

/// `content list`: filters in containerd's language; none mean everything.
struct ContentListOptions {
  std::vector<std::string> filters;
};

/// Prints the blobs in our namespace of containerd's content store, by digest. Quiet prints the
/// digests only.
Result<> content_list(Host& host, const ContentListOptions& options);

void add_content_list(cli::Command& content, Host& host);

}  // namespace flintctl::cmd
