// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "provision/step.hpp"

namespace flintctl::provision {

/// A hypervisor's binary, or one that belongs to it, as asked for.
struct VmmSource {
  std::string name;     ///< "firecracker", "jailer", "cloud-hypervisor", "virtiofsd", "qemu"
  std::string file;     ///< a file of this host: the binary, or a .tar.gz release with it
  std::string url;      ///< or where to fetch that from
  std::string sha256;   ///< of the file, 64 hexadecimal digits
  std::string version;  ///< that it must say it is; empty: any
};

/// invalid_argument unless name, exactly one source and digest are given as they must be. A hint
/// names the distribution's package where there is one.
Result<> validate(const VmmSource& source);

struct VmmPaths {
  std::string store = "/usr/local/lib/flintctl/vmm";  ///< NAME/VERSION/NAME below it
  std::string bin = "/usr/local/bin";
};

/// One installed binary.
struct InstalledVmm {
  std::string name;
  std::string version;  ///< as it said when it was installed
  std::string path;
  bool linked = false;  ///< the one that /usr/local/bin/NAME leads to
  bool intact = false;  ///< its bytes are still those that were verified
  std::string source_sha256;
};
/// All, by name and version. What is half installed is none.
Result<std::vector<InstalledVmm>> list_vmms(const VmmPaths& paths);

/// Installs a hypervisor's binary beside its other versions, and has a link in bin lead to it.
/// Bytes are verified before they are unpacked, and unpacked before they are executed, which only
/// asks them for their version.
class VmmStep final : public Step {
 public:
  VmmStep(VmmSource source, VmmPaths paths = {});

  [[nodiscard]] std::string name() const override { return "vmm"; }
  /// already_exists when something that is not ours has the link's name.
  Result<Finding> check() override;
  /// data_loss when the digest is another; then nothing was executed and nothing is left.
  Result<> apply(Journal& journal) override;
  Result<Undone> undo(const Change& change, Data data) override;

 private:
  [[nodiscard]] std::string folder() const { return paths_.store + "/" + source_.name; }
  [[nodiscard]] std::string link() const { return paths_.bin + "/" + source_.name; }
  Result<> fetch(const std::string& path) const;
  Result<std::string> install(const std::string& stage) const;
  Result<> lead_to(const std::string& binary) const;

  VmmSource source_;
  VmmPaths paths_;
};

/// The member of a release that is the binary `name`: "firecracker" or
/// "release-v1/firecracker-v1.2.3-x86_64", never "firecracker-v1.2.3-x86_64.debug".
bool is_vmm_member(const std::string& member, const std::string& name);

/// The version in what `name --version` prints: the first word that begins like one, without "v".
Result<std::string> parse_vmm_version(const std::string& output);

}  // namespace flintctl::provision
