# SPDX-License-Identifier: Apache-2.0
"""What is seen and done while a registration runs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from ._core import Method


@dataclass(frozen=True)
class Progress:
    """Where a registration is, at the end of an iteration.

    stage, level, iteration: counted from 0.
    stages, levels: how many there are, of levels in this stage.
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


Callback = Callable[[Progress], object]


class Watch:
    """What the core calls: it passes on each iteration, prints a line, and ends where the callback returns False.

    As Python runs here at every iteration, this is also where an interrupt from the keyboard comes out.
    """

    def __init__(self, method: Method, levels: list[int], callback: Callback | None, prints: bool) -> None:
        self.method = method
        self.levels = levels
        self.callback = callback
        self.printer = Printer() if prints else None
        self.stopped = False

    def __call__(self, event: str) -> None:
        if event == "iteration" and not self.stopped and (self.callback or self.printer):
            self.report()

    def report(self) -> None:
        method = self.method
        progress = Progress(
            stage=method.stage,
            level=method.level,
            iteration=method.iteration,
            value=method.value,
            learning_rate=method.learning_rate,
            convergence=method.convergence,
            valid_points=method.valid_points,
            stages=len(self.levels),
            levels=self.levels[method.stage],
        )
        if self.printer is not None:
            self.printer.show(progress)
        if self.callback is not None and self.callback(progress) is False:
            self.stopped = True
            method.finish()

    def close(self) -> None:
        if self.printer is not None:
            self.printer.close()


class Printer:
    """One line on standard error, written anew ten times a second at most."""

    def __init__(self) -> None:
        self.next_time = 0.0
        self.width = 0

    def show(self, progress: Progress) -> None:
        now = time.monotonic()
        if now < self.next_time:
            return
        self.next_time = now + 0.1
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
