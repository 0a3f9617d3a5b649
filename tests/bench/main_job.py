# SPDX-License-Identifier: Apache-2.0
"""Pulls and VM creation beside ctr and a careless shell pipe. Runs inside the test bed, as root."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from measure import Run, abba, median, row, run  # noqa: E402

SUPPORT = Path(__file__).resolve().parent.parent / "support"
POOL = "flintlock-dev-thinpool"
SOCKET = "/run/containerd-dev/containerd.sock"
CTR = ["ctr", "--address", SOCKET, "--namespace", "flintlock"]
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def output(*argv):
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def fresh_host():
    """A new pool and a containerd with no data. Data folders are emptied, not removed: the bed has
    its disk mounted there."""
    subprocess.run(["flintctl", "containerd", "stop"], **QUIET)
    # Before the first pool device-mapper's module is not there, and dmsetup fails.
    listed = subprocess.run(["dmsetup", "ls"], capture_output=True, text=True, check=False).stdout
    names = [line.split()[0] for line in listed.splitlines() if POOL in line]
    for name in sorted(names, key=lambda name: name == POOL):
        subprocess.run(["dmsetup", "remove", name], check=True, **QUIET)
    subprocess.run(["losetup", "-D"], check=True)
    for folder in ("/var/lib/containerd-dev", "/var/lib/flintctl"):
        for entry in os.scandir(folder):
            shutil.rmtree(entry.path) if entry.is_dir() else os.unlink(entry.path)
    for command in (["provision", "devpool"], ["containerd", "config", "--write"],
                    ["containerd", "start"]):
        subprocess.run(["flintctl", *command], check=True, **QUIET)
    subprocess.run(["sync"], check=True)


def containerd_cpu():
    """CPU seconds of containerd so far, its ended children included."""
    pid = json.loads(output("flintctl", "containerd", "status", "-o", "json"))["pid"]
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def pulled(argv):
    fresh_host()
    before = containerd_cpu()
    result = run(argv, **QUIET)
    return Run(result.wall, result.cpu + containerd_cpu() - before, result.peak)


def careless(blobs):
    """Downloads, inflates and unpacks with three programs; verifies and records nothing."""
    fresh_host()
    run([*CTR, "snapshots", "--snapshotter", "devmapper", "prepare", "bench"], **QUIET)
    mount = output(*CTR, "snapshots", "--snapshotter", "devmapper", "mounts", "/mnt", "bench").split()
    subprocess.run(["mount", mount[3], "/mnt"], check=True)
    pipe = "; ".join(f"curl -s {blob} | igzip -d -c | tar -x -C /mnt" for blob in blobs)
    result = run(["sh", "-ec", f"{pipe}; umount /mnt"], **QUIET)
    return result


def layers(registry, name):
    base = f"http://{registry}/v2/flint/{name}"
    accept = "Accept: application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"
    manifest = json.loads(output("curl", "-s", "-H", accept, f"{base}/manifests/1"))
    if "manifests" in manifest:
        digest = manifest["manifests"][0]["digest"]
        manifest = json.loads(output("curl", "-s", "-H", accept, f"{base}/manifests/{digest}"))
    return [f"{base}/blobs/{layer['digest']}" for layer in manifest["layers"]]


def bench_pull(registry):
    image = f"{registry}/flint/debian:1"
    ours, theirs = abba(
        lambda: pulled(["flintctl", "image", "pull", image]),
        lambda: pulled([*CTR, "images", "pull", "--snapshotter", "devmapper", "--plain-http", image]))
    row("Debian image, 3 layers: wall / `ctr images pull`", [r.wall for r in ours], [r.wall for r in theirs])
    row("the same: CPU of client and containerd", [r.cpu for r in ours], [r.cpu for r in theirs])
    print(f"| its largest process | {max(r.peak for r in ours) >> 20} MiB "
          f"| {max(r.peak for r in theirs) >> 20} MiB | |")
    blobs = layers(registry, "debian")
    ours, theirs = abba(lambda: pulled(["flintctl", "image", "pull", image]), lambda: careless(blobs))
    row("the same: wall / careless `curl \\| igzip -d \\| tar -x`", [r.wall for r in ours], [r.wall for r in theirs])


def used_blocks():
    return int(output("dmsetup", "status", "--noflush", POOL).split()[5].split("/")[0])


def bench_bytes(registry):
    image = f"{registry}/flint/os-tiny:1"
    fresh_host()
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
    fresh_host()
    for name in ("os-tiny", "kernel"):
        run(["flintctl", "image", "pull", f"{registry}/flint/{name}:1"], **QUIET)
    vm_create(registry)  # the kernel goes into the cache once
    ours, theirs = abba(lambda: vm_create(registry), lambda: qemu_by_hand(registry), rounds=4)
    row("`vm create` to running, images local / prepare and QEMU by hand", ours, theirs)


def bench_provision():
    """What looking at a ready host costs, beside the start of the program alone."""
    fresh_host()
    run(["flintctl", "provision", "all"], **QUIET)

    def each(*argv):
        return sum(run(["flintctl", *argv], **QUIET).wall for _ in range(10)) / 10 * 1000

    for command in ("status", "all"):
        ours, start = abba(lambda: each("provision", command), lambda: each("version"), rounds=4)
        row(f"`provision {command}` of a ready host / `flintctl version`", ours, start, "ms")
        beyond = [a - b for a, b in zip(ours, start)]
        print(f"| beyond the start | {median(beyond):.0f} ({min(beyond):.0f}–{max(beyond):.0f}) ms | | |", flush=True)


def main():
    port = output(str(SUPPORT / "images/registry"), os.environ["FLINTCTL_TEST_IMAGES"], "/run/out/registry").strip()
    registry = f"127.0.0.1:{port}"
    print("| in the test bed | flintctl | other | ratio |\n| --- | --- | --- | --- |", flush=True)
    bench_bytes(registry)
    bench_provision()
    bench_create(registry)
    bench_pull(registry)


main()
