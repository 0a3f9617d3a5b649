// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "support/catch.hpp"
#include "sys/file.hpp"

namespace flintctl::lifecycle::testing {

TemporaryDirectory::TemporaryDirectory() {
  std::string path = "/tmp/flintctl-unit-XXXXXX";
  REQUIRE(::mkdtemp(path.data()) != nullptr);
  path_ = path;
}

TemporaryDirectory::~TemporaryDirectory() { (void)sys::remove_tree(path_); }

void append(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::app | std::ios::binary) << text;
}

Result<> World::call(std::string name) {
  calls.push_back(std::move(name));
  if (fail_at == 0 || calls.size() != fail_at) return {};
  return Error(Code::unknown, "injected failure of " + calls.back());
}

vmm::KernelFormat FakeProvider::kernel_format() const { return vmm::KernelFormat::elf_or_bzimage; }

vm::Cmdline FakeProvider::default_cmdline(const vmm::Probe&, const vmm::Machine&) const {
  return *vm::parse_cmdline("console=ttyS0 root=/dev/vda");
}

Result<vmm::Probe> FakeProvider::probe() const {
  TRY(world_.call("probe"));
  vmm::Probe probe;
  probe.binary = "/usr/bin/fake";
  probe.version = "1.0";
  return probe;
}

std::vector<vmm::Violation> FakeProvider::validate(const vmm::Machine& machine,
                                                   const vmm::Probe&) const {
  if (machine.vcpus > 8) return {{"spec.vcpus", "more than 8", ""}};
  if (machine.kernel.empty()) return {{"spec.kernel", "is missing", ""}};
  return {};
}

vmm::LaunchPlan FakeProvider::plan(const vmm::Machine& machine, const vmm::Probe&) const {
  vmm::LaunchPlan plan;
  plan.argv = {"/usr/bin/fake", machine.kernel, machine.cmdline};
  plan.run_directory = machine.instance.run_directory;
  return plan;
}

Result<> FakeProvider::configure_and_boot(const vmm::Instance&, const vmm::LaunchPlan&,
                                          std::chrono::milliseconds) const {
  return world_.call("configure_and_boot");
}

Result<vmm::State> FakeProvider::state(const vmm::Instance& instance,
                                       std::chrono::milliseconds) const {
  TRY(world_.call("state"));
  return world_.alive.count(instance.uid) != 0 ? world_.state : vmm::State::stopped;
}

Result<> FakeProvider::request_shutdown(const vmm::Instance&, std::chrono::milliseconds) const {
  return world_.call("request_shutdown");
}

vmm::ExitEvidence FakeProvider::exit_evidence(const vmm::Instance&, std::uint64_t) const {
  return world_.evidence;
}

Result<> FakeParts::ensure_images(const vm::Spec&, vmm::KernelFormat) {
  return world_.call("ensure_images");
}

Result<LocalImage> FakeParts::ensure_image(const std::string& ref) {
  TRY(world_.call("ensure_image"));
  if (ref != image_.name) return Error(Code::registry, "no such image");
  return image_;
}

Result<BootFiles> FakeParts::boot_files(const vm::Spec& spec, vmm::KernelFormat,
                                        const std::string&) {
  TRY(world_.call("boot_files"));
  const bool of_image = spec.kernel.path.empty();
  return BootFiles{{"sha256:kernel", of_image ? "/cache/kernel" : spec.kernel.path}, {}, {}};
}

Result<> FakeParts::check_init(const std::vector<containerd::Mount>&, const std::string&,
                               const std::string&) {
  return world_.call("check_init");
}

Result<std::uint64_t> FakeParts::device_size(const std::string&) {
  TRY(world_.call("device_size"));
  return world_.device_size;
}

Result<> FakeParts::wait_device_unused(const std::string&, std::chrono::milliseconds) {
  TRY(world_.call("wait_device_unused"));
  if (world_.open) return Error(Code::aborted, "process 7 (cat) has it open");
  return {};
}

Result<> FakeParts::wait_device_gone(const std::string&, std::chrono::milliseconds) {
  TRY(world_.call("wait_device_gone"));
  if (world_.busy == 0) return {};
  --world_.busy;
  return Error(Code::deadline_exceeded, "busy");
}

Result<> FakeParts::mount_logs(const std::string& directory, std::uint64_t) {
  TRY(world_.call("mount_logs"));
  TRY(sys::make_directories(directory, 0700));
  world_.log_mounts.insert(directory);
  return {};
}

Result<> FakeParts::remove_directory(const std::string& directory) {
  TRY(world_.call("remove_directory"));
  for (auto mount = world_.log_mounts.begin(); mount != world_.log_mounts.end();) {
    mount = mount->rfind(directory, 0) == 0 ? world_.log_mounts.erase(mount) : std::next(mount);
  }
  return sys::remove_tree(directory);
}

Result<> FakeParts::create_tap(const std::string& name, const std::string&) {
  TRY(world_.call("create_tap"));
  world_.taps.insert(name);
  return {};
}

Result<> FakeParts::remove_tap(const std::string& name) {
  TRY(world_.call("remove_tap"));
  world_.taps.erase(name);
  return {};
}

Result<> FakeParts::check_bridge(const std::string&) { return world_.call("check_bridge"); }

Result<std::vector<std::string>> FakeParts::taps() {
  return std::vector<std::string>(world_.taps.begin(), world_.taps.end());
}

