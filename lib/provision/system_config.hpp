// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "data/value.hpp"
#include "provision/containerd_config.hpp"
#include "sys/fact_cache.hpp"

/// Text and meaning of a configuration that belongs to the host's own containerd, and that gets one
/// table of ours.
namespace flintctl::provision {

/// Where a distribution has it.
inline constexpr const char* system_containerd_config = "/etc/containerd/config.toml";

/// What containerd makes of a configuration, its imports and its own defaults included; root,
/// addresses and plugins are as the daemon would have them. invalid_argument, in containerd's own
/// words, when it does not take it. `binary` is a path.
Result<data::Value> dump_containerd_config(const std::string& binary, const std::string& path);
/// Of the same what our table has to do with (root, address, disabled plugins, the devmapper
/// table); asked once as long as neither the program nor a file it reads changes.
Result<data::Value> consult_containerd_config(const std::string& binary, const std::string& path,
                                              const sys::FactCache& facts);

/// The devmapper snapshotter's table in a dump.
data::Value dumped_devmapper(const data::Value& dump);

/// True when two dumps differ in that table and in the names of their files at most.
bool same_for_others(const data::Value& before, const data::Value& after);

/// True when the dump has all that `settings` ask of the table.
bool has_table(const data::Value& dump, const ContainerdSettings& settings);

/// The folder that such a file imports every *.toml of, by an absolute path; nothing without one.
/// A file in it is a better place for our table than the file itself.
std::optional<std::string> drop_in_folder(const data::Value& document);

/// The table as a drop-in of `document`. It names the same version, because the last one named
/// decides how all that was read is understood.
std::string drop_in_text(const data::Value& document, const ContainerdSettings& settings);
/// The table with marks around it, to be appended to the text of `document`. A configuration that
/// names no version is of version 1 (or empty), which has other names for plugins.
std::string table_block(const data::Value& document, const ContainerdSettings& settings);

/// already_exists when `whole`, the text of `document` with our block, is no TOML: that has a table
/// of the name or of `plugins` to which none can be added. `path` is for the message.
Result<> refuse_no_room(const std::string& path, const data::Value& document,
                        const std::string& whole);

/// True when the configuration at `path`, or a drop-in of it, has the devmapper snapshotter on this
/// pool. What cannot be read says nothing.
bool configured_for_pool(const std::string& path, const std::string& pool);

/// `text` with the block at its end.
std::string with_block(std::string_view text, std::string_view block);
/// One of our marks is in it, whole block or not.
bool has_mark(std::string_view text);
/// `text` without what lies between our marks, if anything does.
std::optional<std::string> without_block(std::string_view text);

}  // namespace flintctl::provision
