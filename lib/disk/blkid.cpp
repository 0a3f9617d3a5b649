// SPDX-License-Identifier: Apache-2.0
#include "disk/blkid.hpp"

#include <blkid/blkid.h>

#include <algorithm>
#include <memory>

#include "sys/shared_library.hpp"

namespace flintctl::disk {
namespace {

/// The functions of libblkid that this room calls.
struct Library {
  decltype(&blkid_new_probe) create = nullptr;
  decltype(&blkid_free_probe) free = nullptr;
  decltype(&blkid_probe_set_device) set_device = nullptr;
  decltype(&blkid_probe_enable_superblocks) enable_superblocks = nullptr;
  decltype(&blkid_probe_set_superblocks_flags) set_superblocks_flags = nullptr;
  decltype(&blkid_probe_enable_partitions) enable_partitions = nullptr;
  decltype(&blkid_probe_set_partitions_flags) set_partitions_flags = nullptr;
  decltype(&blkid_do_probe) next = nullptr;
  decltype(&blkid_do_wipe) wipe = nullptr;
  decltype(&blkid_probe_lookup_value) lookup = nullptr;
};

Result<Library> load_library() {
  const auto shared = TRY(sys::SharedLibrary::open("libblkid.so.1", "libblkid1"));
  Library library;
  const auto find = [&shared](auto& function, const char* name) -> Result<> {
    function = TRY(shared.function<std::remove_reference_t<decltype(function)>>(name));
    return {};
  };
  TRY(find(library.create, "blkid_new_probe"));
  TRY(find(library.free, "blkid_free_probe"));
  TRY(find(library.set_device, "blkid_probe_set_device"));
  TRY(find(library.enable_superblocks, "blkid_probe_enable_superblocks"));
  TRY(find(library.set_superblocks_flags, "blkid_probe_set_superblocks_flags"));
  TRY(find(library.enable_partitions, "blkid_probe_enable_partitions"));
  TRY(find(library.set_partitions_flags, "blkid_probe_set_partitions_flags"));
  TRY(find(library.next, "blkid_do_probe"));
  TRY(find(library.wipe, "blkid_do_wipe"));
  TRY(find(library.lookup, "blkid_probe_lookup_value"));
  return library;
}

Error failed(const char* what) { return {Code::unknown, std::string("libblkid cannot ") + what}; }

/// A probe that finds every signature in turn, broken checksums included: what is nearly a
/// filesystem is somebody's all the same.
class Probe {
 public:
  static Result<Probe> open(int descriptor) {
    Probe probe(TRY(load_library()));
    const Library& library = probe.library_;
    if (!probe.probe_ || library.set_device(probe.probe_.get(), descriptor, 0, 0) != 0) {
      return failed("look at the device");
    }
    library.enable_superblocks(probe.probe_.get(), 1);
    library.set_superblocks_flags(probe.probe_.get(), BLKID_SUBLKS_MAGIC | BLKID_SUBLKS_TYPE |
                                                          BLKID_SUBLKS_UUID | BLKID_SUBLKS_LABEL |
                                                          BLKID_SUBLKS_BADCSUM);
    library.enable_partitions(probe.probe_.get(), 1);
    library.set_partitions_flags(probe.probe_.get(), BLKID_PARTS_MAGIC | BLKID_PARTS_FORCE_GPT);
    return probe;
  }

  /// False after the last one.
  Result<bool> next() {
    const int found = library_.next(probe_.get());
    if (found < 0) return failed("read the device");
    return found == 0;
  }
  [[nodiscard]] Signature signature() const {
    std::string type = value("TYPE");
    if (type.empty()) type = value("PTTYPE");
    return {std::move(type), value("UUID"), value("LABEL")};
  }
  Result<> erase() {
    if (library_.wipe(probe_.get(), 0) != 0) return failed("erase a signature");
    return {};
  }

 private:
  explicit Probe(const Library& library)
      : library_(library), probe_(library.create(), library.free) {}
  std::string value(const char* name) const {
    const char* data = nullptr;
    if (library_.lookup(probe_.get(), name, &data, nullptr) != 0 || data == nullptr) return {};
    return data;
  }

  Library library_;
  std::unique_ptr<std::remove_pointer_t<blkid_probe>, decltype(&blkid_free_probe)> probe_;
};

}  // namespace

Result<std::vector<Signature>> find_signatures(int descriptor) {
  Probe probe = TRY(Probe::open(descriptor));
  std::vector<Signature> found;
  while (TRY(probe.next())) {
    Signature signature = probe.signature();
    // Many formats have copies of their superblock.
    const bool known = std::any_of(found.begin(), found.end(), [&](const Signature& other) {
      return other.type == signature.type;
    });
    if (!known) found.push_back(std::move(signature));
  }
  return found;
}

Result<> erase_signatures(int descriptor) {
  Probe probe = TRY(Probe::open(descriptor));
  while (TRY(probe.next())) TRY(probe.erase());
  return {};
}

}  // namespace flintctl::disk
