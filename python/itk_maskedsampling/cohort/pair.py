# SPDX-License-Identifier: Apache-2.0
"""What a worker does with a pair of a cohort: once, whoever asks for it and however often."""

from __future__ import annotations

import shutil
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from socket import gethostname
from typing import Any

from .._images.arrays import to_json
from .._images.files import write_image
from .._images.image import Image
from .._images.output import whole_file
from .._registration.register import register
from .._registration.result import Registration
from .._transforms.transform import Transform
from .locks import AlreadyLockedError, locked, now, sign, signatures
from .quality import measure
from .record import REPORT, THUMBNAIL, Record, has_files, read_record, remove_results, write_record
from .task import Task, describe_files, differences, has_same_inputs
from .thumbnail import make_thumbnail

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
    if record.status == "failed" and task.retry and record.run != task.run:
        return None
    if record.status == "done" and (
        (task.write_images and record.moved_file is None) or (task.write_reports and record.report_file is None)
    ):
        return None
    return record if has_same_inputs(record.basis, task) else None


def update_record(task: Task, found: Record | None) -> Record | None:
    """Bring the record that was found of a task up to date: what it says of files that are at another place, or have
    other dates, so that they are read once to know them again, and what its own files are called. A record of other
    contents, which was not found, is no longer one of this task."""
    folder = Path(task.output)
    file = folder / f"{task.id}.json"
    record = found or read_record(file)
    if record is None or record.key != task.key:
        return found
    if found is not None:
        basis = {**task.basis, "files": describe_files(task, found.basis)}
        new = replace(found, basis=basis, files=rename(found, task))
    elif has_same_inputs(record.basis, task):
        return None
    else:
        new = replace(record, key=f"{record.key} of other files")
    if new == record:
        return found
    # Who holds it is about to write another one.
    with suppress(AlreadyLockedError), locked(attempts(task), wait=False):
        if read_record(file) == record:
            for old, name in zip(record.files, new.files, strict=True):
                if name != old:
                    with whole_file("output", folder / name) as copy:
                        shutil.copyfile(folder / old, copy)
            write_record(folder, new)
            for old in record.files.keys() - new.files.keys():
                (folder / old).unlink(missing_ok=True)
            return found and new
    return found


def rename(record: Record, task: Task) -> dict[str, int]:
    """The files of a record as those of a task are called."""
    names = {record.transform_file: task.names.transform, record.moved_file: task.names.moved}
    return {names.get(name, name): size for name, size in record.files.items()}


def record_death(task: Task, error: BaseException) -> Record:
    """Record that whoever worked on a task did not live to write a record; or return the one that it did write."""
    with locked(attempts(task), wait=True):
        record = find_record(task)
        if record is None:
            started, host, pid, _ = [(now(), gethostname(), 0, ""), *signatures(attempts(task))][-1]
            remove_results(Path(task.output), task.id)
            seconds = (datetime.now(UTC) - datetime.fromisoformat(started)).total_seconds()
            record = make_failure(task, describe_basis(task), started, seconds, error, host=host, pid=pid)
            write_record(Path(task.output), record)
    return record


def find_overwritten(task: Task) -> list[str]:
    """What is another one now of the result that is there of a task, which is to be done again; nothing where there is
    no result, or only its files have changed since."""
    folder = Path(task.output)
    record = read_record(folder / f"{task.id}.json")
    if record is None or record.status == "failed" or not has_files(folder, record):
        return []
    return differences(record.basis, task) if record.key != task.key or record.basis else []


def count_attempts(task: Task) -> int:
    """How often the pair was begun in this run."""
    return sum(run == task.run for *_, run in signatures(attempts(task)))


def attempts(task: Task) -> Path:
    return Path(task.output) / ATTEMPTS / task.id


def attempt(task: Task) -> Record:
    """Register, and write the transform and the image. What was there before of this pair is removed."""
    folder = Path(task.output)
    started, start = now(), time.perf_counter()
    # Before they are read: what changes meanwhile is seen the next time.
    basis = describe_basis(task)
    try:
        result = register(**task.arguments)
        quality = to_json(measure(result))
        moved = result.resample() if task.write_images else None
        remove_results(folder, task.id)
        written = write_results(task, result, moved)
    except Exception as error:
        remove_results(folder, task.id)
        return make_failure(task, basis, started, time.perf_counter() - start, error)
    settings = [{name: describe_setting(value) for name, value in stage.items()} for stage in result.settings]
    return Record(
        id=task.id,
        status="done",
        key=task.key,
        basis=basis,
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


def write_results(task: Task, result: Registration, moved: Image | None) -> list[str]:
    """Write what belongs to a pair but its record. Gives the names of the files on which that relies."""
    folder, written = Path(task.output), [task.names.transform]
    result.transform.write(folder / task.names.transform)
    if moved is not None:
        written.append(task.names.moved)
        write_image(moved, folder / task.names.moved)
    if task.write_reports:
        # It loads matplotlib, which nothing else needs.
        from .._report.page import write_report  # noqa: PLC0415

        written.append(f"{task.id}{REPORT}")
        write_report(result, folder / f"{task.id}{REPORT}", title=task.id)
    picture = None
    with suppress(Exception):  # a pair has not failed for want of a picture
        picture = make_thumbnail(result)
    if picture is not None:
        with whole_file("output", folder / f"{task.id}{THUMBNAIL}") as file:
            file.write_bytes(picture)
    return written


def describe_basis(task: Task) -> dict[str, Any]:
    """All on which the result depends, with the contents of its files, as a record has it."""
    before = read_record(Path(task.output) / f"{task.id}.json")
    return {**task.basis, "files": describe_files(task, {} if before is None else before.basis)}


def make_failure(
    task: Task, basis: Mapping[str, Any], started: str, seconds: float, error: BaseException, **known: Any
) -> Record:
    return Record(
        id=task.id,
        status="failed",
        key=task.key,
        basis=basis,
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
