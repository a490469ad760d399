# SPDX-License-Identifier: Apache-2.0
"""All loops, two at a time.

    python fuzz/all.py [--minutes 30] [--seed 0]

It prints what they print, and ends with 1 if there is any problem.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

LOOPS = ("arguments", "files", "signals", "transforms")


def run(loop: str, minutes: float, seed: int) -> int:
    """The exit code of a loop, whose lines are printed with its name."""
    command = [
        sys.executable,
        str(Path(__file__).parent / f"{loop}.py"),
        "--minutes",
        str(minutes),
        "--seed",
        str(seed),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(f"{loop}: {line}", end="", flush=True)
    return process.returncode


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0, help="how long all take, by default 30")
    parser.add_argument("--seed", type=int, default=0, help="of the first batch of each, by default 0")
    options = parser.parse_args()
    with ThreadPoolExecutor(2) as pool:
        codes = list(pool.map(lambda loop: run(loop, options.minutes / 2, options.seed), LOOPS))
    raise SystemExit(1 if any(codes) else 0)


if __name__ == "__main__":
    main()
