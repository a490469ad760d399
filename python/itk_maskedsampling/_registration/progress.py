# SPDX-License-Identifier: Apache-2.0
"""What is seen and done while a registration runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from .. import public
from .._core import Method, SettingValue
from .._core.status_line import StatusLine


@public
@dataclass(frozen=True)
class Progress:
    """Where a registration is, at the end of an iteration.

    Attributes
    ----------
    stage, level, iteration : int
        Counted from 0.
    value : float
        Of the metric; less is better.
    learning_rate, convergence : float
        Of the optimizer, NaN for one that has none.
    valid_points : int
        Sample points that are inside the moving image.
    stages, levels : int
        How many there are, of levels in this stage.
    iterations : int
        The most that this level can have; 0 where the optimizer knows no such limit.
    """

    stage: int
    level: int
    iteration: int
    value: float
    learning_rate: float
    convergence: float
    valid_points: int
    stages: int
    levels: int
    iterations: int


Callback = Callable[[Progress], object]


def count_iterations(settings: Mapping[str, SettingValue]) -> tuple[int, ...]:
    """The most iterations of each level of a stage, from all its settings; 0 where there is no limit."""
    iterations = [int(number) for number in np.atleast_1d(np.asarray(settings["iterations"]))]
    # These go by evaluations of the metric, or through all combinations.
    if settings["optimizer"] in ("lbfgsb", "amoeba", "exhaustive"):
        return (0,) * len(iterations)
    return tuple(iterations)


class Watch:
    """What the core calls: it passes on each iteration, prints a line, and ends where the callback returns False."""

    def __init__(
        self, method: Method, iterations: list[tuple[int, ...]], callback: Callback | None, prints: bool
    ) -> None:
        self.method = method
        self.iterations = iterations
        self.callback = callback
        self.printer = Printer() if prints else None
        self.stopped = False

    def wants(self, event: str) -> bool:
        """Whether there is anything to do at an event."""
        is_due = self.callback is not None or (self.printer is not None and self.printer.is_due())
        return event == "iteration" and not self.stopped and is_due

    def __call__(self, event: str) -> None:
        stage, level, iteration, value, learning_rate, convergence = self.method.progress
        stage, level = int(stage), int(level)
        progress = Progress(
            stage=stage,
            level=level,
            iteration=int(iteration),
            value=value,
            learning_rate=learning_rate,
            convergence=convergence,
            valid_points=self.method.valid_points,
            stages=len(self.iterations),
            levels=len(self.iterations[stage]),
            iterations=self.iterations[stage][level],
        )
        if self.printer is not None and self.printer.is_due():
            self.printer.show(progress)
        if self.callback is not None:
            answer = self.callback(progress)
            if isinstance(answer, bool | np.bool_) and not answer:
                self.stopped = True
                self.method.finish()

    def close(self) -> None:
        if self.printer is not None:
            self.printer.line.close()


def name_level(progress: Progress, of: str = " of ") -> str:
    """The stage, where there are several, and the level; both are counted from 0, as everywhere else."""
    counted = [("stage", progress.stage, progress.stages), ("level", progress.level, progress.levels)]
    if progress.stages == 1:
        del counted[0]
    return ", ".join(f"{kind} {number}{of}0..{count - 1}" for kind, number, count in counted)


class Printer:
    """Where a registration is, ten times a second at most."""

    def __init__(self) -> None:
        self.next_time = 0.0
        self.line = StatusLine()

    def is_due(self) -> bool:
        return time.monotonic() >= self.next_time

    def show(self, progress: Progress) -> None:
        self.next_time = time.monotonic() + 0.1
        self.line.show(f"{name_level(progress)}, iteration {progress.iteration}, metric {progress.value:.6g}")
