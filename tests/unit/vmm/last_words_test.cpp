// SPDX-License-Identifier: Apache-2.0
#include "vmm/last_words.hpp"

#include "machine.hpp"

using namespace flintctl;

namespace {

using Lines = std::vector<std::string>;

struct Files {
  test::Folder folder;
  vmm::Instance instance = {"fedcba9876543210", folder.path + "/run", folder.path + "/console.log"};
  void console(const std::string& text) const { folder.make("console.log", text); }
  void errors(const std::string& text) const { folder.make("hypervisor.log", text); }
};

}  // namespace

TEST_CASE("the last lines of a log, without what a terminal would do with them") {
  const Files files;
  CHECK(vmm::tail_lines(files.instance.console_log, 5).empty());
  files.console("one\r\n\n   \n\x1b[1;31mtwo\x1b[0m\r\nthree\a\nfour");
  CHECK(vmm::tail_lines(files.instance.console_log, 5) == Lines{"one", "two", "three", "four"});
  CHECK(vmm::tail_lines(files.instance.console_log, 2) == Lines{"three", "four"});
}

TEST_CASE("lines of an earlier run are left out") {
  const Files files;
  const std::string earlier = "Kernel panic - not syncing: long ago\n";
  files.console(earlier + "reboot: Power down\n");
  CHECK(vmm::tail_lines(files.instance.console_log, 9, earlier.size()) ==
        Lines{"reboot: Power down"});
  // Shorter than the offset: the log was emptied, all of it is new.
  files.console("new\n");
  CHECK(vmm::tail_lines(files.instance.console_log, 9, 1000) == Lines{"new"});
}

TEST_CASE("a reset after a panic is a panic; the reasons have their sentences") {
  const Files files;
  files.console(
      "[ 1.0] Kernel panic - not syncing: VFS: no root\n[ 1.1] Rebooting in 1 seconds..\n");
  const auto panic = vmm::judge_exit(files.instance, 0, vmm::ExitReason::guest_reset);
  CHECK(panic.reason == vmm::ExitReason::guest_panic);
  CHECK(panic.message == "Kernel panic - not syncing: VFS: no root");
  CHECK(panic.last_lines.size() == 2);
  const auto off = vmm::judge_exit(files.instance, 0, vmm::ExitReason::guest_shutdown);
  CHECK(off.reason == vmm::ExitReason::guest_shutdown);
  CHECK(off.message == "the guest powered off");
}

TEST_CASE("without a reason from the provider, words on stderr tell a failure from a kill") {
  const Files files;
  files.console("login: \n");
  files.errors("vmm: warning: host lacks a feature\n");
  CHECK(vmm::judge_exit(files.instance, 0, vmm::ExitReason::unknown).reason ==
        vmm::ExitReason::killed);
  files.errors("vmm: warning: host lacks a feature\nvmm: Assertion failed\n");
  const auto failed = vmm::judge_exit(files.instance, 0, vmm::ExitReason::unknown);
  CHECK(failed.reason == vmm::ExitReason::hypervisor_error);
  CHECK(failed.message == "the hypervisor failed: vmm: Assertion failed");
  CHECK(failed.last_lines == Lines{"vmm: Assertion failed"});
}

TEST_CASE("a process that ended while it was started is quoted") {
  const Files files;
  CHECK(vmm::ended_early(files.instance, "qemu").message() == "qemu ended at once without a word");
  files.errors("first\nsecond\n");
  const auto error = vmm::ended_early(files.instance, "qemu");
  CHECK(error.message() == "qemu ended at once: first | second");
  CHECK(error.hint().find("hypervisor.log") != std::string::npos);
}
