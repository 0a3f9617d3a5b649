// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "machine.hpp"
#include "vmm/qemu/trace.hpp"

using namespace flintctl;

namespace {

std::unique_ptr<vmm::Provider> qemu(vmm::Settings settings = {}) {
  return vmm::open_provider("qemu", std::move(settings)).value();
}

bool has_pair(const std::vector<std::string>& argv, const std::string& option,
              const std::string& value) {
  const std::vector<std::string> pair = {option, value};
  return std::search(argv.begin(), argv.end(), pair.begin(), pair.end()) != argv.end();
}

}  // namespace

TEST_CASE("QEMU's whole command line under KVM") {
  const auto machine = test::fixed_machine();
  const auto plan = qemu()->plan(machine, test::probe_of(vmm::Accelerator::kvm));
  const std::string run = machine.instance.run_directory;
  const std::vector<std::string> expected = {
      "/usr/bin/vmm",
      "-name",
      "guest=0123456789abcdef,process=flint-0123456789abcdef",
      "-M",
      "microvm,x-option-roms=off,rtc=on,acpi=on",
      "-accel",
      "kvm",
      "-cpu",
      "host",
      "-m",
      "512M",
      "-smp",
      "2",
      "-nodefaults",
      "-no-user-config",
      "-display",
      "none",
      "-sandbox",
      "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
      "-kernel",
      "/var/lib/flintctl/kernels/vmlinux",
      "-initrd",
      "/var/lib/flintctl/kernels/initrd",
      "-append",
      "console=ttyS0 root=/dev/vda rw",
      "-chardev",
      "socket,id=control,path=" + run + "/control.sock,server=on,wait=off",
      "-mon",
      "chardev=control,mode=control",
      "-msg",
      "timestamp=on",
      "-trace",
      "runstate_set",
      "-trace",
      "qemu_system_shutdown_request",
      "-D",
      run + "/trace.log",
      "-chardev",
      "socket,id=console,path=" + run + "/console.sock,server=on,wait=off,logfile=" +
          machine.instance.console_log + ",logappend=on",
      "-serial",
      "chardev:console",
      "-blockdev",
      "driver=host_device,filename=/dev/mapper/pool-snap-7,node-name=file_root,cache.direct=on,"
      "discard=unmap",
      "-blockdev",
      "driver=raw,file=file_root,node-name=root,discard=unmap",
      "-device",
      "virtio-blk-device,drive=root,serial=root",
      "-blockdev",
      "driver=file,filename=/srv/tools,,v2.img,node-name=file_tools,read-only=on",
      "-blockdev",
      "driver=raw,file=file_tools,node-name=tools,read-only=on",
      "-device",
      "virtio-blk-device,drive=tools,serial=tools",
      "-netdev",
      "tap,id=net0,ifname=fltap00c0ffee,script=no,downscript=no",
      "-device",
      "virtio-net-device,netdev=net0,mac=02:00:00:00:00:01",
      "-object",
      "rng-random,id=rng0,filename=/dev/urandom",
      "-device",
      "virtio-rng-device,rng=rng0"};
  CHECK(plan.argv == expected);
  CHECK(plan.calls.empty());
  CHECK(plan.stale == std::vector<std::string>{run + "/control.sock", run + "/console.sock"});
}

TEST_CASE("emulated guests get one thread, and the settings' and the machine's own arguments") {
  auto machine = test::fixed_machine();
  machine.initrd.clear();
  machine.extra_args = {"-icount", "shift=0"};
  const auto plan = qemu({"", "", {"-overcommit", "mem-lock=on"}})
                        ->plan(machine, test::probe_of(vmm::Accelerator::tcg));
  CHECK(has_pair(plan.argv, "-accel", "tcg,thread=single"));
  CHECK(has_pair(plan.argv, "-cpu", "max"));
  CHECK(std::find(plan.argv.begin(), plan.argv.end(), "-initrd") == plan.argv.end());
  const std::vector<std::string> tail(plan.argv.end() - 4, plan.argv.end());
  CHECK(tail == std::vector<std::string>{"-overcommit", "mem-lock=on", "-icount", "shift=0"});
}

TEST_CASE("the kernel command line tells emulated guests the host's clock, and only them") {
  auto machine = test::fixed_machine();
  const auto text = [&](vmm::Accelerator accelerator) {
    return vm::format_cmdline(qemu()->default_cmdline(test::probe_of(accelerator), machine));
  };
  CHECK(text(vmm::Accelerator::kvm) == "console=ttyS0 root=/dev/vda rw reboot=t panic=10 quiet");
  CHECK(text(vmm::Accelerator::tcg) ==
        "console=ttyS0 root=/dev/vda rw reboot=t panic=10 quiet no_timer_check "
        "tsc_early_khz=2596140");
  machine.disks[0].read_only = true;
  CHECK(text(vmm::Accelerator::kvm) == "console=ttyS0 root=/dev/vda ro reboot=t panic=10 quiet");
}

