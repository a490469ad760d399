# SPDX-License-Identifier: Apache-2.0
"""A run over all pairs of a table, in the folder of its output."""

from __future__ import annotations

import math
import os
import shutil
import uuid
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import public
from .._images.arrays import describe
from .._registration.settings import to_number
from .cores import count_cores
from .locks import AlreadyLockedError, is_protected, locked, sign, signatures
from .pair import ATTEMPTS, find_overwritten, find_record
from .progress import CohortProgress, Watch
from .record import Record, read_json, read_record, write_json
from .result import Cohort
from .table import read_table
from .task import Task, make_task, read_common
from .workers import check_client, run_here, run_on_cluster

#: The file that a run holds as long as it works in a folder; that with the pairs of its table; and its results.
LOCK = ".lock"
TABLE = ".table"
RESULTS = "results.csv"

#: What files with the pairs of a table say they are.
TABLE_FORMAT = "itk-maskedsampling table 1"


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
    overwrite: bool = False,
    **settings: Any,
) -> Cohort:
    """Register many pairs of images, each with register().

    For each pair, ID.transform.h5 and ID.json, its record, are written, and at the end, also after Ctrl-C, results.csv.
    A pair that cannot be registered is recorded with its error, and the others go on; so is one that ends its process
    twice. A pair that has a record is not done again, unless its files, by size and date, have changed. So an
    interrupted run goes on where it was with the same call, or read_cohort() reads what there is. A script needs no
    guard of its main module for the processes.

    A result of other settings (than work_units), of another row of the table or of another version of this package is
    not overwritten: that is an error, unless overwrite says so. What failed is done again with other ones.

    Parameters
    ----------
    table : path, list of dicts or pandas.DataFrame
        A row for each pair; a path is that of a CSV file (in .tsv, tabs are between the columns). Its columns:

        - fixed, moving: paths of images; in a CSV file relative to its folder, otherwise to the current one.
        - fixed_mask, moving_mask, weights: paths of images, as register() has them; a row can have none.
        - initial: geometry, moments, none, or the path of a transform.
        - id: what the files of the pair are called, in at most 151 letters, digits and ._-+=@ and 242 bytes; without
          this column row-0001 and so on.
        - exactly the name of a setting of register(), such as seed or samples: that setting for its row; several
          numbers have spaces between them. If one cell cannot be a value of it, that is an error; a column of something
          else, such as center for the centre of a study or weights for those of people, has to be renamed.
        - all others, such as age or site, are kept in the result. Nearly the name of an image or a setting is an error,
          but a warning for words that tables have for other things: weight, sample, level, radius_mm.

        A cell that is empty or n/a says nothing, and a row of such cells is left out.
    client : dask.distributed.Client, optional
        For all machines of its cluster; the images and the output must be in folders that all of them share. Default:
        processes of this machine do the work.
    output : path
        The folder for the results, which is made if it is not there.
    processes : int, optional
        Of this machine. Default: as many as it has cores, or time of them for its cgroup, divided by work_units.
    progress : bool, default False
        Write a line on standard error after each pair.
    callback : function, optional
        Called with a CohortProgress at the start and after each pair. What it raises ends the run. Default: none is
        called.
    retry_failed : bool, default False
        Also do again what failed before.
    write_images : bool, default False
        Also write the moving images, on the grid of the fixed ones.
    overwrite : bool, default False
        Also do again what has a result of other settings, of another row or of another version.
    **settings
        Those of register(), for all pairs, also transform, initial and points; and fixed, moving, fixed_mask,
        moving_mask and weights for all rows without their own, as paths. work_units is 1 for each pair.

    Returns
    -------
    Cohort
        What is found is measured, at no more than 10000 of the sample points, in units of the spacing:

        - metric_first, metric_last: the metric at the first iteration of the last level, and at its end, of the same
          samples. With resample_every_iteration, which draws others each time, there is no metric_first; without an
          iteration there is neither.
        - points, fraction_in_moving: sample points of the last level, and the fraction of them that is inside the
          moving image. total_iterations: of all levels.
        - middle_displacement: how far the middle of the samples moves; rms_displacement, max_displacement: root mean
          square and maximum of all.
        - jacobian_min, jacobian_max: of the determinant of the Jacobian matrix inside the mask; folding: the fraction
          where it is not greater than 0. See Folding.
        - uncertainty_status: determined, ambiguous, weak or lost, and standard_error: how far points may be mapped
          wrong, root mean square over the mask; see Uncertainty. Nothing where they are not known, as with
          uncertainty="none".
        - warnings: what register() warned of, with | between them.

    Raises
    ------
    TypeError, ValueError, FileNotFoundError
        Before anything is registered, for a table or settings that are wrong, and for results that would be
        overwritten.
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
        if not overwrite:
            check_overwritten(output, left)
        write_table(folder, tasks)
        watch = Watch(list(records.values()), len(tasks), progress, callback)
        try:
            watch.tell()
            with closing(start(left, client, number)) as found:
                for record in found:
                    records[record.id] = record
                    watch.add(record)
        except BaseException:
            if client is None and is_protected(folder / LOCK):  # all processes that wrote there are dead
                remove_remains(folder, math.inf)
            with suppress(OSError, ValueError):
                read_cohort(folder)._write("output", folder / RESULTS)
            raise
        finally:
            watch.close()
        cohort = Cohort(tuple(replace(records[task.id], row=task.row) for task in tasks), folder)
        cohort._write("output", folder / RESULTS)
    return cohort


@public
def read_cohort(output: str | os.PathLike[str]) -> Cohort:
    """The records of the last run of register_cohort() in a folder: also while it runs, and after it was interrupted.

    They are those of its table, in its order, as far as they are done. Records of pairs that are no longer in the
    table, or that are of other settings, stay in the folder, but are left out.

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
    records = read_table_of(folder, [record for record in found if record is not None])
    if not records:
        raise ValueError(f"output: {os.fspath(output)!r} has no records of register_cohort()")
    return Cohort(tuple(records), folder)


