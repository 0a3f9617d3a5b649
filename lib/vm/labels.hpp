// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "vm/record.hpp"

namespace flintctl::vm {

/// Labels on a record's blob: all that `vm list` shows and filters on, so that it reads no blob.
/// They are authoritative for what they carry. The domain is ours alone, so that a flintlockd on
/// the same containerd passes over our VMs.
inline constexpr std::string_view label_domain = "flintctl.dev/";
/// Prefix of a user's own label.
inline constexpr std::string_view user_label_prefix = "label.flintctl.dev/";
/// containerd's limit on a label's key and value together, in bytes (labels/validate.go).
inline constexpr std::size_t label_limit = 4096;

namespace label {
inline constexpr auto kind = "flintctl.dev/kind";  ///< "vm" on records and VM leases
inline constexpr auto schema = "flintctl.dev/schema";
inline constexpr auto version = "flintctl.dev/version";
inline constexpr auto uid = "flintctl.dev/uid";
inline constexpr auto name = "flintctl.dev/name";
inline constexpr auto name_space = "flintctl.dev/namespace";
inline constexpr auto stage = "flintctl.dev/stage";
inline constexpr auto provider = "flintctl.dev/provider";
inline constexpr auto vcpus = "flintctl.dev/vcpus";
inline constexpr auto memory = "flintctl.dev/memory";  ///< bytes
inline constexpr auto image = "flintctl.dev/image";
inline constexpr auto created = "flintctl.dev/created";
}  // namespace label

inline constexpr std::string_view vm_kind = "vm";

/// How far a create came, as the labels say: the one thing about a VM's life that is stored.
enum class Stage {
  creating,  ///< a create runs, or was killed: whoever gets the name's lock may finish or clean it
  created,   ///< the create ended well
  deleting,  ///< a delete began; only a delete may go on
};
std::string_view to_string(Stage stage);

/// One VM as its record's labels describe it.
struct Summary {
  std::uint64_t version = 0;
  std::string uid;
  std::string name;
  std::string name_space;
  Stage stage = Stage::creating;
  std::string provider;
  unsigned vcpus = 0;
  std::uint64_t memory = 0;
  std::string image;
  Time created_at;
  Labels labels;       ///< the user's
  std::string digest;  ///< of the record's blob
};

Labels record_labels(const Record& record, Stage stage);
/// invalid_argument when a user's label has a bad key or does not fit.
Result<> check_labels(const Labels& labels);
/// nullopt for a blob that is no VM record of ours.
std::optional<Summary> summary_from_labels(const Labels& labels);

/// "k=v" from the command line.
Result<std::pair<std::string, std::string>> parse_label(std::string_view text);

}  // namespace flintctl::vm
