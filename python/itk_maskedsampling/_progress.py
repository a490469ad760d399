# SPDX-License-Identifier: Apache-2.0
"""What is seen and done while a registration runs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ._core import Method, SettingValue


@dataclass(frozen=True)
class Progress:
    """Where a registration is, at the end of an iteration.

    stage, level, iteration: counted from 0.
    stages, levels: how many there are, of levels in this stage.
    iterations: the most that this level can have; 0 where the optimizer knows no such limit.
    value: of the metric; less is better.
    learning_rate, convergence: of the optimizer, NaN for one that has none.
    valid_points: sample points that are inside the moving image.
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
    # LBFGS2 of ITK 5.4 starts twice; the others go by evaluations of the metric, or through all combinations.
    factor = {"lbfgs2": 2, "lbfgsb": 0, "amoeba": 0, "exhaustive": 0}.get(str(settings["optimizer"]), 1)
    return tuple(factor * number for number in iterations)


class Watch:
    """What the core calls: it passes on each iteration, prints a line, and ends where the callback returns False.

    As Python runs here at every iteration, this is also where an interrupt from the keyboard comes out.
    """

    def __init__(
        self, method: Method, iterations: list[tuple[int, ...]], callback: Callback | None, prints: bool
    ) -> None:
        self.method = method
        self.iterations = iterations
        self.callback = callback
        self.printer = Printer() if prints else None
        self.stopped = False

    def __call__(self, event: str) -> None:
        if event == "iteration" and not self.stopped and (self.callback or self.printer):
            self.report()

    def report(self) -> None:
        if self.callback is None and self.printer is not None and not self.printer.is_due():
            return
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
            self.printer.close()


class Printer:
    """One line on standard error, written anew ten times a second at most."""

    def __init__(self) -> None:
        self.next_time = 0.0
        self.width = 0

    def is_due(self) -> bool:
        return time.monotonic() >= self.next_time

    def show(self, progress: Progress) -> None:
        self.next_time = time.monotonic() + 0.1
        stage = f"stage {progress.stage + 1} of {progress.stages}, " if progress.stages > 1 else ""
        level = f"level {progress.level + 1} of {progress.levels}"
        line = f"{stage}{level}, iteration {progress.iteration}, metric {progress.value:.6g}"
        sys.stderr.write("\r" + line.ljust(self.width))
        sys.stderr.flush()
        self.width = len(line)

    def close(self) -> None:
        if self.width:
            sys.stderr.write("\n")
            sys.stderr.flush()
