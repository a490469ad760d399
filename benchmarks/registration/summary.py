# SPDX-License-Identifier: Apache-2.0
"""Numbers from the records: medians, ratios, and the verdicts on the four targets."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from settings import OURS

Record = dict[str, Any]

SPEED_TARGET = 10.0
ERROR_TARGET = 0.1  # mm
EXTENT_TARGETS = {"no smoothing": 1.5, "default pyramid": 2.0}
#: Of the throughput of the stock metric, by kind of transform and metric.
THROUGHPUT_TARGETS = {
    "rigid": {"mean squares": 30.0, "correlation": 30.0, "Mattes": 15.0},
    "B-spline": {"mean squares": 20.0, "correlation": 20.0, "Mattes": 20.0},
}
#: What the throughput is compared with: stock with the same points in the same order.
BASELINE = "stock"
MEMORY_TARGET = 1.5


@dataclass(frozen=True)
class Verdict:
    number: int
    target: str
    reached: str
    passed: bool


@dataclass(frozen=True)
class Summary:
    """All runs of one configuration in one case. Times in s, errors in mm; NaN where every run failed."""

    case: str
    tool: str
    configuration: str
    seconds: list[float]
    errors: list[float]
    failures: list[str]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds) if self.seconds else math.nan

    @property
    def error(self) -> float:
        return statistics.mean(self.errors) if self.errors else math.nan

    @property
    def accurate(self) -> bool:
        return not self.failures and self.error <= ERROR_TARGET


def summarise(records: Iterable[Record]) -> list[Summary]:
    """One summary for each case and configuration, in the order in which they were run."""
    groups: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        groups.setdefault((record["case"], record["configuration"]), []).append(record)
    return [
        Summary(
            case=case,
            tool=group[0]["tool"],
            configuration=configuration,
            seconds=[r["seconds"] for r in group if "failure" not in r],
            errors=[r["error"] for r in group if "failure" not in r],
            failures=[r["failure"] for r in group if "failure" in r],
        )
        for (case, configuration), group in groups.items()
    ]


@dataclass(frozen=True)
class Comparison:
    """Our method and the fastest accurate peer, if there is one, in one case."""

    case: str
    ours: Summary
    peer: Summary | None

    @property
    def ratio(self) -> float:
        return self.peer.median / self.ours.median if self.peer else math.nan

    @property
    def as_accurate(self) -> bool:
        """Whether our error is no larger than the peer's, and no run failed."""
        return self.peer is None or (not self.ours.failures and self.ours.error <= self.peer.error)


def compare(summaries: Sequence[Summary]) -> list[Comparison]:
    """The fastest accurate peer, and our fastest configuration that is as accurate (or else the most accurate one)."""
    comparisons = []
    for case in dict.fromkeys(s.case for s in summaries if s.tool == OURS):
        peers = [s for s in summaries if s.case == case and s.tool != OURS and s.accurate]
        peer = min(peers, key=lambda s: s.median, default=None)
        candidates = [s for s in summaries if s.case == case and s.tool == OURS]
        all_ours = [Comparison(case, ours, peer) for ours in candidates]
        fit = [c for c in all_ours if c.as_accurate and (c.peer or c.ours.accurate)]
        comparisons.append(
            min(fit, key=lambda c: c.ours.median) if fit else min(all_ours, key=lambda c: (c.ours.error, c.case))
        )
    return comparisons


def geometric_mean(values: Sequence[float]) -> float:
    return math.exp(statistics.mean(math.log(v) for v in values)) if values else math.nan


def speed_verdict(comparisons: Sequence[Comparison]) -> Verdict:
    """Cases that no peer solves are left out of the mean; those in which we fail make the verdict a no."""
    solved = [c for c in comparisons if c.peer]
    ratio = geometric_mean([c.ratio for c in solved if not math.isnan(c.ratio)])
    worse = [c.case for c in solved if not c.as_accurate]
    reached = f"{ratio:.2f} times, over {len(solved)} of {len(comparisons)} cases"
    if worse:
        reached += f"; error larger than that peer's in: {'; '.join(worse)}"
    target = (
        f"{SPEED_TARGET:g} times faster than the fastest peer within {ERROR_TARGET:g} mm, "
        "geometric mean, at no larger error"
    )
    return Verdict(1, target, reached, ratio >= SPEED_TARGET and not worse)


@dataclass(frozen=True)
class ExtentRow:
    mask: str
    smoothing: str
    times: int
    seconds: list[float]
    ratio: float
    failures: int


def summarise_extent(records: Sequence[Record]) -> list[ExtentRow]:
    groups: dict[tuple[str, str, int], list[Record]] = {}
    for record in records:
        groups.setdefault((record["mask"], record["smoothing"], record["times"]), []).append(record)
    seconds = {key: [r["seconds"] for r in group if "failure" not in r] for key, group in groups.items()}
    medians = {key: statistics.median(values) if values else math.nan for key, values in seconds.items()}
    return [
        ExtentRow(
            *key, seconds[key], medians[key] / medians.get((*key[:2], 1), math.nan), len(group) - len(seconds[key])
        )
        for key, group in groups.items()
    ]


def extent_verdict(rows: Sequence[ExtentRow]) -> Verdict:
    padded = [row for row in rows if row.times > 1]
    worst = {
        smoothing: max((row.ratio for row in padded if row.smoothing == smoothing), default=math.nan)
        for smoothing in EXTENT_TARGETS
    }
    passed = all(row.ratio <= EXTENT_TARGETS[row.smoothing] for row in padded) and bool(padded)
    target = ", ".join(f"at most {value:g} times ({name})" for name, value in EXTENT_TARGETS.items())
    reached = ", ".join(f"{value:.2f} times ({name})" for name, value in worst.items())
    return Verdict(2, f"Padded to {sorted({r.times for r in padded})} times the voxels: {target}", reached, passed)


def throughput_ratio(record: Record, baseline: str = BASELINE) -> float:
    return float(statistics.median(record[baseline]) / statistics.median(record["sampled"]))


def throughput_verdict(records: Sequence[Record]) -> Verdict:
    least: dict[tuple[str, str], float] = {}
    for record in records:
        key = record["transform"], record["metric"]
        least[key] = min(least.get(key, math.inf), throughput_ratio(record))
    passed = all(ratio >= THROUGHPUT_TARGETS[kind][metric] for (kind, metric), ratio in least.items()) and bool(least)
    target = "; ".join(
        f"{kind}: " + ", ".join(f"{metric} {value:g}" for metric, value in values.items())
        for kind, values in THROUGHPUT_TARGETS.items()
    )
    reached = ", ".join(f"{kind} {metric} {ratio:.1f}" for (kind, metric), ratio in least.items())
    return Verdict(3, f"Times the throughput of stock, per sample: {target}", reached, passed)


def memory_ratio(record: Record) -> float:
    """Peak memory as a multiple of the moving image; NaN if the run failed."""
    return float(record.get("memory", math.nan)) / float(record["moving bytes"])


def memory_verdict(records: Sequence[Record]) -> Verdict:
    ratios = [memory_ratio(record) for record in records]
    passed = all(ratio <= MEMORY_TARGET for ratio in ratios) and bool(ratios)
    reached = f"at most {max(ratios, default=math.nan):.2f} times"
    return Verdict(4, f"Peak memory at most {MEMORY_TARGET:g} times the moving image", reached, passed)
