# SPDX-License-Identifier: Apache-2.0
"""How long `flintctl version` takes beside `ctr --version` and a program that does nothing."""

import subprocess
import sys
import tempfile
from pathlib import Path

from measure import abba, row, run

EACH = 100


def each(argv):
    """Seconds for one run, the mean of EACH in a row."""
    return sum(run(argv, stdout=subprocess.DEVNULL).wall for _ in range(EACH)) / EACH


def empty_program(folder):
    source = Path(folder) / "empty.c"
    source.write_text("int main(void) { return 0; }\n")
    subprocess.run(["cc", "-O2", "-o", Path(folder) / "empty", source], check=True)
    return str(Path(folder) / "empty")


def main():
    with tempfile.TemporaryDirectory() as folder:
        empty = empty_program(folder)
        flintctl = [sys.argv[1], "version"]
        print("| start | flintctl | other | ratio |\n| --- | --- | --- | --- |")
        for what, other in (("`ctr --version`", ["ctr", "--version"]), ("empty C program", [empty])):
            ours, theirs = abba(lambda: each(flintctl), lambda: each(other), rounds=4)
            row(f"`flintctl version` / {what}", [x * 1000 for x in ours],
                [x * 1000 for x in theirs], "ms")


main()
