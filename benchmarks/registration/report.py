# SPDX-License-Identifier: Apache-2.0
"""The results as Markdown."""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from summary import (
    ERROR_TARGET,
    Comparison,
    ExtentRow,
    Record,
    Summary,
    Verdict,
    compare,
    extent_verdict,
    memory_ratio,
    memory_verdict,
    speed_verdict,
    summarise,
    summarise_extent,
    throughput_ratio,
    throughput_verdict,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples"))
from reporting import markdown_table


def format_times(values: Sequence[float], digits: int = 3) -> str:
    """Median (least to most)."""
    if not values:
        return "-"
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def format_number(value: float, digits: int = 3) -> str:
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def case_rows(summaries: Sequence[Summary], comparison: Comparison) -> list[list[str]]:
    """Of one case."""
    chosen = {s.configuration for s in (comparison.ours, comparison.peer) if s is not None}
    return [
        [
            s.configuration + (" (*)" if s.configuration in chosen else ""),
            format_times(s.seconds),
            format_number(s.median / comparison.ours.median, 2),
            format_number(s.error),
            format_number(max(s.errors, default=math.nan)),
            f"{len(s.failures)} of {len(s.failures) + len(s.seconds)}",
        ]
        for s in summaries
    ]


def case_lines(summaries: Sequence[Summary], comparison: Comparison) -> list[str]:
    """A table that is folded, under a line that says what is in it."""
    header = ["tool", "time, s", "time / ours", "error, mm", "worst, mm", "failed"]
    peer = comparison.peer
    than = "no peer was accurate enough" if peer is None else f"{peer.configuration} {peer.median:.3f} s"
    head = f"{comparison.case}: {comparison.ours.median:.3f} s, {than}"
    own = [s for s in summaries if s.case == comparison.case]
    return [
        f"<details><summary>{head}</summary>",
        "",
        markdown_table(header, case_rows(own, comparison)),
        "",
        "</details>",
        "",
    ]


def failure_lines(summaries: Sequence[Summary]) -> list[str]:
    reasons = {f"- {s.configuration}, {s.case}: {reason}" for s in summaries for reason in s.failures}
    return ["", "Failures:", "", *sorted(reasons)] if reasons else []


def cases_section(records: Sequence[Record]) -> list[str]:
    summaries = summarise(records)
    comparisons = compare(summaries)
    unsolved = [c.case for c in comparisons if c.peer is None]
    return [
        "## Registrations",
        "",
        "Time is the median (least to most) of the runs that did not fail. The error is the mean target registration "
        "error in the mask, over the seeds. (*) are those that the first target compares: the fastest peer within the "
        "accuracy asked for, and our fastest configuration that is as accurate as that.",
        "",
        *(line for comparison in comparisons for line in case_lines(summaries, comparison)),
        *([f"No peer was accurate enough, so not in the mean: {'; '.join(unsolved)}."] if unsolved else []),
        *failure_lines(summaries),
    ]


def extent_section(rows: Sequence[ExtentRow]) -> list[str]:
    header = ["mask", "smoothing", "voxels", "time, s", "of unpadded", "failed"]
    cells = [
        [
            row.mask,
            row.smoothing,
            f"{row.times} x",
            format_times(row.seconds),
            format_number(row.ratio, 2),
            f"{row.failures}",
        ]
        for row in rows
    ]
    return ["## Extent", "", markdown_table(header, cells)]


def throughput_section(records: Sequence[Record]) -> list[str]:
    ways = ("stock", "stock, random order", "sampled")
    header = ["transform", "metric", "samples", *(f"{way}, ns" for way in ways), "ratio", "ratio to random order"]
    cells = [
        [
            record["transform"],
            record["metric"],
            f"{record['samples']}",
            *(format_times(record[way], 1) for way in ways),
            f"{throughput_ratio(record):.1f}",
            f"{throughput_ratio(record, 'stock, random order'):.1f}",
        ]
        for record in records
    ]
    return ["## Per sample and iteration, value and derivative, one thread", "", markdown_table(header, cells)]


def memory_section(records: Sequence[Record]) -> list[str]:
    header = ["mask", "fixed voxels", "moving voxels", "peak, MB", "of the moving image"]
    cells = [
        [
            record["mask"],
            f"{record['fixed']} x",
            f"{record['moving']} x",
            format_number(record.get("memory", math.nan) / 1e6, 0),
            format_number(memory_ratio(record), 2),
        ]
        for record in records
    ]
    return ["## Peak memory beyond the images and the mask", "", markdown_table(header, cells)]


def verdict_section(verdicts: Sequence[Verdict]) -> list[str]:
    rows = [[f"{v.number}", v.target, v.reached, "yes" if v.passed else "no"] for v in verdicts]
    return ["## Targets", "", markdown_table(["", "target", "reached", "met"], rows)]


def machine_line(machine: dict[str, Any]) -> str:
    versions = ", ".join(
        f"{name} {number}" for name, number in (machine["packages"] | machine["peer packages"]).items()
    )
    return (
        f"{machine['date']}; {machine['cpu']}, {machine['cores']} cores, {machine['memory'] / 2**30:.0f} GiB; "
        f"load average before: {machine['load average before']:.2f}; {versions}."
    )


def first_line(comparisons: Sequence[Comparison]) -> str:
    """The result in a sentence."""
    solved = [c for c in comparisons if c.peer is not None]
    ratios = [c.ratio for c in solved if not math.isnan(c.ratio)]
    if not ratios:
        return "No peer was accurate enough to be compared."
    worse = sum(not c.as_accurate for c in solved)
    return (
        f"**{statistics.geometric_mean(ratios):.1f} times as fast as the fastest peer within {ERROR_TARGET:g} mm**, "
        f"geometric mean over {len(ratios)} cases, from {min(ratios):.1f} to {max(ratios):.1f} times; "
        f"the error is larger than that peer's in {worse} of them."
    )


def make_report(results: dict[str, Any]) -> tuple[str, list[Verdict]]:
    """The whole report, of the parts that were run, and the verdicts on them."""
    verdicts: list[Verdict] = []
    sections: list[str] = []
    first: list[str] = []
    if "cases" in results:
        first = [first_line(compare(summarise(results["cases"]))), ""]
        verdicts.append(speed_verdict(compare(summarise(results["cases"]))))
        sections += ["", *cases_section(results["cases"])]
    if "extent" in results:
        rows = summarise_extent(results["extent"])
        verdicts.append(extent_verdict(rows))
        sections += ["", *extent_section(rows)]
    if "throughput" in results:
        verdicts.append(throughput_verdict(results["throughput"]))
        sections += ["", *throughput_section(results["throughput"])]
    if "memory" in results:
        verdicts.append(memory_verdict(results["memory"]))
        sections += ["", *memory_section(results["memory"])]
    return "\n".join(
        [*first, machine_line(results["machine"]), "", *verdict_section(verdicts), *sections, ""]
    ), verdicts
