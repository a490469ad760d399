# SPDX-License-Identifier: Apache-2.0
"""Runs every tool on every problem, in turn, but for what is already in the file of results."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from cases import MUTUAL_INFORMATION, Job, mask_name, moving_name, points_name
from pool import Pool
from runs import progress

from .problems import Problem
from .records import TRUTH, Results, Run, append
from .tools import MASK, TRANSFORM, Entry
from .values import find_values
from .volumes import FloatArray, apply, fit_matrix

MOVING = "moving"


@dataclass(frozen=True)
class Task:
    """A problem that is made when it is needed."""

    family: str
    seed: int
    make: Callable[[int], Problem]


def mix(groups: Sequence[Sequence[Task]]) -> list[Task]:
    """All of them, such that whatever is done by a time has the same share of each group."""
    placed = [(index / len(group), task) for group in groups for index, task in enumerate(group)]
    return [task for _, task in sorted(placed, key=lambda pair: pair[0])]


def save(problem: Problem, folder: Path) -> None:
    """As the store of the registrations reads it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "geometry.json").write_text(json.dumps(problem.fixed.grid.to_dict()))
    moving = moving_name(TRANSFORM, MOVING)
    (folder / f"{moving}.json").write_text(json.dumps(problem.moving.grid.to_dict()))
    arrays: dict[str, npt.NDArray[Any]] = {"fixed": problem.fixed.pixels, moving: problem.moving.pixels}
    arrays |= {mask_name(MASK): problem.mask, points_name(MASK): problem.points}
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)


def mean_error(mapped: FloatArray, truth: FloatArray) -> float:
    """Over the check points of known truth."""
    known = ~np.isnan(truth[:, 0])
    return float(np.linalg.norm(mapped[known] - truth[known], axis=1).mean())


def describe(run: Run) -> str:
    if run.failure:
        return f"{run.tool} failed: {run.failure[:60]}"
    status = f" {run.status}" if run.status else ""
    return f"{run.tool} {run.error:.2f} mm {run.seconds:.1f} s{status}"


def describe_minutes(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


@dataclass
class Clock:
    """How long things take, and so how long the rest will."""

    seconds: dict[str, list[float]] = field(default_factory=dict)

    def add(self, key: str, seconds: float) -> None:
        self.seconds.setdefault(key, []).append(seconds)

    def left(self, counts: dict[str, int]) -> float:
        """For so many more of each key; what has not been tried is not in it."""
        return sum(n * float(np.mean(self.seconds[key])) for key, n in counts.items() if key in self.seconds)


@dataclass
class Session:
    """One call of the benchmark."""

    pool: Pool
    entries: Sequence[Entry]
    results: Results
    path: Path
    folder: Path
    clock: Clock = field(default_factory=Clock)

    def pending(self, task: Task) -> list[Entry]:
        """The tools that have not been run on a problem with their present settings."""
        done = {e.key: self.results.runs.get((task.family, task.seed, e.key)) for e in self.entries}
        return [entry for entry in self.entries if getattr(done[entry.key], "digest", None) != entry.digest]

    def record(self, run: Run) -> None:
        line = {"run": asdict(run)}
        append(self.path, [line])
        self.results.add(line)

    def ask(self, entry: Entry, kind: str) -> dict[str, Any]:
        mapped, options = self.pool.mapped_path(entry.tool), entry.options_for(kind)
        job = Job(TRANSFORM, MASK, MUTUAL_INFORMATION, MOVING, 1, mapped, options, folder=str(self.folder))
        return self.pool.ask(entry.tool, job)

    def run_tool(self, problem: Problem, entry: Entry) -> Run:
        """One tool, which has done another registration before in its process."""
        if entry.tool not in self.pool.workers:
            self.ask(entry, problem.kind)
        start = time.monotonic()
        reply = self.ask(entry, problem.kind)
        self.clock.add(entry.key, time.monotonic() - start)
        told: dict[str, Any] = {"failure": reply.get("failure", ""), "seconds": reply.get("seconds", self.pool.limit)}
        if not told["failure"]:
            told |= self.judge(problem, reply, np.load(self.pool.mapped_path(entry.tool)))
        return make_run(problem, entry.key, digest=entry.digest, **told)

    def judge(self, problem: Problem, reply: dict[str, Any], mapped: FloatArray) -> dict[str, Any]:
        """What the records have of a result."""
        told: dict[str, Any] = {"error": mean_error(mapped, problem.truth)}
        names = {"status": "status", "standard error": "standard_error", "uncertainty seconds": "uncertainty_seconds"}
        told |= {names[name]: value for name, value in reply.items() if name in names}
        if problem.matrix is None:
            return told
        others = [np.array(matrix) for matrix in reply.get("alternatives", [])]
        told["value"], *values = find_values(problem, [fit_matrix(problem.points, mapped), *others])
        errors = [mean_error(apply(matrix, problem.points), problem.truth) for matrix in others]
        told["alternatives"] = list(zip(errors, values, strict=True))
        return told

    def run_task(self, task: Task, entries: Sequence[Entry]) -> str:
        """Some tools on one problem; what is to be said of it."""
        start = time.monotonic()
        problem = task.make(task.seed)
        save(problem, self.folder)
        if problem.matrix is not None and (task.family, task.seed, TRUTH) not in self.results.runs:
            self.record(make_run(problem, TRUTH, value=find_values(problem, [problem.matrix])[0]))
        self.clock.add("problem", time.monotonic() - start)
        said = []
        for entry in entries:
            run = self.run_tool(problem, entry)
            self.record(run)
            said.append(describe(run))
        return (
            f"{problem.name}, {problem.kind}, {problem.motion:.0f} mm, ball {problem.radius:.0f} mm: {'; '.join(said)}"
        )

    def run(self, tasks: Sequence[Task], minutes: float) -> None:
        """All that is not done yet, as long as there is time."""
        start = time.monotonic()
        plan = [(task, entries) for task in tasks if (entries := self.pending(task))]
        progress(f"{len(plan)} of {len(tasks)} problems are to be done; load average {os.getloadavg()[0]:.1f}")
        for index, (task, entries) in enumerate(plan):
            if time.monotonic() - start > 60 * minutes:
                progress(f"the budget is used up; {len(plan) - index} problems are left for another time")
                return
            said = self.run_task(task, entries)
            rest = [entry.key for _, entries in plan[index + 1 :] for entry in entries]
            counts = {key: rest.count(key) for key in set(rest)} | {"problem": len(plan) - index - 1}
            left = describe_minutes(self.clock.left(counts))
            progress(f"{index + 1}/{len(plan)} {said}; about {left} left")


def make_run(problem: Problem, tool: str, **told: Any) -> Run:
    about = (problem.family, problem.seed, problem.motion, problem.radius, problem.kind, tool, problem.tolerance)
    return Run(*about, **told)