def start(tasks: Sequence[Task], client: Any, processes: int) -> Generator[Record, None, None]:
    if client is not None:
        return run_on_cluster(tasks, client)
    return run_here(tasks, min(processes, max(len(tasks), 1)))


def choose_processes(processes: int | None, work_units: Any) -> int:
    """How many processes of this machine work. A pair with 0 work units takes all cores."""
    if processes is None:
        return max(count_cores() // work_units, 1) if work_units else 1
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


def check_overwritten(output: str | os.PathLike[str], tasks: Sequence[Task]) -> None:
    """Raise ValueError where results of other settings would be lost."""
    found = {task.id: other for task in tasks if (other := find_overwritten(task))}
    if found:
        name, other = next(iter(found.items()))
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        raise ValueError(
            f"output: {os.fspath(output)!r} has results that would be overwritten, of {name!r}{more}: "
            f"{'; '.join(other[:3])}{'; ...' if len(other) > 3 else ''}. Give another folder, or overwrite=True"
        )


def write_table(folder: Path, tasks: Sequence[Task]) -> None:
    """Keep which pairs are those of the run."""
    pairs = [{"id": task.id, "key": task.key, "row": task.row} for task in tasks]
    write_json("output", folder / TABLE, {"format": TABLE_FORMAT, "pairs": pairs})


def read_table_of(folder: Path, records: Sequence[Record]) -> list[Record]:
    """The records of the last run in a folder, with the rows of its table; all, if it is not known."""
    table = read_json(folder / TABLE, TABLE_FORMAT)
    if table is None:
        return list(records)
    known = {record.id: record for record in records}
    found = [(known[pair["id"]], pair) for pair in table["pairs"] if pair["id"] in known]
    return [replace(record, row=pair["row"]) for record, pair in found if record.key in ("", pair["key"])]


@contextmanager
def only_run(folder: Path, run: str) -> Iterator[None]:
    """No other run works in the folder."""
    file = folder / LOCK
    try:
        with locked(file, wait=False) as lock:
            lock.truncate(0)
            sign(lock, run)
            if not is_protected(file):
                warnings.warn(
                    f"output: the file system of {os.fspath(folder)!r} has no locks that work: nothing keeps two runs "
                    "from working in this folder at once, nor two workers from doing the same pair. Start one run only",
                    stacklevel=4,  # of who calls register_cohort()
                )
            remove_remains(folder, file.stat().st_mtime - 3600)
            yield
    except AlreadyLockedError as error:
        # Who holds it may not have signed yet.
        who = "".join(f": process {pid} of {host}, since {when}" for when, host, pid, _ in signatures(file)[-1:])
        raise RuntimeError(
            f"output: another run works in {os.fspath(folder)!r}{who}. Wait for its end, or give another folder"
        ) from error


def remove_remains(folder: Path, before: float) -> None:
    """Remove what writers left that were killed, if it is older than a time."""
    for remains in folder.glob(".*.part"):
        if remains.stat().st_mtime < before:
            shutil.rmtree(remains, ignore_errors=True)
