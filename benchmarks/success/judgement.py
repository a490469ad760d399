# SPDX-License-Identifier: Apache-2.0
"""What is counted: which problems can be solved, what a status is worth, and how often error bars hold."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from .records import Results, Run
from .tools import AFFINE, PLAIN, SEARCH

STATUSES = ("determined", "ambiguous", "weak", "lost")
#: With fewer, a share says little.
LEAST_STRATUM = 30


def off_values(run: Run) -> list[float]:
    """Of the metric, at the places that a run has found or named and that are not the true one."""
    places = [(run.error, run.value), *run.alternatives]
    return [value for error, value in places if error >= run.tolerance and not math.isnan(value)]


def find_not_determinable(results: Results) -> set[tuple[str, int]]:
    """The problems in which another place than the true one fits better."""
    truths = results.truths()
    return {
        run.problem
        for run in results.runs.values()
        if run.tool != AFFINE
        and run.problem in truths
        and any(value < truths[run.problem].value for value in off_values(run))
    }


def find_spoiled(results: Results) -> set[tuple[str, int]]:
    """The problems that ours solves without the search and not with it."""
    good = {run.problem for run in results.runs.values() if run.tool == PLAIN and run.good}
    return good & {run.problem for run in results.runs.values() if run.tool == SEARCH and not run.good}


def status_counts(runs: Sequence[Run]) -> dict[str, tuple[int, int]]:
    """By status, how many are good and how many are off."""
    names = [*STATUSES, *sorted({run.status for run in runs} - set(STATUSES))]
    own = {name: [run.good for run in runs if run.status == name] for name in names}
    return {name: (sum(good), len(good) - sum(good)) for name, good in own.items()}


def flag_counts(runs: Iterable[Run]) -> tuple[int, int]:
    """How many that are off, and how many that are good, are not determined."""
    flagged = [run.good for run in runs if run.status != STATUSES[0]]
    return len(flagged) - sum(flagged), sum(flagged)


def is_covered_case(run: Run) -> bool:
    """Whether a run says that it is right, and how far."""
    return run.status == STATUSES[0] and not math.isnan(run.standard_error) and not math.isnan(run.error)


def cover(runs: Iterable[Run], factor: float) -> int:
    """How many errors are within some standard errors."""
    return sum(run.error <= factor * run.standard_error for run in runs)
