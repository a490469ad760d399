# SPDX-License-Identifier: Apache-2.0
"""Cases that are tried in processes of their own, which may die or hang.

A loop has a function that tries cases: it yields what a case is, before it is tried, and what was wrong with it.
"""

from __future__ import annotations

import argparse
import json
import resource
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

#: Cases of one process, seconds that one may take, and bytes of memory for all.
BATCH, SECONDS, MEMORY = 100, 60, 6 * 2**30

#: From the seed, and the number of the first case.
Trial = Callable[[int, int], Iterator[dict[str, Any]]]


def serve(trial: Trial, seed: int, first: int) -> None:
    """In the child: tell every case and every problem, a line each. A case that hangs ends the process."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("ignore")
    for told in trial(seed, first):
        # Of the system, not of Python: it ends whatever runs.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(SECONDS)
        print(json.dumps(told, default=repr), flush=True)
    signal.alarm(0)


def run_batch(script: str, seed: int) -> Iterator[str]:
    """The problems of a batch of cases."""
    first = 0
    while first < BATCH:
        command = [sys.executable, script, "--child", str(seed), str(first)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, errors="replace")
        case: dict[str, Any] | None = None
        for line in ended.stdout.splitlines():
            told = json.loads(line) if line.startswith("{") else {}
            if "problem" in told:
                yield f"seed {seed}, {case}: {told['problem']}"
            elif told:
                case = told
        if ended.returncode == 0:
            return
        if case is None:
            raise SystemExit(f"The process ended with {ended.returncode}:\n{ended.stderr}")
        what = "hangs" if ended.returncode == -signal.SIGALRM else f"ends the process with {ended.returncode}"
        yield f"seed {seed}, {case}: {what}: {ended.stderr.strip()[-300:]}"
        first = int(case["number"]) + 1


def main(script: str, description: str, trial: Trial) -> None:
    """The command line of a loop. It ends with 1 if there was any problem."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1.0, help="how long, by default 1")
    parser.add_argument("--seed", type=int, default=0, help="of the first batch, by default 0")
    parser.add_argument("--child", nargs=2, type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        serve(trial, *options.child)
        return
    end, seed, problems = time.monotonic() + 60 * options.minutes, options.seed, 0
    while seed == options.seed or time.monotonic() < end:
        for problem in run_batch(script, seed):
            print(problem, flush=True)
            problems += 1
        seed += 1
    print(f"{(seed - options.seed) * BATCH} cases, {problems} problems")
    raise SystemExit(1 if problems else 0)
