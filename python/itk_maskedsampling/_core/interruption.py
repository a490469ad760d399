# SPDX-License-Identifier: Apache-2.0
"""Work of the compiled part that a signal can end.

Python runs the handlers of signals in its main thread, between two of its own instructions, and so not while that
thread is in the compiled part. There the work is done by another thread, while the main thread waits, which a signal
ends at once. What is called back is called in the main thread.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

Result = TypeVar("Result")
#: What work calls back with an event. Whether it is to stop.
Ask = Callable[[str], bool]

#: Seconds that work has to end after an exception; then the exception comes out, and the work ends by itself.
PATIENCE = 0.15
#: Seconds after which the main thread looks whether a signal came just before it began to wait, which wakes nobody.
NAP = 0.04


class _Beside:
    """Work in a thread of its own, and the talk with it."""

    def __init__(self, work: Callable[[Ask], Any]) -> None:
        self.events: queue.SimpleQueue[str | None] = queue.SimpleQueue()  # None: it is done
        self.answers: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self.result: Any = None
        self.error: BaseException | None = None
        self.is_done = threading.Event()
        self.is_stopping = False
        self.callback: Callable[[str], object] | None = None
        self.raised: BaseException | None = None
        self.thread = threading.Thread(target=self._do, args=(work,), name="itk_maskedsampling")

    def _do(self, work: Callable[[Ask], Any]) -> None:
        try:
            self.result = work(self._ask)
        except BaseException as error:
            self.error = error
        finally:
            self.is_done.set()
            self.events.put(None)

    def _ask(self, event: str) -> bool:
        if self.is_stopping:
            return True
        if threading.current_thread() is not self.thread:
            return self._ask_within(event)
        self.events.put(event)
        return self.answers.get()

    def _ask_within(self, event: str) -> bool:
        """The same for what the callback itself has made happen, such as the end of an optimizer that it stops."""
        try:
            if self.callback is not None and self.raised is None:
                self.callback(event)
        except BaseException as error:  # the compiled part is between here and the callback
            self.raised = error
        return self.raised is not None

    def _wait(self) -> str | None:
        while True:
            try:
                return self.events.get(timeout=NAP)
            except queue.Empty:
                continue

    def stop(self) -> None:
        """Let what it asks now, or next, be answered with that."""
        self.is_stopping = True
        self.answers.put(True)

    def attend(self, callback: Callable[[str], object] | None) -> None:
        """Wait for the end, and call back what it asks for."""
        self.callback = callback
        try:
            self.thread.start()
        except RuntimeError as error:
            # What comes out of a handler while a condition waits is hidden by the end of the condition.
            if error.__context__ is not None:
                raise error.__context__ from None
            raise
        while (event := self._wait()) is not None:
            if callback is not None:
                callback(event)
            if self.raised is not None:
                raise self.raised
            self.answers.put(False)


def interruptible(
    work: Callable[[Ask], Result],
    callback: Callable[[str], object] | None = None,
    abort: Callable[[], object] = lambda: None,
) -> Result:
    """Do work, and return what it returns.

    Whatever the callback or a handler of a signal raises comes out, the latter within 0.2 s. The work is told to end.
    Where it does not at once, it goes on alone: all that it needs must be kept alive by itself.

    work: it calls a function with an event, whose answer is whether it must stop.
    callback: gets the events.
    abort: tells the work to end as soon as it can.
    """
    if threading.current_thread() is not threading.main_thread():
        return _do_here(work, callback)
    beside = _Beside(work)
    try:
        beside.attend(callback)
    except BaseException:
        abort()
        beside.stop()
        beside.is_done.wait(PATIENCE)
        raise
    if beside.error is not None:
        try:
            raise beside.error
        finally:
            beside.error = None  # whose traceback has this frame
    result: Result = beside.result
    return result


def _do_here(work: Callable[[Ask], Result], callback: Callable[[str], object] | None) -> Result:
    """The same in this thread, which no signal reaches."""
    raised: list[BaseException] = []

    def ask(event: str) -> bool:
        if callback is not None and not raised:
            try:
                callback(event)
            except BaseException as error:
                raised.append(error)
        return bool(raised)

    try:
        result = work(ask)
    except Exception:
        if raised:
            raise raised[0] from None
        raise
    if raised:
        raise raised[0]
    return result
