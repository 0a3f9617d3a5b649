// SPDX-License-Identifier: Apache-2.0
#include "vm/create.hpp"

#include <fmt/format.h>

#include <climits>
#include <cstdlib>
#include <memory>

#include "data/value.hpp"
#include "image/kernel_cache.hpp"
#include "image/view.hpp"
#include "lifecycle/create.hpp"
#include "oci/reference.hpp"
#include "outcome.hpp"
#include "pool/guard.hpp"
#include "sys/error.hpp"
#include "sys/host.hpp"
#include "vm/targets.hpp"

namespace flintctl::cmd {
namespace {

bool is_path(const std::string& text) {
  return text.starts_with('/') || text.starts_with("./") || text.starts_with("../");
}

Result<vm::FileSource> file_source(const std::string& what, const std::string& text,
                                   const std::string& file) {
  if (!is_path(text)) {
    if (!text.empty()) TRY(oci::Reference::parse(text).context(what));
    return vm::FileSource{text, "", file};
  }
  char resolved[PATH_MAX];
  if (::realpath(text.c_str(), resolved) == nullptr) {
    return sys::last_error(fmt::format("{} '{}'", what, text))
        .with_code(Code::invalid_argument)
        .with_hint(
            "what begins with '/', './' or '../' is a path on this host; an image's name does not");
  }
  return vm::FileSource{"", resolved, file};
}

const std::string& first_of(const std::string& flag, const std::string& configured) {
  return flag.empty() ? configured : flag;
}

/// "bridge=br0,mac=02:…,name=eth0"; each part at most once, all optional.
Result<vm::Interface> parse_network(std::string_view text, std::size_t index) {
  vm::Interface interface;
  interface.name = fmt::format("eth{}", index);
  while (!text.empty()) {
    const auto part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const auto equals = part.find('=');
    const auto key = part.substr(0, equals);
    const auto value = equals == std::string_view::npos ? "" : std::string(part.substr(equals + 1));
    if (value.empty() || (key != "bridge" && key != "mac" && key != "name")) {
      return Error(Code::invalid_argument, fmt::format("--network part '{}' is not known", part))
          .with_hint("use --network bridge=NAME[,mac=MAC][,name=ethN]");
    }
    (key == "bridge" ? interface.bridge : key == "mac" ? interface.mac : interface.name) = value;
  }
  return interface;
}

/// Before anything is made, but for who may not read it: a dry run needs no root.
Result<> check_on_host(const vm::FileSource& source, Result<> (*check)(const std::string& path)) {
  if (source.path.empty()) return {};
  auto checked = check(source.path);
  if (!checked && checked.error().code() == Code::permission_denied) return {};
  return checked;
}

Result<vm::Spec> make_spec(const VmCreateOptions& options, const config::Defaults& defaults) {
  vm::Spec spec;
  spec.provider = first_of(options.provider, defaults.provider);
  spec.vcpus = options.vcpus;
  spec.memory = options.memory;
  if (!options.image.empty()) TRY(oci::Reference::parse(options.image).context("--image"));
  spec.root.image = options.image;
  spec.kernel =
      TRY(file_source("kernel", first_of(options.kernel, defaults.kernel), options.kernel_file));
  TRY(check_on_host(spec.kernel, image::check_host_kernel));
  spec.initrd =
      TRY(file_source("initrd", first_of(options.initrd, defaults.initrd), options.initrd_file));
  TRY(check_on_host(spec.initrd, image::check_host_initrd));
  // An initrd's file without an image of its own is in the kernel's.
  if (spec.initrd.empty() && !spec.initrd.file.empty()) spec.initrd.image = spec.kernel.image;
  spec.cmdline = TRY(vm::parse_cmdline(options.cmdline));
  spec.provider_args = options.provider_args;
  for (const auto& network : options.networks) {
    spec.interfaces.push_back(TRY(parse_network(network, spec.interfaces.size())));
  }
  return spec;
}

Result<lifecycle::CreateOptions> create_options(Host& host, const VmCreateOptions& options) {
  using Create = lifecycle::CreateOptions;
  Create create;
  create.target = TRY(vm_target(host, options.name));
  create.spec = TRY(make_spec(options, TRY(host.config())->defaults));
  for (const auto& text : options.labels) {
    auto label = TRY(vm::parse_label(text));
    const std::string key = label.first;
    if (!create.labels.insert(std::move(label)).second) {
      return Error(Code::invalid_argument, fmt::format("the label {} is given twice", key))
          .with_hint("give each label once: --label KEY=VALUE");
    }
  }
  create.wait = wait_options(options.wait);
  create.start = options.no_start ? Create::Start::later : Create::Start::now;
  create.on_failure = options.keep ? Create::OnFailure::keep : Create::OnFailure::remove;
  return create;
}

Result<> print_plan(Host& host, const VmCreateOptions& options,
                    const lifecycle::CreateOptions& create) {
  const auto format = TRY(host.format());
  const auto session = TRY(open_vm_plan_session(host, options.pull));
  const auto plan = TRY(lifecycle::plan_create(session.context, create));
  const auto steps = lifecycle::describe(session.context, plan);
  if (format.is_table() || format.kind == output::Kind::name) {
    for (const auto& step : steps) host.streams().out << step << '\n';
    return {};
  }
  auto list = data::Value::array();
  for (const auto& step : steps) list.push(step);
  return output::print_value(
      host.streams().out, format,
      data::Value::object(
          {{"apiVersion", "flintctl/v1"}, {"kind", "Plan"}, {"steps", std::move(list)}}));
}

}  // namespace

Result<> vm_create(Host& host, const VmCreateOptions& options) {
  TRY(host.format());
  const auto create = TRY(create_options(host, options));
  TRY(lifecycle::check_options(create));
  if (options.dry_run) return print_plan(host, options, create);
  TRY(sys::require_root("creating a VM"));
  TRY(guard_pool(host, options.overcommit ? Overcommit::allowed : Overcommit::refused));
  PullFlags pull = options.pull;
  // For the OS image's registry: a kernel's may be anybody's.
  TRY(read_given_credentials(pull, {TRY(oci::Reference::parse(create.spec.root.image))}));
  auto pulls = data::Value::array();
  const auto session = TRY(open_vm_session(
      host, pull, [&](const image::PullResult& result) { pulls.push(to_value(result)); }));
  TRY(lifecycle::create_vm(*session.context, create));
  return print_outcome(host, vm_kind, {create.target.name, create.target.name_space}, "created",
                       {{"pulls", std::move(pulls)}});
}

void add_vm_create(cli::Command& vm, Host& host) {
  auto options = std::make_shared<VmCreateOptions>();
  auto& create = vm.add("create", "Create a VM from an OS image and boot it");
  create
      .details(
          "KERNEL is a path on this host when it begins with '/' or './', else an image: its "
          "kernel and initrd are found by themselves when there is one candidate each. Images are "
          "pulled only when they are not local. A create that fails or is interrupted leaves "
          "nothing; one that was killed is cleaned up by the same command run again. With -o json "
          "it says of each image that it pulled what 'image pull' would.")
      .example("flintctl vm create web --image debian:12 --kernel registry.example/kernel:6.1",
               "and return when it runs")
      .example("flintctl vm create web --image os:1 --kernel /boot/vmlinux --wait=booted",
               "and return when its userspace is up")
      .example(
          "flintctl vm create web --image registry.example/os:1 --kernel /boot/vmlinux "
          "--creds-stdin < secret",
          "with USER:PASSWORD for registry.example from a file")
      .argument("NAME", options->name, "Name of the VM")
      .option("--image", options->image, "OS image", "REF")
      .option("--kernel", options->kernel, "Kernel image, or path on this host", "KERNEL")
      .option("--kernel-file", options->kernel_file, "Kernel's path in its image", "PATH")
      .option("--initrd", options->initrd, "Initrd image, or path on this host", "INITRD")
      .option("--initrd-file", options->initrd_file, "Initrd's path in its image", "PATH")
      .option("--vcpus", options->vcpus, "Virtual CPUs")
      .size_option("--memory", options->memory, "Memory")
      .option("--cmdline", options->cmdline, "Kernel arguments over the defaults; -KEY removes one",
              "ARGS")
      .option("--provider", options->provider, "Hypervisor: qemu or firecracker", "NAME")
      .option("--provider-arg", options->provider_args,
              "One more argument for the hypervisor; repeat for more", "ARG")
      .option("--label", options->labels, "Label; repeat for more", "KEY=VALUE")
      .option("--network", options->networks, "Network interface on a bridge; repeat for more",
              "bridge=NAME")
      .flag("--no-start", options->no_start, "Make it all, but do not start it")
      .flag("--keep", options->keep, "When it does not come up, keep it to be looked at")
      .flag("--overcommit", options->overcommit, overcommit_help)
      .flag("--dry-run", options->dry_run, "Print the steps, take none")
      .action([options, &host] { return vm_create(host, *options); });
  add_wait_flags(create, options->wait);
  add_pull_policy_flag(create, options->pull);
  add_pull_flags(create, options->pull);
}

}  // namespace flintctl::cmd
