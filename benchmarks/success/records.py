# SPDX-License-Identifier: Apache-2.0
"""The file of results, one line a run, to which runs are added and from which the tables are made."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Record = dict[str, Any]
#: The tool of the records that are about a problem itself.
TRUTH = "truth"


@dataclass(frozen=True)
class Run:
    """One tool on one problem. Lengths are in mm, times in s; not a number: there is none.

    The value is that of the metric at the place that was found, at samples that no tool has used, less being better;
    that of the run of the truth is at the true place. Alternatives are the errors and values of other places.
    """

    family: str
    seed: int
    motion: float
    radius: float
    kind: str
    tool: str
    tolerance: float = 0.5
    seconds: float = math.nan
    error: float = math.nan
    value: float = math.nan
    status: str = ""
    standard_error: float = math.nan
    uncertainty_seconds: float = math.nan
    alternatives: tuple[tuple[float, float], ...] = ()
    failure: str = ""
    digest: str = ""

    @property
    def problem(self) -> tuple[str, int]:
        return self.family, self.seed

    @property
    def good(self) -> bool:
        return self.error < self.tolerance


@dataclass
class Results:
    """What there is in a file. Of several runs of a tool on a problem the last counts."""

    runs: dict[tuple[str, int, str], Run] = field(default_factory=dict)
    #: Of the last session.
    machine: Record = field(default_factory=dict)

    def add(self, record: Record) -> None:
        if "machine" in record:
            self.machine = record["machine"]
            return
        told: Record = {key: number(value) for key, value in record["run"].items() if key != "alternatives"}
        others = record["run"].get("alternatives", ())
        run = Run(**told, alternatives=tuple((number(error), number(value)) for error, value in others))
        self.runs[run.family, run.seed, run.tool] = run

    def of(self, *families: str) -> list[Run]:
        return [run for run in self.runs.values() if run.family in families and run.tool != TRUTH]

    def truths(self) -> dict[tuple[str, int], Run]:
        return {run.problem: run for run in self.runs.values() if run.tool == TRUTH}


def number(value: Any) -> Any:
    """What was no number has become null, as JSON has nothing else for that."""
    return math.nan if value is None else value


def as_json(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: as_json(entry) for key, entry in value.items()}
    return [as_json(entry) for entry in value] if isinstance(value, list | tuple) else value


def append(path: Path, records: Iterable[Record]) -> None:
    """Add lines, whole ones even if the last one that is there was cut off."""
    cut = path.exists() and path.read_bytes()[-1:] not in (b"", b"\n")
    with path.open("a") as file:
        file.write("\n" if cut else "")
        for record in records:
            file.write(json.dumps(as_json(record)) + "\n")


def read(path: Path) -> Results:
    """What there is; a line that was cut off when a run ended is passed over."""
    results = Results()
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            record = json.loads(line)
        except json.JSONDecodeError:
            continue
        results.add(record)
    return results
