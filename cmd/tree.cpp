// SPDX-License-Identifier: Apache-2.0
#include "tree.hpp"

#include "completion.hpp"
#include "containerd/config.hpp"
#include "containerd/ctr.hpp"
#include "containerd/env.hpp"
#include "containerd/start.hpp"
#include "containerd/status.hpp"
#include "containerd/stop.hpp"
#include "content/list.hpp"
#include "doctor.hpp"
#include "gc.hpp"
#include "help.hpp"
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
#include "version.hpp"
#include "vm/create.hpp"
#include "vm/delete.hpp"
#include "vm/get.hpp"
#include "vm/list.hpp"
#include "vm/logs.hpp"
#include "vm/start.hpp"
#include "vm/stop.hpp"

namespace flintctl::cmd {

void add_global_flags(cli::Command& root, GlobalOptions& options, output::Streams& streams) {
  root.option("-o,--output", options.output,
              "How to print: table, wide, json, yaml, name or jsonpath=PATH", "FORMAT");
  root.suggest("-o,--output", {"table", "wide", "json", "yaml", "name", "jsonpath="});
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
  add_help(root, host);
  add_completion(root, host);
}

}  // namespace flintctl::cmd
