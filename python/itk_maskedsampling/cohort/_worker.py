# SPDX-License-Identifier: Apache-2.0
"""A process that registers pairs for another one: python -m itk_maskedsampling.cohort._worker.

Tasks come pickled on standard input; for each, its record, or the exception that was raised, goes pickled to standard
output. It ends when standard input does, at once: so it does not outlive the process that started it.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import sys
import threading
from typing import BinaryIO

from .pair import register_pair
from .record import Record
from .task import Task


def main() -> None:
    # Ctrl-C in a terminal is for the process that started this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What libraries print goes to standard error.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()
    threading.Thread(target=receive, args=(sys.stdin.buffer, tasks), daemon=True).start()
    while True:
        task = tasks.get()
        try:
            answer: Record | BaseException = register_pair(task)
        except Exception as error:
            answer = error
        answers.write(pack(answer))
        answers.flush()


def pack(answer: Record | BaseException) -> bytes:
    """An answer, pickled; of an exception that does not come out of that as it was, what it said."""
    if isinstance(answer, Record):
        return pickle.dumps(answer)
    with contextlib.suppress(Exception):
        packed = pickle.dumps(answer)
        if str(pickle.loads(packed)) == str(answer):
            return packed
    return pickle.dumps(RuntimeError(f"{type(answer).__name__}: {answer}"))


def receive(stream: BinaryIO, tasks: queue.SimpleQueue[Task]) -> None:
    """Put tasks into a queue; end the process with the stream, whatever it is doing."""
    try:
        while True:
            tasks.put(pickle.load(stream))
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
