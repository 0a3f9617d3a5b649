// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <iostream>

#include "cli/command.hpp"
#include "completion.hpp"
#include "containerd/config.hpp"
#include "containerd/ctr.hpp"
#include "containerd/env.hpp"
#include "containerd/start.hpp"
#include "containerd/status.hpp"
#include "containerd/stop.hpp"
#include "content/list.hpp"
#include "doctor.hpp"
#include "extract.hpp"
#include "gc.hpp"
#include "host.hpp"
#include "image/build_kernel.hpp"
#include "image/check.hpp"
#include "image/export.hpp"
#include "image/import.hpp"
#include "image/inspect.hpp"
#include "image/list.hpp"
#include "image/login.hpp"
#include "image/logout.hpp"
#include "image/prune.hpp"
#include "image/pull.hpp"
#include "image/remove.hpp"
#include "image/tag.hpp"
#include "pool/check.hpp"
#include "pool/grow.hpp"
#include "pool/status.hpp"
#include "provision/all.hpp"
#include "provision/containerd.hpp"
#include "provision/devpool.hpp"
#include "provision/lvm.hpp"
#include "provision/network.hpp"
#include "provision/reset.hpp"
#include "provision/status.hpp"
#include "provision/vmm.hpp"
#include "sys/interrupt.hpp"
#include "version.hpp"
#include "vm/create.hpp"
#include "vm/delete.hpp"
#include "vm/get.hpp"
#include "vm/list.hpp"
#include "vm/logs.hpp"
#include "vm/start.hpp"
#include "vm/stop.hpp"

namespace flintctl::cmd {
namespace {

bool wants_color() {
  const char* term = std::getenv("TERM");
  const char* no_color = std::getenv("NO_COLOR");
  return ::isatty(STDERR_FILENO) == 1 && term != nullptr && std::strcmp(term, "dumb") != 0 &&
         (no_color == nullptr || *no_color == '\0');
}

void add_global_flags(cli::Command& root, GlobalOptions& options, output::Streams& streams) {
  root.option("-o,--output", options.output,
              "How to print: table, wide, json, yaml, name or jsonpath=PATH", "FORMAT");
  root.option("-n,--namespace", options.vm_namespace, "Namespace of VMs", "NAME");
  root.flag("-A,--all-namespaces", options.all_namespaces, "VMs of all namespaces");
  root.flag("--no-headers", options.no_headers, "Tables without their titles");
  root.option("--containerd-address", options.containerd_address, "Socket of containerd", "PATH");
  root.option("--containerd-namespace", options.containerd_namespace,
              "Namespace in containerd (flintlock unless configured)", "NAME");
  root.option("--pool", options.pool, "Name of the thin pool", "NAME");
  root.option("--config", options.config_file, "Configuration file", "FILE");
  root.flag("-q,--quiet", streams.quiet, "Print results only, no notes and no progress");
  root.flag("--no-color", options.no_color, "Print without colours");
  root.counter("-v,--verbose", options.verbosity, "Say more; repeat for more");
}

void add_commands(cli::Command& root, Host& host, int& status) {
  cli::Command& provision = root.add("provision", "Make this host ready for microVMs");
  add_provision_all(provision, host);
  add_provision_status(provision, host);
  add_provision_reset(provision, host);
  add_devpool(provision, host);
  add_provision_lvm(provision, host);
  add_provision_containerd(provision, host);
  add_provision_network(provision, host);
  add_provision_vmm(provision, host);

  cli::Command& pool = root.add("pool", "Look at thin pools").alias("pools");
  add_pool_status(pool, host);
  add_pool_grow(pool, host);
  add_pool_check(pool, host);
  add_pool_repair(pool, host);

  cli::Command& containerd = root.add("containerd", "Configure and run the private containerd");
  add_containerd_config(containerd, host);
  add_containerd_start(containerd, host);
  add_containerd_stop(containerd, host);
  add_containerd_status(containerd, host);
  add_containerd_ctr(containerd, host);
  add_containerd_env(containerd, host);

  cli::Command& content = root.add("content", "Look at containerd's content store");
  add_content_list(content, host);

  cli::Command& image = root.add("image", "Pull and manage images").alias("images").alias("img");
  add_image_pull(image, host);
  add_image_list(image, host);
  add_image_inspect(image, host);
  add_image_check(image, host);
  add_image_tag(image, host);
  add_image_remove(image, host);
  add_image_login(image, host);
  add_image_logout(image, host);
  add_image_prune(image, host);
  add_image_import(image, host);
  add_image_export(image, host);
  add_image_build_kernel(image, host);

  cli::Command& vm = root.add("vm", "Create, run and delete microVMs").alias("vms");
  add_vm_create(vm, host);
  add_vm_list(vm, host);
  add_vm_get(vm, host);
  add_vm_logs(vm, host);
  add_vm_stop(vm, host);
  add_vm_start(vm, host);
  add_vm_delete(vm, host);

  add_doctor(root, host, status);
  add_gc(root, host);
  add_version(root, host);
  add_completion(root, host);
}

[[noreturn]] void main(int argc, char** argv) {
  sys::catch_interrupts();
  output::Streams streams{std::cout, std::cerr};
  streams.out_is_terminal = ::isatty(STDOUT_FILENO) == 1;
  streams.err_is_terminal = ::isatty(STDERR_FILENO) == 1;
  streams.color = wants_color();
  GlobalOptions options;
  Host host(streams, options);
  cli::Command root("flintctl",
                    "Provision a host for microVMs, pull their images and run them: no daemon");
  add_global_flags(root, options, streams);
  int verdict = 0;  // of a command that did its work and has one
  add_commands(root, host, verdict);
  const int failure = cli::run(root, argc, argv, streams);
  const int status = failure != 0 ? failure : verdict;
  std::cerr.flush();
  // What is left is the libraries' own tidying up, the connection to containerd above all. It takes
  // longer than many a command and does nothing that the end of the process does not do.
  std::_Exit(status);
}

}  // namespace
}  // namespace flintctl::cmd

int main(int argc, char** argv) {
  // The extractor is this program again, started by an image pull: it must not touch what a command
  // sets up, signal handlers first of all.
  if (argc > 1 && std::strcmp(argv[1], flintctl::cmd::extract_word) == 0) {
    return flintctl::cmd::extract_main(argc, argv);
  }
  std::ios::sync_with_stdio(false);
  flintctl::cmd::main(argc, argv);
}
