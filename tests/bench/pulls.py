# SPDX-License-Identifier: Apache-2.0
"""Pulls beside `ctr images pull` and a careless shell pipe, which verifies and records nothing:
`pulls.py bed` inside the test bed, to thin volumes; `pulls.py machine FOLDER` on the machine itself,
to overlayfs below FOLDER."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from measure import QUIET, Run, abba, output, row, run, tree_peak, watched  # noqa: E402

SUPPORT = Path(__file__).resolve().parent.parent / "support"
POOL = "flintlock-dev-thinpool"


def start_registry(store, folder):
    return "127.0.0.1:" + output(str(SUPPORT / "images/registry"), store, str(folder)).strip()


def layers(registry, name):
    base = f"http://{registry}/v2/flint/{name}"
    accept = "Accept: application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"
    manifest = json.loads(output("curl", "-s", "-H", accept, f"{base}/manifests/1"))
    if "manifests" in manifest:
        digest = manifest["manifests"][0]["digest"]
        manifest = json.loads(output("curl", "-s", "-H", accept, f"{base}/manifests/{digest}"))
    return [f"{base}/blobs/{layer['digest']}" for layer in manifest["layers"]]


def process_cpu(pid):
    """CPU seconds of a process so far, its ended children included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


class DevmapperHost:
    """The test bed: a thin pool and containerd as flintctl sets them up."""

    snapshotter = "devmapper"
    ctr = ["ctr", "--address", "/run/containerd-dev/containerd.sock", "--namespace", "flintlock"]
    flintctl = ["flintctl"]

    def fresh(self):
        """A new pool and a containerd with no data. Data folders are emptied, not removed: the bed
        has its disk mounted there."""
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

    def containerd_pid(self):
        return json.loads(output("flintctl", "containerd", "status", "-o", "json"))["pid"]

    def careless(self, pipe):
        snapshots = [*self.ctr, "snapshots", "--snapshotter", "devmapper"]
        started = time.monotonic()
        run([*snapshots, "prepare", "bench"], **QUIET)
        device = output(*snapshots, "mounts", "/mnt", "bench").split()[3]
        result = run(["sh", "-ec", f"mount {device} /mnt; cd /mnt; {pipe}; cd /; umount /mnt"], **QUIET)
        run([*snapshots, "commit", "done", "bench"], **QUIET)
        return Run(time.monotonic() - started, result.cpu, result.peak)


