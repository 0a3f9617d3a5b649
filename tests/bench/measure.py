# SPDX-License-Identifier: Apache-2.0
"""Running commands with the operating system's own account of them, and ratios of pairs."""

import os
import statistics
import subprocess
import time
from dataclasses import dataclass


@dataclass
class Run:
    wall: float  # seconds
    cpu: float  # seconds, user and system, of the process and all it waited for
    peak: int  # bytes, of the largest single process


def run(argv, **options):
    """One command to its end; it must succeed."""
    started = time.monotonic()
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, **options)
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
