// SPDX-License-Identifier: Apache-2.0
#include "archive/mounted_root.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/mount.hpp"

namespace flintctl::archive {
namespace {

/// A folder that every host has and where no snapshot's source lies. Nobody but this process sees
/// what is mounted over it, and so no folder has to be made and removed.
const std::string mount_point = "/sys";

constexpr unsigned long safe_flags = MS_NODEV | MS_NOSUID | MS_NOEXEC | MS_NOATIME;

constexpr std::array known_flags = {
    std::pair("ro", static_cast<unsigned long>(MS_RDONLY)),
    std::pair("rw", 0UL),
    std::pair("bind", static_cast<unsigned long>(MS_BIND)),
    std::pair("rbind", static_cast<unsigned long>(MS_BIND | MS_REC)),
    std::pair("nodev", static_cast<unsigned long>(MS_NODEV)),
    std::pair("nosuid", static_cast<unsigned long>(MS_NOSUID)),
    std::pair("noexec", static_cast<unsigned long>(MS_NOEXEC)),
    std::pair("noatime", static_cast<unsigned long>(MS_NOATIME)),
    std::pair("relatime", 0UL),
};

struct Options {
  unsigned long flags = 0;
  std::string data;  ///< for the filesystem
};

/// mount(8) splits options likewise: what is a flag of mount(2), and what the filesystem reads.
Options split_options(const Mount& mount) {
  Options options;
  for (const auto& option : mount.options) {
    const auto* const known = std::find_if(known_flags.begin(), known_flags.end(),
                                           [&](const auto& flag) { return option == flag.first; });
    if (known != known_flags.end()) {
      options.flags |= known->second;
    } else {
      options.data += (options.data.empty() ? "" : ",") + option;
    }
  }
  // A discard for every file that is replaced costs a round to the pool, and frees nothing.
  const bool on_device = mount.type == "ext4" || mount.type == "xfs";
  if (on_device) options.data += options.data.empty() ? "nodiscard" : ",nodiscard";
  return options;
}

/// mount(2) takes one page of options, with the end of the string.
constexpr std::size_t most_data = 4096 - 1;
constexpr std::string_view lower_option = "lowerdir=";

/// What the paths of `list`, which colons part, have in common up to a slash, and may be without.
std::string common_folder(std::string_view list) {
  std::string_view common = list.substr(0, list.find(':'));
  while (!common.empty()) {
    common = common.substr(0, common.rfind('/'));
    bool all = true;
    for (std::size_t at = 0; all && at != std::string_view::npos;) {
      if (at > 0) ++at;
      const std::string_view rest = list.substr(at);
      all = rest.starts_with(common) && rest.substr(common.size()).starts_with('/');
      at = list.find(':', at);
    }
    if (all || common.find('/') == std::string_view::npos) break;
  }
  return std::string(common);
}

/// Options too long for mount(2), those of a snapshot on dozens of others, with the lower folders
/// named from the one that they are all in, which becomes the working folder.
Result<std::string> fitting(std::string data) {
  const auto start = data.find(lower_option);
  if (data.size() <= most_data || start == std::string::npos) return data;
  const auto first = start + lower_option.size();
  const auto end = std::min(data.find(',', first), data.size());
  const std::string_view lowers(data.data() + first, end - first);
  const std::string folder = common_folder(lowers);
  if (!folder.starts_with('/')) return data;
  if (::chdir(folder.c_str()) != 0) return sys::last_error("entering " + folder);
  std::string shorter = data.substr(0, first);
  for (std::string_view rest = lowers; !rest.empty();) {
    const auto colon = std::min(rest.find(':'), rest.size());
    shorter += rest.substr(folder.size() + 1, colon - folder.size() - 1);
    if (colon < rest.size()) shorter += ':';
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  return shorter + data.substr(end);
}

/// An overlay that does not write the whole file system it lies on to the disk when it is
/// unmounted; kernels before 5.10 do not know the option, and do. Whatever they refuse, the same
/// mount without the option says it, too. overlayfs.rst, "Volatile mount".
Result<> mount_overlay(const Mount& mount, const Options& options) {
  const bool writable = (options.flags & MS_RDONLY) == 0;
  const std::string more = writable ? ",volatile" : "";
  const std::string data = TRY(fitting(options.data + more));
  if (data.size() > most_data) {
    return Error(Code::unimplemented, "the snapshot stands on more others than overlayfs can mount")
        .with_hint("pull the image with --layers merged");
  }
  const auto as = [&](const std::string& text) {
    return sys::mount(mount.source, mount_point, mount.type, options.flags, text);
  };
  auto mounted = as(data);
  if (mounted || !writable) return mounted;
  return as(data.substr(0, data.size() - more.size()));
}

Result<UniqueFd> mount_privately(const Mount& mount, Access access) {
  TRY(sys::unshare_mounts());
  Options options = split_options(mount);
  options.flags |= safe_flags;
  if (access == Access::read_only) options.flags |= MS_RDONLY;
  constexpr unsigned long recursive = MS_REC;
  const std::string type = (options.flags & MS_BIND) != 0 ? "" : mount.type;
  if (type == "overlay") {
    TRY(mount_overlay(mount, options));
  } else {
    TRY(sys::mount(mount.source, mount_point, type, options.flags, options.data));
  }
  if ((options.flags & MS_BIND) != 0) {
    // A bind mount takes its other flags only from a second call. mount(2).
    TRY(sys::mount("none", mount_point, "", (options.flags & ~recursive) | MS_REMOUNT));
  }
  return sys::open(mount_point, O_RDONLY | O_DIRECTORY);
}

}  // namespace

Result<UniqueFd> mount_root(const Mount& mount, Access access) {
  auto root = mount_privately(mount, access);
  if (!root) return fault_of_host(std::move(root).error());
  return root;
}

Error fault_of_host(Error error) {
  switch (error.code()) {
    case Code::unknown:
    case Code::not_found:
    case Code::invalid_argument:
    case Code::already_exists:
    case Code::data_loss:
      break;
    default:
      return error;
  }
  if (error.hint().empty()) {
    error = std::move(error).with_hint("'flintctl doctor' says what is amiss with the host");
  }
  return std::move(error).with_code(Code::host_not_ready);
}

}  // namespace flintctl::archive
