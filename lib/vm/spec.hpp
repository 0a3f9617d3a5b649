// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/units.hpp"
#include "data/value.hpp"
#include "vm/cmdline.hpp"

namespace flintctl::vm {

/// A user's labels or annotations.
using Labels = std::map<std::string, std::string>;

/// A kernel or an initrd: a file of an image, or a path on the host; at most one of the two.
struct FileSource {
  std::string image;
  std::string path;  ///< on the host, absolute
  std::string file;  ///< inside the image; empty: found by itself when there is one candidate
  [[nodiscard]] bool empty() const { return image.empty() && path.empty(); }
};

struct RootVolume {
  std::string image;
  std::uint64_t size = 0;  ///< bytes; 0: as large as the snapshotter makes it
  bool read_only = false;
};

/// A further disk: blank (`size`), from an image, or a shared host folder.
struct Volume {
  std::string name;
  std::string image;
  std::string host_path;
  std::string mount_path;
  std::uint64_t size = 0;  ///< bytes
  bool read_only = false;
};

enum class InterfaceType { tap, macvtap };

struct Interface {
  std::string name = "eth0";
  InterfaceType type = InterfaceType::tap;
  std::string bridge;
  std::string mac;      ///< empty: made from the VM's uid, the same at each start
  std::string address;  ///< CIDR; empty: none or DHCP
  std::string gateway;
  std::vector<std::string> nameservers;
};

/// What cloud-init gets. User-data is a secret: here and in records only its digest.
struct CloudInit {
  std::string user_data_sha256;  ///< hex; the bytes lie 0600 in the VM's directory
  Labels meta_data;
  std::string network_config;  ///< "auto" or empty
};

/// What somebody wants a VM to be; `spec` of the manifest.
struct Spec {
  std::string provider;  ///< empty: the first that works here
  unsigned vcpus = 2;
  std::uint64_t memory = gib;  ///< bytes
  FileSource kernel;
  Cmdline cmdline;  ///< over the provider's defaults
  FileSource initrd;
  RootVolume root;
  std::vector<Volume> volumes;
  std::vector<Interface> interfaces;
  CloudInit cloud_init;
  bool vsock = false;
  std::vector<std::string> provider_args;  ///< appended to the hypervisor's command line
};

/// The manifest's form; keys at their default are left out. Sizes as "512Mi".
data::Value to_value(const Spec& spec);

/// What to do with a key this version does not know: a manifest's is an error that names the
/// nearest known one, a record's was written by a later flintctl and is passed over.
enum class UnknownKeys { refuse, ignore };
Result<Spec> spec_from_value(const data::Value& value, UnknownKeys unknown);

/// All that can be judged without a host: sizes, names, MACs, duplicate ids. Image references are
/// judged by who pulls them, limits of a hypervisor by its provider. invalid_argument.
Result<> validate(const Spec& spec);

/// Bytes with the largest suffix that loses nothing: "512Mi", "10Gi", "1000".
std::string size_text(std::uint64_t bytes);

/// A locally administered unicast MAC made from a uid and an interface's index.
std::string derived_mac(std::string_view uid, unsigned index);

}  // namespace flintctl::vm
