# SPDX-License-Identifier: Apache-2.0
"""What SIGTERM does to a command: it ends as with Ctrl-C."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator


class Terminated(BaseException):
    """What SIGTERM raises, so that nothing is left half-written. Only from the outside is it known why."""


@contextlib.contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM raise an exception, unless it does something else already."""
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    ):
        yield
        return

    def terminate(number: int, frame: object) -> None:
        raise Terminated

    signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