class OverlayHost:
    """The machine itself: a containerd of our own below a folder, with the overlayfs snapshotter."""

    snapshotter = "overlayfs"

    def __init__(self, parent, flintctl):
        self.parent, self.program = Path(parent), flintctl
        self.daemon = None

    def stop(self):
        if self.daemon:
            self.daemon.terminate()
            self.daemon.wait()
            self.daemon = None

    def fresh(self):
        """Another folder each time: for seconds after files are deleted ext4 steps over their inodes
        one by one, which makes new files ten times dearer."""
        self.stop()
        self.parent.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(dir=self.parent))
        self.socket = self.folder / "containerd.sock"
        self.ctr = ["ctr", "--address", str(self.socket), "--namespace", "flintlock"]
        self.flintctl = [self.program, "--config", str(self.folder / "flintctl.toml")]
        (self.folder / "config.toml").write_text(f"""version = 2
root = "{self.folder}/root"
state = "{self.folder}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "{self.socket}"
""")
        (self.folder / "flintctl.toml").write_text(f"""containerd_address = "{self.socket}"
snapshotter = "overlayfs"
state_directory = "{self.folder}/flintctl"
run_directory = "{self.folder}/run"
""")
        with open(self.folder / "log", "wb") as log:
            self.daemon = subprocess.Popen(["containerd", "--config", str(self.folder / "config.toml")],
                                           stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        while subprocess.run([*self.ctr, "version"], check=False, **QUIET).returncode != 0:
            time.sleep(0.05)
        subprocess.run(["sync"], check=True)

    def containerd_pid(self):
        return self.daemon.pid

    def careless(self, pipe, flushed=False):
        """`flushed`: until the files are on the disk, as they are when overlayfs is unmounted."""
        target = self.folder / "careless"
        target.mkdir()
        return run(["sh", "-ec", f"cd {target}; {pipe}{'; sync -f .' if flushed else ''}"], **QUIET)


class Bench:
    def __init__(self, host, registry):
        self.host, self.registry = host, registry
        self.printed, self.spent = b"", {}

    def fresh(self):
        with watched("making the host fresh"):
            self.host.fresh()

    def pulled(self, command):
        self.fresh()
        argv = command()
        pid = self.host.containerd_pid()
        before = process_cpu(pid)
        with tempfile.TemporaryFile() as printed:
            result = run(argv, stdout=printed, stderr=subprocess.DEVNULL)
            printed.seek(0)
            self.printed = printed.read()
        return Run(result.wall, result.cpu + process_cpu(pid) - before, result.peak)

    def image(self, name):
        return f"{self.registry}/flint/{name}:1"

    def ours(self, *names):
        run = self.pulled(lambda: [*self.host.flintctl, "image", "pull", "-o", "json", *map(self.image, names)])
        self.spent = json.loads(self.printed).get("seconds", {})
        return run

    def by_ctr(self, name):
        return self.pulled(lambda: [*self.host.ctr, "images", "pull", "--snapshotter",
                                    self.host.snapshotter, "--plain-http", self.image(name)])

    def careless(self, name, **how):
        pipe = "; ".join(f"curl -s {blob} | igzip -d -c | tar -x" for blob in layers(self.registry, name))
        self.fresh()
        return self.host.careless(pipe, **how)

    def against_ctr(self, name, what, rounds=2):
        ours, theirs = abba(lambda: self.ours(name), lambda: self.by_ctr(name), rounds)
        row(f"{what}: wall / `ctr images pull`", [r.wall for r in ours], [r.wall for r in theirs])
        row("the same: CPU of client and containerd", [r.cpu for r in ours], [r.cpu for r in theirs])
        went = ", ".join(f"{work} {seconds:.2f} s" for work, seconds in self.spent.items())
        print(f"| what the last one's time went into, much of it at once | {went} | | |", flush=True)
        print(f"| its largest process | {max(r.peak for r in ours) >> 20} MiB "
              f"| {max(r.peak for r in theirs) >> 20} MiB | |", flush=True)

    def against_careless(self, name, what, rounds=2, **how):
        ours, theirs = abba(lambda: self.ours(name), lambda: self.careless(name, **how), rounds)
        row(f"{what}: wall / careless pipe", [r.wall for r in ours], [r.wall for r in theirs])

    def memory(self, name):
        self.fresh()
        peak = tree_peak([*self.host.flintctl, "image", "pull", self.image(name)], **QUIET)
        print(f"| layer of 4 GiB ({name}): peak of all processes | {peak >> 20} MiB | | |", flush=True)


def main():
    if sys.argv[1] == "bed":
        registry = start_registry(os.environ["FLINTCTL_TEST_IMAGES"], "/run/out/registry")
        bench = Bench(DevmapperHost(), registry)
        bench.against_ctr("debian", "Debian, 3 layers, thin volumes")
        bench.against_careless("debian", "Debian, 3 layers, thin volumes, with Prepare and Commit")
        bench.against_ctr("debian-zstd", "Debian, 3 layers of zstd, thin volumes")
        bench.against_ctr("sixty", "60 layers of 1 MiB, thin volumes", rounds=1)
        return
    folder = Path(sys.argv[2])
    host = OverlayHost(folder / "host", os.environ["FLINTCTL"])
    bench = Bench(host, start_registry(os.environ["FLINTCTL_TEST_IMAGES"], folder / "registry"))
    try:
        wanted = sys.argv[3:]
        if not wanted or "debian" in wanted:
            bench.against_ctr("debian", "Debian, 3 layers, overlayfs")
            bench.against_careless("debian", "Debian, 3 layers, overlayfs", rounds=4)
            bench.against_careless("debian", "the same, and `sync -f`", rounds=4, flushed=True)
        if not wanted or "zstd" in wanted:
            bench.against_ctr("debian-zstd", "Debian, 3 layers of zstd, overlayfs")
        if not wanted or "several" in wanted:
            ours, theirs = abba(lambda: bench.ours("debian", "kernel", "os-tiny"), lambda: bench.ours("debian"))
            row("three images at once / the largest alone, overlayfs",
                [r.wall for r in ours], [r.wall for r in theirs])
        if not wanted or "memory" in wanted:
            for name in ("zeros", "random"):
                bench.memory(name)
    finally:
        host.stop()
        os.kill(int((folder / "registry/registry.pid").read_text()), signal.SIGTERM)
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