Result<std::vector<containerd::Lease>> FakeParts::abandoned_pulls() {
  return std::vector<containerd::Lease>{};
}

Result<std::vector<std::string>> FakeParts::abandoned_partials() {
  return std::vector<std::string>{};
}

Result<std::vector<std::string>> FakeParts::unused_kernels(const std::vector<std::string>& used) {
  std::vector<std::string> unused;
  for (const auto& kernel : world_.kernels) {
    if (std::find(used.begin(), used.end(), kernel) == used.end()) unused.push_back(kernel);
  }
  return unused;
}

Result<std::vector<std::string>> FakeParts::remove_kernels(const std::vector<std::string>& used) {
  auto unused = TRY(unused_kernels(used));
  world_.kernels.clear();
  return unused;
}

Result<std::vector<std::string>> FakeParts::pool_devices(const std::string&) {
  return world_.devices;
}

Result<std::unique_ptr<vmm::Provider>> FakeParts::provider(const std::string& name) {
  if (name != "qemu") return Error(Code::invalid_argument, "no such provider");
  return std::unique_ptr<vmm::Provider>(std::make_unique<FakeProvider>(world_));
}

Result<vmm::Chosen> FakeParts::choose_provider() {
  vmm::Chosen chosen;
  chosen.provider = std::make_unique<FakeProvider>(world_);
  chosen.probe = TRY(chosen.provider->probe());
  return chosen;
}

Result<pid_t> FakeParts::launch(const vmm::Instance& instance, const vmm::LaunchPlan&) {
  TRY(world_.call("launch"));
  world_.groups.insert(instance.uid);
  if (world_.guest) world_.guest(instance);
  if (!world_.guest_exits) world_.alive.insert(instance.uid);
  return ::getpid();
}

Result<bool> FakeParts::alive(const std::string& uid) { return world_.alive.count(uid) != 0; }

Result<UniqueFd> FakeParts::exit_descriptor(const std::string& uid, pid_t) {
  TRY(world_.call("exit_descriptor"));
  return UniqueFd(::eventfd(world_.alive.count(uid) == 0 ? 1 : 0, EFD_CLOEXEC));
}

Result<vmm::StopOutcome> FakeParts::stop(const vmm::Provider&, const vmm::Instance& instance,
                                         std::chrono::milliseconds grace) {
  TRY(world_.call("stop"));
  if (world_.alive.erase(instance.uid) == 0) return vmm::StopOutcome::already_stopped;
  return grace.count() == 0 ? vmm::StopOutcome::forced : vmm::StopOutcome::clean;
}

Result<> FakeParts::kill(const std::string& uid) {
  TRY(world_.call("kill"));
  world_.alive.erase(uid);
  world_.groups.erase(uid);
  return {};
}

Result<std::vector<std::string>> FakeParts::launched_uids() {
  return std::vector<std::string>(world_.groups.begin(), world_.groups.end());
}

namespace {

/// An image as a pull leaves it: manifest, committed snapshot, and a record that roots both.
LocalImage seed_image(containerd::FakeClient& client) {
  const std::string manifest = "{}";
  LocalImage image{"registry.example/os:1", containerd::FakeClient::digest_of(manifest),
                   "sha256:chain"};
  REQUIRE(client.lease_create("seed", {}));
  const auto leased = client.with_lease("seed");
  REQUIRE(leased->content_write("manifest", manifest, image.digest,
                                {{"containerd.io/gc.ref.snapshot.devmapper", image.chain_id}}));
  REQUIRE(leased->snapshot_prepare("devmapper", "unpack", "", {}));
  REQUIRE(leased->snapshot_commit("devmapper", image.chain_id, "unpack", {}));
  containerd::Image record;
  record.name = image.name;
  record.target = {"application/vnd.oci.image.manifest.v1+json", image.digest, 2};
  REQUIRE(client.image_put(record));
  REQUIRE(client.lease_delete("seed"));
  return image;
}

}  // namespace

Fixture::Fixture()
    : image(seed_image(client)),
      parts(world, image),
      context({parts,
               {directory.path() + "/run", directory.path() + "/state"},
               "devmapper",
               "",
               [this](std::string_view note) { notes.emplace_back(note); }},
              client) {
  at_first = client.remains();
  client.clear_calls();
}

CreateOptions Fixture::web() const {
  CreateOptions options;
  options.target = {"default", "web"};
  options.spec.root.image = image.name;
  options.spec.kernel.path = "/boot/vmlinux";
  options.spec.interfaces.push_back({});
  options.wait.timeout = std::chrono::milliseconds(500);
  return options;
}

std::vector<std::string> Fixture::left() {
  std::vector<std::string> left;
  for (const auto& thing : client.remains()) {
    if (std::find(at_first.begin(), at_first.end(), thing) == at_first.end()) left.push_back(thing);
  }
  for (const auto& uid : world.alive) left.push_back("process " + uid);
  for (const auto& uid : world.groups) left.push_back("cgroup " + uid);
  for (const auto& tap : world.taps) left.push_back("tap " + tap);
  for (const auto& mount : world.log_mounts) left.push_back("mount " + mount);
  for (const auto& folder : {context.paths.run, context.paths.vms()}) {
    const auto names = sys::list_directory(folder);
    REQUIRE(names);
    for (const auto& name : *names) {
      if (name != "locks") left.push_back(fmt::format("{}/{}", folder, name));
    }
  }
  return left;
}

}  // namespace flintctl::lifecycle::testing
