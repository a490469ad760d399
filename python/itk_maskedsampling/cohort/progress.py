# SPDX-License-Identifier: Apache-2.0
"""What is seen while a cohort is registered."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from .. import public
from .._core.status_line import StatusLine
from .record import Record, first_line


@public
@dataclass(frozen=True)
class CohortProgress:
    """How far the registration of a cohort is.

    Attributes
    ----------
    done, failed : int
        How many pairs, also those of runs before.
    total : int
        How many there are.
    seconds_left : float or None
        Until all are, going by how long those of this run took; None as long as that cannot be said.
    record : Record or None
        Of the pair that was registered last; None before the first one.
    """

    done: int
    failed: int
    total: int
    seconds_left: float | None
    record: Record | None = None

    def __str__(self) -> str:
        left = "" if self.seconds_left is None else f", {timedelta(seconds=round(self.seconds_left))} left"
        return f"{self.done} of {self.total} done, {self.failed} failed{left}"


class Watch:
    """It counts records, and tells of each."""

    def __init__(
        self, known: list[Record], total: int, prints: bool, callback: Callable[[CohortProgress], object] | None
    ) -> None:
        self.known = len(known)
        self.failed = sum(one.status == "failed" for one in known)
        self.done = self.known - self.failed
        self.total = total
        self.prints = prints
        self.callback = callback
        self.start = time.monotonic()
        self.line = StatusLine()

    def add(self, record: Record) -> None:
        if record.status == "failed":
            self.failed += 1
        else:
            self.done += 1
        self.tell(record)

    def tell(self, record: Record | None = None) -> None:
        new = self.done + self.failed - self.known
        left = self.total - self.done - self.failed
        seconds = (time.monotonic() - self.start) * left / new if new else None
        progress = CohortProgress(self.done, self.failed, self.total, seconds, record)
        if self.prints:
            self.show(progress)
        if self.callback is not None:
            self.callback(progress)

    def show(self, progress: CohortProgress) -> None:
        """On a terminal one line that is written anew, elsewhere one for each pair. What failed stays to be read."""
        record, line = progress.record, str(progress)
        failure = "" if record is None or record.status == "done" else f"{record.id} failed: {first_line(record)}"
        if sys.stderr.isatty():
            self.line.show(line, failure)
        else:
            print(*filter(None, (failure, line)), sep="\n", file=sys.stderr, flush=True)

    def close(self) -> None:
        self.line.close()
