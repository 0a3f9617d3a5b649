// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace flintctl::cmd {

/// The word that makes flintctl a child of itself: `flintctl __extract MODE`. Not for people.
inline constexpr const char* extract_word = "__extract";

/// Runs the child that handles layers and images' files in a mount namespace of its own. Called
/// before anything else is set up, when argv[1] is extract_word. Returns the exit status.
int extract_main(int argc, char** argv);

}  // namespace flintctl::cmd
