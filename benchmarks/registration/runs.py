# SPDX-License-Identifier: Apache-2.0
"""Targets 1, 2 and 4: which jobs are run, in which order."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from cases import GREY_MATTER, MEAN_SQUARES, MUTUAL_INFORMATION, RIGID, SMALL_BALL, Case, Job
from pool import Pool
from settings import DESCENT, OURS, UNSMOOTHED, Configuration

PADS = (1, 2, 4)
#: Metric and options; without smoothing, mutual information does not find the motion.
SMOOTHINGS = {"no smoothing": (MEAN_SQUARES, DESCENT | UNSMOOTHED), "default pyramid": (MUTUAL_INFORMATION, DESCENT)}
EXTENT_MASKS = (GREY_MATTER, SMALL_BALL)
#: Padding of the fixed and of the moving image: the second is for what only the fixed image takes.
MEMORY_PADS = ((1, 1), (2, 1), (2, 2))

Record = dict[str, Any]
_START = time.monotonic()


def progress(message: str) -> None:
    """Print one line, with the time since the start."""
    print(f"[{time.monotonic() - _START:6.1f} s] {message}", flush=True)


def describe(record: Record) -> str:
    if "failure" in record:
        return f"failed: {record['failure'][:100]}"
    memory = f", {record['memory'] / 1e6:.0f} MB" if "memory" in record else ""
    return f"{record['seconds']:.3f} s, {record['error']:.3f} mm{memory}"


@dataclass
class Budget:
    """A series of runs of the same thing, which ends when it has taken long enough."""

    seconds: float
    used: float = 0.0

    def left(self) -> bool:
        return self.used < self.seconds


def make_job(case: Case, tool: str, pool: Pool, options: dict[str, Any], seed: int) -> Job:
    mapped = pool.mapped_path(tool)
    return Job(case.transform, case.mask, case.metric, case.contrast, seed, mapped, options)


def warm_up(pool: Pool, tools: Sequence[str], configurations: Sequence[Configuration]) -> None:
    """Load every tool, which takes long the first time in a process."""
    for tool in tools:
        options = next(c for c in configurations if c.tool == tool).options[RIGID]
        record = pool.run(tool, make_job(Case(RIGID, GREY_MATTER, MUTUAL_INFORMATION), tool, pool, options, 1))
        progress(f"warm-up of {tool}: {describe(record)}")


def run_cases(
    pool: Pool, cases: Sequence[Case], configurations: Sequence[Configuration], repetitions: int, budget: float
) -> list[Record]:
    """Every configuration in every case, in turn; the seed is the number of the repetition.

    What has taken more seconds than the budget in one case is not repeated there.
    """
    warm_up(pool, list(dict.fromkeys(c.tool for c in configurations)), configurations)
    records: list[Record] = []
    budgets: dict[tuple[str, str], Budget] = {}
    plan = list(itertools.product(range(1, repetitions + 1), cases, configurations))
    for number, (repetition, case, configuration) in enumerate(plan, 1):
        left = budgets.setdefault((case.name, configuration.label), Budget(budget))
        if not left.left():
            continue
        options = configuration.options[case.transform]
        start = time.monotonic()
        reply = pool.run(configuration.tool, make_job(case, configuration.tool, pool, options, repetition))
        left.used += time.monotonic() - start
        keys = {"case": case.name, "tool": configuration.tool, "configuration": configuration.label, "seed": repetition}
        records.append(keys | reply)
        progress(f"{number}/{len(plan)} {case.name}: {configuration.label}: {describe(reply)}")
    return records


def run_extent(pool: Pool, pads: Sequence[int], repetitions: int, budget: float) -> list[Record]:
    """Our method on images padded with zeros, near and far, in turn with the unpadded ones."""
    records: list[Record] = []
    budgets: dict[tuple[str, str, int], Budget] = {}
    plan = list(itertools.product(range(repetitions + 1), EXTENT_MASKS, SMOOTHINGS, pads))
    for number, (repetition, mask, smoothing, pad) in enumerate(plan, 1):
        left = budgets.setdefault((mask, smoothing, pad), Budget(budget))
        if not left.left():
            continue
        metric, options = SMOOTHINGS[smoothing]
        job = make_job(Case(RIGID, mask, metric), OURS, pool, options, max(1, repetition))
        start = time.monotonic()
        reply = pool.run(OURS, replace(job, pad_fixed=pad, pad_moving=pad))
        progress(f"{number}/{len(plan)} extent, {mask}, {smoothing}, {pad**3} times: {describe(reply)}")
        if repetition > 0 or pad > 1:  # the first unpadded run warms up
            left.used += time.monotonic() - start
            records.append({"mask": mask, "smoothing": smoothing, "times": pad**3, "seed": repetition} | reply)
    return records


def run_memory(pool: Pool) -> list[Record]:
    """Peak memory of our method, each time in a fresh process that has done a small registration before."""
    records: list[Record] = []
    for mask, (fixed, moving) in itertools.product(EXTENT_MASKS, MEMORY_PADS):
        pool.close([OURS])
        case = Case(RIGID, mask, MUTUAL_INFORMATION)
        pool.run(OURS, make_job(case, OURS, pool, DESCENT | UNSMOOTHED, 1))
        job = replace(make_job(case, OURS, pool, DESCENT, 1), pad_fixed=fixed, pad_moving=moving, memory=True)
        reply = pool.run(OURS, job)
        progress(f"memory, {mask}, fixed {fixed**3} times, moving {moving**3} times: {describe(reply)}")
        moving_bytes = pool.store.load("fixed").nbytes * moving**3
        records.append({"mask": mask, "fixed": fixed**3, "moving": moving**3, "moving bytes": moving_bytes} | reply)
    pool.close([OURS])
    return records