TEST_CASE("QEMU's trace tells how the machine ended") {
  // The lines are QEMU 7.2's own.
  const std::string running =
      "runstate_set current_run_state 6 (prelaunch) new_state 9 (running)\n";
  const std::string off = "runstate_set current_run_state 9 (running) new_state 11 (shutdown)\n";
  const auto reason = [](const std::string& text) { return vmm::qemu::parse_trace(text).reason; };
  CHECK(reason(running + "qemu_system_shutdown_request reason=6\n" + off) ==
        vmm::ExitReason::guest_shutdown);
  CHECK(reason(running + "qemu_system_shutdown_request reason=7\n" + off) ==
        vmm::ExitReason::guest_reset);
  CHECK(reason(running + "qemu_system_shutdown_request reason=8\n") ==
        vmm::ExitReason::guest_panic);
  CHECK(reason(running + "qemu_system_shutdown_request reason=1\n") ==
        vmm::ExitReason::hypervisor_error);
  CHECK(reason(running + "qemu_system_shutdown_request reason=2\n") == vmm::ExitReason::quit);
  CHECK(reason(running + "qemu_system_shutdown_request reason=4\n") == vmm::ExitReason::killed);
  CHECK(reason(running + off) == vmm::ExitReason::guest_reset);  // under -no-reboot, or a signal
  CHECK(reason(running +
               "runstate_set current_run_state 9 (running) new_state 2 (internal-error)\n") ==
        vmm::ExitReason::hypervisor_error);
  CHECK(reason(running) == vmm::ExitReason::unknown);  // SIGKILL, or a crash: others must tell
  CHECK(reason("") == vmm::ExitReason::unknown);
  CHECK(reason("runstate_set () reason=\nqemu_system_shutdown_request reason=x\n\n)(") ==
        vmm::ExitReason::unknown);
  CHECK(vmm::qemu::parse_trace(running).run_state == "running");
}

TEST_CASE("a signal is told from a reset by what QEMU writes about it") {
  const test::Folder folder;
  const vmm::Instance instance = {"fedcba9876543210", folder.path, folder.path + "/console.log"};
  folder.make("trace.log",
              "runstate_set current_run_state 6 (prelaunch) new_state 9 (running)\n"
              "runstate_set current_run_state 9 (running) new_state 11 (shutdown)\n");
  folder.make("console.log", "login: ");
  CHECK(qemu()->exit_evidence(instance, 0).reason == vmm::ExitReason::guest_reset);
  folder.make("hypervisor.log",
              "qemu-system-x86_64: terminating on signal 15 from pid 7 (timeout)\n");
  const auto killed = qemu()->exit_evidence(instance, 0);
  CHECK(killed.reason == vmm::ExitReason::killed);
  CHECK(killed.message.find("signal 15 from pid 7") != std::string::npos);
  CHECK(killed.last_lines == std::vector<std::string>{"login: "});
}

TEST_CASE("only a QEMU that ran the guest and left no trace was killed") {
  const test::Folder folder;
  const vmm::Instance instance = {"fedcba9876543210", folder.path, folder.path + "/console.log"};
  const auto never_ran = qemu()->exit_evidence(instance, 0);
  CHECK(never_ran.reason == vmm::ExitReason::unknown);
  CHECK(never_ran.message.find("before it ran the guest") != std::string::npos);
  folder.make("trace.log", "runstate_set current_run_state 6 (prelaunch) new_state 9 (running)\n");
  CHECK(qemu()->exit_evidence(instance, 0).reason == vmm::ExitReason::killed);
  folder.make("trace.log",
              "runstate_set current_run_state 6 (prelaunch) new_state 9 (running)\n"
              "qemu_system_shutdown_request reason=2\n");
  const auto quit = qemu()->exit_evidence(instance, 0);
  CHECK(quit.reason == vmm::ExitReason::quit);
  CHECK(quit.message == "the hypervisor was told to quit");
}

TEST_CASE("a bad accelerator is refused, an unknown provider names the known ones") {
  const auto wrong = qemu({"/bin/true", "xen", {}})->probe();
  REQUIRE_FALSE(wrong);
  const auto unknown = vmm::open_provider("xen", {});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code() == Code::invalid_argument);
  CHECK(unknown.error().hint() == "known are: firecracker, qemu");
}

TEST_CASE("without any hypervisor the error names each, and how to get one") {
  const auto none = vmm::choose_provider(
      {{"firecracker", {"no-such-fc", "", {}}}, {"qemu", {"no-such-qemu", "", {}}}});
  REQUIRE_FALSE(none);
  CHECK(none.error().code() == Code::host_not_ready);
  CHECK(none.error().text().find("no-such-fc") != std::string::npos);
  CHECK(none.error().text().find("no-such-qemu") != std::string::npos);
  CHECK(none.error().hint().find("apt install qemu-system-x86") != std::string::npos);
}
