# SPDX-License-Identifier: Apache-2.0
"""The results as Markdown."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from reporting import markdown_table

from .judgement import (
    LEAST_STRATUM,
    cover,
    find_not_determinable,
    find_spoiled,
    flag_counts,
    is_covered_case,
    status_counts,
)
from .problems import DIFFERENT, LUNG, RANDOM
from .records import Results, Run
from .tools import BAR_KEYS, COMPARED_KEYS, LABELS, OUR_KEYS, PLAIN, SEARCH

COMMAND = "make benchmark-success"


def share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / whole:.0f} %)" if whole else "-"


def share_of(runs: Sequence[Run]) -> str:
    """How many are right."""
    return share(sum(run.good for run in runs), len(runs))


def times(runs: Iterable[Run]) -> tuple[str, str]:
    """Median and longest."""
    seconds = [run.seconds for run in runs if not math.isnan(run.seconds)]
    return (f"{statistics.median(seconds):.2f}", f"{max(seconds):.2f}") if seconds else ("-", "-")


def by_tool(runs: Iterable[Run]) -> dict[str, list[Run]]:
    groups: dict[str, list[Run]] = {key: [] for key in COMPARED_KEYS}
    for run in runs:
        groups.get(run.tool, []).append(run)
    return {key: group for key, group in groups.items() if group}


def share_table(runs: Sequence[Run], name: str, key: Callable[[Run], Any], unit: str = "") -> str:
    """A row for each tool, a column for each value of a property and one for all of them."""
    values = sorted({key(run) for run in runs})
    rows = []
    for tool, own in by_tool(runs).items():
        cells = [share_of([run for run in own if key(run) == value]) for value in values]
        failed = sum(bool(run.failure) for run in own)
        rows.append([LABELS[tool], *cells, share_of(own), *times(own), str(failed)])
    columns = [f"{value:g}{unit}" if isinstance(value, int | float) else value for value in values]
    return markdown_table([name, *columns, "all", "median, s", "longest, s", "failed"], rows)


def share_sections(results: Results) -> list[str]:
    random, different, lung = (results.of(family) for family in (RANDOM, DIFFERENT, LUNG))
    parts: list[str] = []
    if random:
        parts += [
            f"Within 0.5 mm, {count(random)} random problems, by motion:",
            share_table(random, "motion", lambda run: run.motion, " mm"),
            "By radius of the ball:",
            share_table(random, "radius", lambda run: run.radius, " mm"),
            "By contrast:",
            share_table(random, "contrast", lambda run: run.kind),
        ]
    if different:
        parts += [
            f"Within 0.5 mm, {count(different)} problems whose images really differ, all with another contrast and "
            "noise of its own, by what else is different:",
            share_table(different, "difference", lambda run: run.kind),
            "By motion:",
            share_table(different, "motion", lambda run: run.motion, " mm"),
        ]
    if lung:
        parts += [
            f"Landmarks of the lung within {lung[0].tolerance:g} mm on average, {count(lung)} balls of "
            f"{lung[0].radius:g} mm, after a rigid registration:",
            share_table(lung, "pair", lambda run: run.kind),
        ]
    return parts


def count(runs: Iterable[Run]) -> int:
    """Problems."""
    return len({run.problem for run in runs})


def determinable_section(results: Results) -> list[str]:
    runs = results.of(RANDOM, DIFFERENT)
    known = set(results.truths()) & {run.problem for run in runs}
    if not known:
        return []
    lost = find_not_determinable(results)
    families = [family for family in (RANDOM, DIFFERENT) if any(problem[0] == family for problem in known)]
    rows = []
    for tool, own in by_tool(runs).items():
        cells = [share_of([r for r in own if r.problem in known - lost and r.family == family]) for family in families]
        missed = sum(not run.good for run in own if run.problem in lost)
        rows.append([LABELS[tool], *cells, f"{missed} of {sum(run.problem in lost for run in own)}"])
    return [
        f"Determinable are {share(len(known - lost), len(known))}. A problem is not determinable if, at sample points "
        "that no tool has used, mutual information is better at a place more than 0.5 mm off than at the true motion; "
        "the places are those that any tool has found here, and those that ours names as alternatives. Within 0.5 mm, "
        "of the determinable ones:",
        markdown_table(["", *families, "off among the others"], rows),
    ]


def farthest(runs: Sequence[Run]) -> str:
    """How far off a result is, at most, that is called determined."""
    errors = [run.error for run in runs if run.status == "determined" and math.isfinite(run.error)]
    return f"Of those that are determined, none is off by more than {max(errors):.2f} mm." if errors else ""


def status_section(results: Results) -> list[str]:
    parts: list[str] = []
    for tool in OUR_KEYS:
        runs = [run for run in results.of(RANDOM, DIFFERENT) if run.tool == tool and run.status]
        if not runs:
            continue
        good, off = sum(run.good for run in runs), sum(not run.good for run in runs)
        rows = [[name, share(g, good), share(o, off)] for name, (g, o) in status_counts(runs).items()]
        told_off, told_good = flag_counts(runs)
        parts += [
            f"What {LABELS[tool]} says of its {len(runs)} results:",
            markdown_table(["status", "within 0.5 mm", "off"], rows),
            f"Of those that are off, {share(told_off, off)} have a status other than determined; of those within "
            f"0.5 mm, {share(told_good, good)}. {farthest(runs)}",
        ]
    spoiled = find_spoiled(results)
    both = {r.problem for r in results.of(RANDOM, DIFFERENT) if r.tool == PLAIN and r.good}
    if {PLAIN, SEARCH} <= {run.tool for run in results.runs.values()}:
        told = share(len(spoiled), len(both))
        parts.append(f"Of the problems that ours solves without the search, it fails with it in {told}.")
    return parts


def make_strata(runs: Sequence[Run]) -> dict[str, list[Run]]:
    random = [run for run in runs if run.family == RANDOM]
    strata = {"all random": random}
    for radius in sorted({run.radius for run in random}):
        strata[f"ball {radius:g} mm"] = [run for run in random if run.radius == radius]
    for motion in sorted({run.motion for run in random}):
        strata[f"motion {motion:g} mm"] = [run for run in random if run.motion == motion]
    strata["different images"] = [run for run in runs if run.family == DIFFERENT]
    return {name: own for name, own in strata.items() if own}


def coverage_section(results: Results) -> list[str]:
    """For each of our ways and each stratum."""
    rows = []
    for tool in BAR_KEYS:
        runs = [run for run in results.of(RANDOM, DIFFERENT) if run.tool == tool and is_covered_case(run)]
        for name, own in make_strata(runs).items():
            enough = len(own) >= LEAST_STRATUM
            cells = [share(cover(own, factor), len(own)) if enough else "too few" for factor in (1, 2)]
            rows.append([LABELS[tool], name, str(len(own)), *cells])
    if not rows:
        return []
    return [
        "Error bars of ours: determined results whose mean error at the check points is within one and two standard "
        f"errors, in strata of at least {LEAST_STRATUM}:",
        markdown_table(["", "stratum", "determined", "within one", "within two"], rows),
    ]


def machine_line(results: Results) -> str:
    machine = results.machine
    if not machine:
        return f"Made by `{COMMAND}`."
    packages = (machine["packages"] | machine["peer packages"]).items()
    versions = ", ".join(f"{name} {version}" for name, version in packages)
    total = len({run.problem for run in results.runs.values()})
    return (
        f"Made by `{COMMAND}`: {total} problems, two threads each; {machine['date']}; {machine['cpu']}, "
        f"{machine['cores']} cores; load average before: {machine['load average before']:.2f}; {versions}."
    )


def make_report(results: Results) -> str:
    parts = [
        *share_sections(results),
        *determinable_section(results),
        *status_section(results),
        *coverage_section(results),
        machine_line(results),
    ]
    return "\n\n".join(parts) + "\n"
