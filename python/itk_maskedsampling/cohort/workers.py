# SPDX-License-Identifier: Apache-2.0
"""Those who do the work: processes of this machine, or a Dask cluster. Both give records as they come."""

from __future__ import annotations

import contextlib
import importlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Generator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from typing import Any

from .._images.arrays import describe
from .._images.conversion import libraries_of
from .pair import count_attempts, record_death, register_pair
from .record import Record
from .task import Task

#: How often a pair is begun whose process dies.
TRIES = 2


class WorkerDiedError(RuntimeError):
    """The process that registered a pair ended without an answer."""


# This machine


class Process:
    """A process of this machine that registers one pair after the other; a new one when it has died."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.ended = False

    def register(self, task: Task) -> Record:
        """The record of a task. Raises WorkerDiedError if the process died, and what was raised in it."""
        process = self.start()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            pickle.dump(task, process.stdin)
            process.stdin.flush()
            answer = pickle.load(process.stdout)
        except (EOFError, OSError, ValueError, pickle.UnpicklingError) as error:
            self.close()
            raise WorkerDiedError(f"its process died: {describe_end(process.returncode)}") from error
        if isinstance(answer, BaseException):
            raise answer
        record: Record = answer
        return record

    def start(self) -> subprocess.Popen[bytes]:
        with self.lock:
            if self.ended:
                raise CancelledError
            if self.process is None:
                # Not multiprocessing: it would run the script of the user again in each process.
                self.process = subprocess.Popen(
                    [sys.executable, "-P", "-m", f"{__package__}._worker"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    env={**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
                    start_new_session=True,
                )
            return self.process

    def close(self) -> None:
        """End the process, whatever it is doing."""
        with self.lock:
            process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                with contextlib.suppress(OSError, ValueError):
                    stream.close()  # type: ignore[union-attr]

    def end(self) -> None:
        """End the process, and start no other."""
        self.ended = True
        self.close()


def describe_end(code: int) -> str:
    """Of a process."""
    if code >= 0:
        return f"it ended with exit code {code}"
    return f"it was ended by signal {-code}{name_signal(-code)}"


def name_signal(number: int) -> str:
    """The name of a signal in brackets, as far as it has one: of those for real time, only two have."""
    try:
        return f" ({signal.Signals(number).name})"
    except ValueError:
        is_real_time = signal.SIGRTMIN < number < signal.SIGRTMAX
        return f" (SIGRTMIN+{number - signal.SIGRTMIN})" if is_real_time else ""


def run_here(tasks: Sequence[Task], processes: int) -> Generator[Record, None, None]:
    """Register with so many processes of this machine. If the iterator is closed before its end, they end at once."""
    workers = [Process() for _ in range(processes)]
    idle: queue.SimpleQueue[Process] = queue.SimpleQueue()
    for worker in workers:
        idle.put(worker)
    pool = ThreadPoolExecutor(processes)
    try:
        futures = [pool.submit(run_in_process, idle, task) for task in tasks]
        for future in as_completed(futures):
            yield future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.end()
        pool.shutdown(wait=True)


def run_in_process(idle: queue.SimpleQueue[Process], task: Task) -> Record:
    """Register in a process that is idle. If it dies, in another; a pair that ends that one as well has failed."""
    worker = idle.get()
    try:
        for _ in range(TRIES - 1):
            with contextlib.suppress(WorkerDiedError):
                return worker.register(task)
        return worker.register(task)
    except WorkerDiedError as error:
        if worker.ended:
            raise CancelledError from error
        return record_death(task, error)
    finally:
        idle.put(worker)


# A cluster


def check_client(client: Any) -> None:
    """Raise TypeError for what is no client of Dask's that waits for its answers."""
    if "distributed" not in libraries_of(client) or not hasattr(client, "submit"):
        raise TypeError(
            "client: a dask.distributed.Client is needed, or None for processes of this machine, not "
            f'{describe(client)}. Dask comes with: pip install "itk-maskedsampling[cohort]"'
        )
    if client.asynchronous:
        raise TypeError("client: this one is asynchronous; make it with Client(..., asynchronous=False)")


def run_on_cluster(tasks: Sequence[Task], client: Any) -> Generator[Record, None, None]:
    """Register with the workers of a cluster, which restarts those that die. If the iterator is closed before its end,
    pairs that are not yet begun are taken back; those that are go on, and are recorded."""
    distributed: Any = importlib.import_module("distributed")
    futures = submit(tasks, client)
    coming = distributed.as_completed(list(futures))
    try:
        for future in coming:
            if future.status in ("pending", "lost"):
                # The worker died that had the result: it comes again, from another one, that finds the record.
                coming.add(future)
                continue
            task = futures.pop(future)
            if future.status == "cancelled":
                raise RuntimeError(
                    f"the registration of {task.id!r} was cancelled. What was done is recorded: the same call "
                    "again goes on from there"
                )
            error = future.exception()
            if error is None:
                yield future.result()
            elif not isinstance(error, distributed.scheduler.KilledWorker):
                raise error
            elif count_attempts(task) < TRIES:
                # Dask also blames pairs that only waited for a worker that died.
                again = submit([task], client)
                futures.update(again)
                coming.update(again)
            else:
                yield record_death(task, error)
    finally:
        client.cancel(list(futures))


def submit(tasks: Sequence[Task], client: Any) -> dict[Any, Task]:
    """The future of each task. They are one group, so that each worker gets but a few of them at a time."""
    group = f"register-{uuid.uuid4().hex}"
    futures = client.map(register_pair, tasks, key=[(group, task.id) for task in tasks], pure=False)
    return dict(zip(futures, tasks, strict=True))
