# SPDX-License-Identifier: Apache-2.0
"""What the command line shows while a registration runs: a bar on a terminal, lines in a log."""

from __future__ import annotations

import importlib
import os
import sys
import time
from typing import Any, Protocol, TextIO

from .._registration.progress import Callback, Progress, name_level
from .text import say, say_time

#: Seconds between two lines of a log, and between two pictures of a bar.
LINES = 1.0
BARS = 0.1


class Shower(Protocol):
    """show() is called after each iteration, close() at the end, whatever it was."""

    def show(self, progress: Progress) -> None: ...

    def close(self) -> None: ...


class Watcher:
    """Hands the iterations of a registration to what shows them.

    callback, prints: the arguments `callback` and `progress` of register().
    """

    def __init__(self, quiet: bool, stream: TextIO | None = None) -> None:
        stream = sys.stderr if stream is None else stream
        self.shower: Shower | None = None
        self.prints = False
        if quiet or stream is None:
            return
        if not stream.isatty() or os.environ.get("TERM") in ("dumb", "unknown"):
            self.shower = Lines(stream)
        else:
            try:
                self.shower = Bar(stream)
            except ImportError:
                self.prints = True  # the line of register()

    @property
    def callback(self) -> Callback | None:
        return None if self.shower is None else self.shower.show

    def __enter__(self) -> Watcher:
        return self

    def __exit__(self, *_: object) -> None:
        if self.shower is not None:
            self.shower.close()


class Level:
    """Counts the iterations of a level and their time. Optimizers that start anew count their own from 0 again."""

    def __init__(self, progress: Progress, now: float) -> None:
        self.progress = progress
        self.first = self.last = now
        self.iterations = 1

    def is_same(self, progress: Progress) -> bool:
        return (progress.stage, progress.level) == (self.progress.stage, self.progress.level)

    def add(self, progress: Progress, now: float) -> None:
        self.progress = progress
        self.last = now
        self.iterations += 1

    def name(self, of: str) -> str:
        return name_level(self.progress, of)

    @property
    def metric(self) -> str:
        return f"metric {self.progress.value:.6g}"

    @property
    def end(self) -> str:
        return f"{self.iterations} iteration{'' if self.iterations == 1 else 's'}"

    def iteration(self, of: str) -> str:
        """How far it is, of the most iterations that it may have."""
        limit = self.progress.iterations
        return f"iteration {self.iterations}" + (f"{of}{limit}" if limit else "")

    @property
    def left(self) -> str:
        """The time that this level may still take, as long as its iterations take; nothing where that is not known."""
        remaining = self.progress.iterations - self.iterations
        if remaining <= 0 or self.iterations < 2:
            return ""
        seconds = remaining * (self.last - self.first) / (self.iterations - 1)
        return f"at most {say_time(seconds)} left"


def words(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


class Lines:
    """At most a line a second, and one for the end of each level."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.level: Level | None = None
        self.next_time = time.monotonic() + LINES

    def show(self, progress: Progress) -> None:
        now = time.monotonic()
        if self.level is not None and self.level.is_same(progress):
            self.level.add(progress, now)
        else:
            self.close()
            self.level = Level(progress, now)
        if now >= self.next_time:
            self.next_time = now + LINES
            level = self.level
            self.write(level.name(" of "), level.iteration(" of at most "), level.metric, level.left)

    def close(self) -> None:
        """The line for the end of a level."""
        if self.level is not None:
            self.write(self.level.name(" of "), f"ended after {self.level.end}", self.level.metric)
        self.level = None

    def write(self, *parts: str) -> None:
        say(words(*parts), self.stream)
        self.stream.flush()


class Bar:
    """A bar for each level, made with rich. Raises ImportError where there is no rich."""

    def __init__(self, stream: TextIO) -> None:
        rich: Any = importlib.import_module("rich.progress")
        console: Any = importlib.import_module("rich.console").Console(file=stream)
        columns = (
            rich.TextColumn("{task.description}", markup=False),
            rich.BarColumn(bar_width=None),
            rich.TextColumn("{task.fields[text]}", markup=False),
        )
        self.bars = rich.Progress(*columns, console=console, auto_refresh=False, expand=True)
        self.level: Level | None = None
        self.task: Any = None
        self.next_time = 0.0

    def show(self, progress: Progress) -> None:
        now = time.monotonic()
        if self.level is not None and self.level.is_same(progress):
            self.level.add(progress, now)
        else:
            self.end_level()
            self.level = Level(progress, now)
            total = progress.iterations or None  # None: no end is known
            self.task = self.bars.add_task(self.level.name("/"), total=total, text=self.level.metric)
            self.bars.start()
        if now >= self.next_time:
            self.next_time = now + BARS
            level = self.level
            text = words(level.iteration("/"), level.metric, level.left)
            self.bars.update(self.task, completed=level.iterations, text=text, refresh=True)

    def end_level(self) -> None:
        """A bar is full where its level ended."""
        level = self.level
        if level is not None:
            text = words(level.end, level.metric)
            self.bars.update(self.task, total=level.iterations, completed=level.iterations, text=text, refresh=True)

    def close(self) -> None:
        self.end_level()
        self.bars.stop()
