# SPDX-License-Identifier: Apache-2.0
"""VM creation beside commands typed by hand. Runs inside the test bed, as root."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from measure import QUIET, abba, median, output, row, run  # noqa: E402
from pulls import DevmapperHost, start_registry  # noqa: E402

POOL = "flintlock-dev-thinpool"
CTR = DevmapperHost.ctr


def used_blocks():
    return int(output("dmsetup", "status", "--noflush", POOL).split()[5].split("/")[0])


def bench_bytes(registry):
    image = f"{registry}/flint/os-tiny:1"
    DevmapperHost().fresh()
    run(["flintctl", "image", "pull", image], **QUIET)
    run(["sync"])
    print(f"| pool bytes written for a 2 MB OS image | {used_blocks() * 64 / 1024:.1f} MiB "
          f"| flintlock 231 MiB | {used_blocks() / 3703:.3f} |", flush=True)


def await_running(path):
    """Asks QEMU over QMP until its guest's CPUs run."""
    control = socket.socket(socket.AF_UNIX)
    while control.connect_ex(path) != 0:
        pass
    answers = control.makefile("rw")
    answers.readline()
    status = {}
    for command in ("qmp_capabilities", *["query-status"] * 1000):
        answers.write(json.dumps({"execute": command}) + "\n")
        answers.flush()
        while "return" not in (status := json.loads(answers.readline())):
            pass
        if status["return"].get("running"):
            return
    raise RuntimeError(f"QEMU does not run: {status}")


def qemu_by_hand(registry):
    """What an operator types: prepare, read the device name, start QEMU. Until the guest runs, which
    is also when `vm create --wait=running` returns."""
    top = output(*CTR, "snapshots", "--snapshotter", "devmapper", "ls").splitlines()
    chain = next(line.split()[0] for line in top if line.split()[-1] == "Committed")
    started = time.monotonic()
    run([*CTR, "snapshots", "--snapshotter", "devmapper", "prepare", "by-hand", chain], **QUIET)
    device = output(*CTR, "snapshots", "--snapshotter", "devmapper", "mounts", "/mnt", "by-hand").split()[3]
    kernel = sorted(Path("/boot").glob("vmlinuz-*-cloud-amd64"))[-1]
    qemu = subprocess.Popen(
        ["qemu-system-x86_64", "-M", "microvm,x-option-roms=off,rtc=on", "-accel", "tcg,thread=single",
         "-cpu", "max", "-m", "256", "-nodefaults", "-no-user-config", "-display", "none",
         "-kernel", str(kernel), "-append", "console=ttyS0", "-serial", "file:/tmp/by-hand.log",
         "-drive", f"id=d0,file={device},format=raw,if=none,cache=none",
         "-device", "virtio-blk-device,drive=d0", "-qmp", "unix:/tmp/by-hand.sock,server=on,wait=off"],
        stdin=subprocess.DEVNULL)
    await_running("/tmp/by-hand.sock")
    wall = time.monotonic() - started
    qemu.kill()
    qemu.wait()
    run([*CTR, "snapshots", "--snapshotter", "devmapper", "rm", "by-hand"], **QUIET)
    return wall


def vm_create(registry):
    result = run(["flintctl", "vm", "create", "bench", "--image", f"{registry}/flint/os-tiny:1",
                  "--kernel", f"{registry}/flint/kernel:1", "--memory", "256Mi", "--vcpus", "1",
                  "--wait=running"], **QUIET)
    run(["flintctl", "vm", "delete", "bench"], **QUIET)
    return result.wall


def bench_create(registry):
    DevmapperHost().fresh()
    for name in ("os-tiny", "kernel"):
        run(["flintctl", "image", "pull", f"{registry}/flint/{name}:1"], **QUIET)
    vm_create(registry)  # the kernel goes into the cache once
    ours, theirs = abba(lambda: vm_create(registry), lambda: qemu_by_hand(registry), rounds=4)
    row("`vm create` to running, images local / prepare and QEMU by hand", ours, theirs)


def bench_create_pulling(registry):
    """Operating system, kernel and initrd of three images, none of which is here, by one command;
    beside the slowest of them alone. `--no-start`: a boot is not what is compared."""
    def create():
        DevmapperHost().fresh()
        result = run(["flintctl", "vm", "create", "bench", "--image", f"{registry}/flint/debian:1",
                      "--kernel", f"{registry}/flint/kernel:1", "--initrd", f"{registry}/flint/kernel-multi:1",
                      "--initrd-file", "boot/initrd-a", "--memory", "256Mi", "--vcpus", "1", "--no-start"], **QUIET)
        run(["flintctl", "vm", "delete", "bench"], **QUIET)
        return result.wall

    def alone():
        DevmapperHost().fresh()
        return run(["flintctl", "image", "pull", f"{registry}/flint/debian:1"], **QUIET).wall

    ours, theirs = abba(create, alone)
    row("`vm create`, OS, kernel and initrd image pulled / the slowest image alone", ours, theirs)


def bench_provision():
    """What looking at a ready host costs, beside the start of the program alone."""
    DevmapperHost().fresh()
    run(["flintctl", "provision", "all"], **QUIET)

    def each(*argv):
        return sum(run(["flintctl", *argv], **QUIET).wall for _ in range(10)) / 10 * 1000

    for command in ("status", "all"):
        ours, start = abba(lambda: each("provision", command), lambda: each("version"), rounds=4)
        row(f"`provision {command}` of a ready host / `flintctl version`", ours, start, "ms")
        beyond = [a - b for a, b in zip(ours, start)]
        print(f"| beyond the start | {median(beyond):.0f} ({min(beyond):.0f}–{max(beyond):.0f}) ms | | |", flush=True)


def main():
    registry = start_registry(os.environ["FLINTCTL_TEST_IMAGES"], "/run/out/registry")
    parts = {"bytes": lambda: bench_bytes(registry), "provision": bench_provision,
             "create": lambda: bench_create(registry),
             "create-pulling": lambda: bench_create_pulling(registry)}
    for part in sys.argv[1:] or parts:
        parts[part]()


main()
