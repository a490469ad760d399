# SPDX-License-Identifier: Apache-2.0
"""What a worker does with a pair of a cohort: once, whoever asks for it and however often."""

from __future__ import annotations

import time
import traceback
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from socket import gethostname
from typing import Any

from .._images.arrays import to_json
from .._images.files import write_image
from .._registration.register import register
from .._transforms.transform import Transform
from .locks import locked, now, sign, signatures
from .quality import measure
from .record import MOVED, TRANSFORM, Record, has_files, read_record, remove_results, write_record
from .task import Task, differences

#: The folder with a file for each pair, which is locked while it is worked on, and has a line for each attempt.
ATTEMPTS = ".attempts"


def register_pair(task: Task) -> Record:
    """Register a pair, write what was found, and return its record; or just the record that is there already.

    What register() raises is in the record. Raises OSError where the record cannot be written.
    """
    with locked(attempts(task), wait=True) as file:
        record = find_record(task)
        if record is None:
            sign(file, task.run)
            record = attempt(task)
            write_record(Path(task.output), record)
    return record


def find_record(task: Task) -> Record | None:
    """The record of a task that needs not be done any more."""
    folder = Path(task.output)
    record = read_record(folder / f"{task.id}.json")
    if record is None or record.key != task.key or not has_files(folder, record):
        return None
    if record.status == "failed":
        return None if task.retry and record.run != task.run else record
    return None if task.write_images and f"{task.id}{MOVED}" not in record.files else record


def record_death(task: Task, error: BaseException) -> Record:
    """Record that whoever worked on a task did not live to write a record; or return the one that it did write."""
    with locked(attempts(task), wait=True):
        record = find_record(task)
        if record is None:
            started, host, pid, _ = [(now(), gethostname(), 0, ""), *signatures(attempts(task))][-1]
            remove_results(Path(task.output), task.id)
            seconds = (datetime.now(UTC) - datetime.fromisoformat(started)).total_seconds()
            record = make_failure(task, started, seconds, error, host=host, pid=pid)
            write_record(Path(task.output), record)
    return record


def find_overwritten(task: Task) -> list[str]:
    """What is another one now of the result that is there of a task, which is to be done again; nothing where there is
    no result, or only its files have changed since."""
    folder = Path(task.output)
    record = read_record(folder / f"{task.id}.json")
    if record is None or record.key == task.key or record.status == "failed" or not has_files(folder, record):
        return []
    return differences(record.basis, task)


def count_attempts(task: Task) -> int:
    """How often the pair was begun in this run."""
    return sum(run == task.run for *_, run in signatures(attempts(task)))


def attempts(task: Task) -> Path:
    return Path(task.output) / ATTEMPTS / task.id


def attempt(task: Task) -> Record:
    """Register, and write the transform and the image. What was there before of this pair is removed."""
    folder = Path(task.output)
    started, start = now(), time.perf_counter()
    try:
        result = register(**task.arguments)
        quality = to_json(measure(result))
        moved = result.resample() if task.write_images else None
        remove_results(folder, task.id)
        result.transform.write(folder / f"{task.id}{TRANSFORM}")
        if moved is not None:
            write_image(moved, folder / f"{task.id}{MOVED}")
    except Exception as error:
        remove_results(folder, task.id)
        return make_failure(task, started, time.perf_counter() - start, error)
    written = [f"{task.id}{TRANSFORM}"] + ([f"{task.id}{MOVED}"] if moved is not None else [])
    settings = [{name: describe_setting(value) for name, value in stage.items()} for stage in result.settings]
    return Record(
        id=task.id,
        status="done",
        key=task.key,
        basis=task.basis,
        run=task.run,
        row=task.row,
        started=started,
        seconds=time.perf_counter() - start,
        files={name: (folder / name).stat().st_size for name in written},
        quality=quality,
        register_seconds=result.seconds,
        stop_condition=result.stop_condition.strip(),
        warnings=result.warnings,
        uncertainty_status=None if result.uncertainty is None else result.uncertainty.status,
        levels=tuple(to_json(asdict(report)) for report in result.levels),
        settings=tuple(settings),
    )


def make_failure(task: Task, started: str, seconds: float, error: BaseException, **known: Any) -> Record:
    return Record(
        id=task.id,
        status="failed",
        key=task.key,
        basis=task.basis,
        run=task.run,
        row=task.row,
        started=started,
        seconds=seconds,
        error_type=type(error).__name__,
        error=str(error).strip() or type(error).__name__,
        traceback="".join(traceback.format_exception(error)),
        **known,
    )


def describe_setting(value: Any) -> Any:
    """A setting as it can be read again; of a transform to start from, what it is."""
    return repr(value) if isinstance(value, Transform) else to_json(value)
