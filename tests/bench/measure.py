# SPDX-License-Identifier: Apache-2.0
"""Running commands with the operating system's own account of them, and ratios of pairs."""

import contextlib
import os
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path


QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def output(*argv):
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


@dataclass
class Run:
    wall: float  # seconds
    cpu: float  # seconds, user and system, of the process and all it waited for
    peak: int  # bytes, of the largest single process


STANDSTILL = 300  # seconds; nothing here takes two minutes


def tell_where_all_wait():
    """What each thread of this kernel waits in: to be read when something stands still."""
    for task in sorted(Path("/proc").glob("[0-9]*/task/[0-9]*")):
        try:
            wait, name = (task / "wchan").read_text(), (task / "comm").read_text().strip()
            command = (task / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            calls = (task / "syscall").read_text().strip()
            stack = (task / "stack").read_text()
        except OSError:
            continue  # it ended meanwhile
        if command:
            print(f"{task}: {name} ({command[:80]}) {wait} {calls}\n{stack}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def watched(what):
    """Ends the whole benchmark when `what` stands still, and says where."""
    def end():
        print(f"bench: {what} stands still", file=sys.stderr, flush=True)
        tell_where_all_wait()
        os._exit(1)
    watch = threading.Timer(STANDSTILL, end)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def run(argv, **options):
    """One command to its end; it must succeed."""
    started = time.monotonic()
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, **options)
    with watched(" ".join(argv)):
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - started
    if process.returncode != 0:
        raise SystemExit(f"bench: {' '.join(argv)}: exit status {process.returncode}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def abba(first, second, rounds=2):
    """Runs the two in turn, A B B A …, and returns their lists of results."""
    results = ([], [])
    for turn in range(rounds):
        order = (0, 1) if turn % 2 == 0 else (1, 0)
        for which in order:
            results[which].append((first, second)[which]())
    return results


def median(values):
    return statistics.median(values)


def row(what, ours, theirs, unit="s"):
    """One line of the table: medians and the ratio of the pairs."""
    ratios = [a / b for a, b in zip(ours, theirs)]
    print(f"| {what} | {median(ours):.3g} {unit} | {median(theirs):.3g} {unit} "
          f"| {median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f}) |", flush=True)


def children(pid):
    for task in os.scandir(f"/proc/{pid}/task"):
        with open(f"{task.path}/children") as file:
            yield from map(int, file.read().split())


def tree_peak(argv, **options):
    """The highest resident sizes of a command and of all its descendants, added up: no less than
    what they held together at any time."""
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, **options)
    highest = {}
    while process.poll() is None:
        waiting = [process.pid]
        while waiting:
            pid = waiting.pop()
            try:
                with open(f"/proc/{pid}/status") as status:
                    held = [line.split()[1] for line in status if line.startswith("VmHWM:")]
                highest[pid] = max(highest.get(pid, 0), int(held[0]) * 1024 if held else 0)
                waiting.extend(children(pid))
            except (FileNotFoundError, ProcessLookupError):
                pass  # it ended meanwhile
        time.sleep(0.02)
    if process.returncode != 0:
        raise SystemExit(f"bench: {' '.join(argv)}: exit status {process.returncode}")
    return sum(highest.values())
