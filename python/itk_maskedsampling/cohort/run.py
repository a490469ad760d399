# SPDX-License-Identifier: Apache-2.0
"""A run over all pairs of a table, in the folder of its output."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import public
from .._images.arrays import describe
from .._registration.settings import to_number
from .locks import AlreadyLockedError, locked, sign, signatures
from .pair import ATTEMPTS, find_record
from .progress import CohortProgress, Watch
from .record import Record, read_record
from .result import Cohort
from .table import read_table
from .task import Task, make_task, read_common
from .workers import check_client, run_here, run_on_cluster

#: The file that a run holds as long as it works in a folder, and the table that it leaves there.
LOCK = ".lock"
RESULTS = "results.csv"


@public
def register_cohort(
    table: Any,
    client: Any = None,
    *,
    output: str | os.PathLike[str],
    processes: int | None = None,
    progress: bool = False,
    callback: Callable[[CohortProgress], object] | None = None,
    retry_failed: bool = False,
    write_images: bool = False,
    **settings: Any,
) -> Cohort:
    """Register many pairs of images, each with register().

    For each pair, ID.transform.h5 and ID.json, its record, are written, and at the end results.csv. A pair that cannot
    be registered is recorded with its error, and the others go on; so is one that ends its process twice. A pair that
    has a record is not done again, unless its row, the settings (other than work_units), the version of this package or
    its files, by size and date, have changed. So an interrupted run goes on where it was with the same call, or
    read_cohort() reads what there is. A script needs no guard of its main module for the processes.

    Parameters
    ----------
    table : path, list of dicts or pandas.DataFrame
        A row for each pair; a path is that of a CSV file (in .tsv, tabs are between the columns). Its columns:

        - fixed, moving: paths of images; in a CSV file relative to its folder, otherwise to the current one.
        - fixed_mask, moving_mask, weights: paths of images, as register() has them; a row can have none.
        - initial: geometry, moments, none, or the path of a transform.
        - id: what the files of the pair are called; without this column row-0001 and so on.
        - the name of a setting of register(), such as seed or samples: that setting for its row; several numbers have
          spaces between them.
        - all others, such as age or site, are kept in the result.
    client : dask.distributed.Client, optional
        For all machines of its cluster; the images and the output must be in folders that all of them share. Default:
        processes of this machine do the work.
    output : path
        The folder for the results, which is made if it is not there.
    processes : int, optional
        Of this machine. Default: as many as it has cores, divided by work_units.
    progress : bool, default False
        Write a line on standard error after each pair.
    callback : function, optional
        Called with a CohortProgress at the start and after each pair. What it raises ends the run. Default: none is
        called.
    retry_failed : bool, default False
        Also do again what failed before.
    write_images : bool, default False
        Also write the moving images, on the grid of the fixed ones.
    **settings
        Those of register(), for all pairs, also transform, initial and points; and fixed, moving, fixed_mask,
        moving_mask and weights for all rows without their own, as paths. work_units is 1 for each pair.

    Returns
    -------
    Cohort
        What is found is measured, at no more than 10000 of the sample points, in units of the spacing:

        - metric_first, metric_last: the metric at the first iteration of the last level, and at the end.
        - points, fraction_in_moving: sample points of the last level, and the fraction of them that is inside the
          moving image. total_iterations: of all levels.
        - middle_displacement: how far the middle of the samples moves; rms_displacement, max_displacement: root mean
          square and maximum of all.
        - jacobian_min, jacobian_max: of the determinant of the Jacobian matrix; folding: the fraction where it is not
          greater than 0.

    Raises
    ------
    TypeError, ValueError, FileNotFoundError
        Before anything is registered, for a table or settings that are wrong.
    RuntimeError
        If another run works in the folder.
    OSError
        Where records cannot be written.
    KeyboardInterrupt
        After Ctrl-C; on a cluster, pairs that are running go on to their end.
    """
    if client is not None:
        check_client(client)
        if processes is not None:
            raise ValueError(f"processes: {processes}, but the client has workers of its own; leave one of them out")
    if callback is not None and not callable(callback):
        raise TypeError(f"callback: a function is needed, not {describe(callback)}")
    common = read_common(settings)
    number = choose_processes(processes, common.settings["work-units"])
    pairs = read_table(table, common.images)
    folder = make_folder(output)
    run = uuid.uuid4().hex
    with only_run(folder, run):
        tasks = [make_task(pair, common, folder, run, write_images, retry_failed) for pair in pairs]
        records = {task.id: record for task in tasks if (record := find_record(task)) is not None}
        left = [task for task in tasks if task.id not in records]
        watch = Watch(list(records.values()), len(tasks), progress, callback)
        try:
            watch.tell()
            with closing(start(left, client, number)) as found:
                for record in found:
                    records[record.id] = record
                    watch.add(record)
        finally:
            watch.close()
        cohort = Cohort(tuple(replace(records[task.id], row=task.row) for task in tasks), folder)
        cohort.write(folder / RESULTS)
    return cohort


@public
def read_cohort(output: str | os.PathLike[str]) -> Cohort:
    """All records in the output folder of register_cohort(), by id: also while it runs, and after it was interrupted.

    Parameters
    ----------
    output : path
        The folder.

    Returns
    -------
    Cohort

    Raises
    ------
    FileNotFoundError
        Where there is no such folder.
    ValueError
        If it has no records.
    """
    folder = Path(output).expanduser().absolute()
    if not folder.is_dir():
        raise FileNotFoundError(f"output: there is no folder {os.fspath(output)!r} (in {Path.cwd()})")
    found = [read_record(file) for file in sorted(folder.glob("*.json"))]
    records = tuple(record for record in found if record is not None)
    if not records:
        raise ValueError(f"output: {os.fspath(output)!r} has no records of register_cohort()")
    return Cohort(records, folder)


def start(tasks: Sequence[Task], client: Any, processes: int) -> Generator[Record, None, None]:
    if client is not None:
        return run_on_cluster(tasks, client)
    return run_here(tasks, min(processes, max(len(tasks), 1)))


def choose_processes(processes: int | None, work_units: Any) -> int:
    """How many processes of this machine work. A pair with 0 work units takes all cores."""
    if processes is None:
        cores = len(os.sched_getaffinity(0))
        return max(cores // work_units, 1) if work_units else 1
    number = int(to_number("processes", processes, "count"))
    if number == 0:
        raise ValueError("processes: at least 1 is needed, not 0; without it, there are as many as cores")
    return number


# The output folder


def make_folder(output: str | os.PathLike[str]) -> Path:
    if not isinstance(output, str | os.PathLike):
        raise TypeError(f"output: the path of a folder is needed, not {describe(output)}")
    folder = Path(output).expanduser().absolute()
    if not folder.parent.is_dir():
        raise FileNotFoundError(f"output: there is no folder {os.fspath(folder.parent)!r} (in {Path.cwd()})")
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"output: {os.fspath(output)!r} is a file; give the path of a folder")
    (folder / ATTEMPTS).mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def only_run(folder: Path, run: str) -> Iterator[None]:
    """No other run works in the folder."""
    file = folder / LOCK
    try:
        with locked(file, wait=False) as lock:
            sign(lock, run)
            remove_remains(folder, file.stat().st_mtime - 3600)
            yield
    except AlreadyLockedError as error:
        when, host, pid, _ = signatures(file)[-1]
        raise RuntimeError(
            f"output: another run works in {os.fspath(folder)!r}: process {pid} of {host}, since {when}. Wait for its "
            "end, or give another folder"
        ) from error


def remove_remains(folder: Path, before: float) -> None:
    """Remove what writers left that were killed, if it is older than a time."""
    for remains in folder.glob(".*.part"):
        if remains.stat().st_mtime < before:
            shutil.rmtree(remains, ignore_errors=True)
