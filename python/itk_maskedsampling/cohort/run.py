# SPDX-License-Identifier: Apache-2.0
"""A run over all pairs of a table, in the folder of its output."""

from __future__ import annotations

import math
import os
import uuid
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .. import public
from .._images.arrays import describe
from .._registration.settings import to_number
from .cores import count_cores
from .folder import (
    LOCK,
    RESULTS,
    TURN,
    check_overwritten,
    check_table,
    find_changed,
    make_folder,
    remove_remains,
    work_in,
    write_table,
)
from .locks import is_protected, locked
from .names import read_style
from .pair import find_record, update_record
from .progress import CohortProgress, Watch
from .reading import collect_cohort
from .record import Record
from .result import Cohort
from .shards import read_shard
from .table import read_table
from .task import Task, make_task, read_common
from .workers import check_client, run_here, run_on_cluster


@public
def register_cohort(
    table: Any,
    client: Any = None,
    *,
    output: str | os.PathLike[str],
    shard: str | tuple[int, int] | None = None,
    processes: int | None = None,
    progress: bool = False,
    callback: Callable[[CohortProgress], object] | None = None,
    retry_failed: bool = False,
    write_images: bool = False,
    write_reports: bool = False,
    names: str = "plain",
    overwrite: bool = False,
    **settings: Any,
) -> Cohort:
    """Register many pairs of images, each with register().

    For each pair, ID.transform.h5 and ID.json, its record, are written, and at the end, also after Ctrl-C, results.csv.
    A pair that cannot be registered is recorded with its error, and the others go on; so is one that ends its process
    twice. A pair that has a record is not done again, unless what is in its files has changed: they may be at another
    place, or have other dates. So an interrupted run goes on where it was with the same call, or read_cohort() reads
    what there is. A script needs no guard of its main module for the processes.

    A result of other settings (than work_units), of another row of the table or of another version of this package is
    not overwritten: that is an error, unless overwrite says so. What failed is done again with other ones.

    Parameters
    ----------
    table : path, list of dicts or pandas.DataFrame
        A row for each pair; a path is that of a CSV file (in .tsv, tabs are between the columns). Its columns:

        - fixed, moving: paths of images; in a CSV file relative to its folder, otherwise to the current one.
        - fixed_mask, moving_mask, weights: paths of images, as register() has them; a row can have none.
        - fixed_label, moving_label: labels of the masks, with spaces between them.
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
    shard : str or tuple of two int, optional
        Only a part of the pairs: "1/8" or (1, 8) is the first of 8 parts, which are counted from 1 and have every 8th
        pair of the table. Jobs with the same table and settings, each with a part of its own, can work in one folder at
        once. results.csv is then that of all parts; collect_cohort() tells which pairs are missing. Default: all pairs.
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
    write_reports : bool, default False
        Also write the report of each pair, ID.html, see write_report(). Needs matplotlib.
    names : str, default "plain"
        What files are called. With "bids", those of the transforms ID_from-moving_to-fixed_mode-image_xfm.h5, and those
        of images ID_space-fixed_desc-moved_T1w.nii.gz, with the suffix of the moving image; ids are as sub-01_ses-2.
        Columns "from" and "to" of the table have other labels for moving and fixed. The transform maps points of "to"
        to those of "from", which brings the image of "from" to the other.
    overwrite : bool, default False
        Also do again what has a result of other settings, of another row or of another version.
    **settings
        Those of register(), for all pairs, also transform, initial and points; and fixed, moving, fixed_mask,
        moving_mask and weights for all rows without their own, as paths. work_units is 1 for each pair.

    Returns
    -------
    Cohort
        All pairs, or those of the shard. What is found is measured, at no more than 10000 of the sample points, in
        units of the spacing:

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
        If another run works in the folder; shards of the same table with the same settings may.
    ImportError
        For reports without matplotlib.
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
    part, style = read_shard(shard), read_style(names)
    if write_reports and find_spec("matplotlib") is None:
        raise ImportError('write_reports: matplotlib is needed: pip install "itk-maskedsampling[plot]"')
    pairs = read_table(table, common.images)
    folder = make_folder(output)
    run = uuid.uuid4().hex
    how = (write_images, retry_failed, style, write_reports)
    tasks = [make_task(pair, common, folder, run, *how) for pair in pairs]
    own = tasks if part is None else part.choose(tasks)
    with ExitStack() as stack:
        records = come_in(stack, folder, output, tasks, own, overwrite)
        left = [task for task in own if task.id not in records]
        watch = Watch(list(records.values()), len(own), progress, callback)
        try:
            watch.tell()
            with closing(start(left, client, number)) as found:
                for record in found:
                    records[record.id] = record
                    watch.add(record)
        except BaseException:
            if client is None and part is None and is_protected(folder / LOCK):
                remove_remains(folder, math.inf)  # all processes that wrote there are dead
            with suppress(OSError, ValueError):
                collect_cohort(folder)
            raise
        finally:
            watch.close()
        cohort = Cohort(tuple(replace(records[task.id], row=task.row) for task in own), folder)
        if part is None:
            cohort._write("output", folder / RESULTS)
        elif own:
            collect_cohort(folder)
    return cohort


def come_in(
    stack: ExitStack,
    folder: Path,
    output: str | os.PathLike[str],
    tasks: Sequence[Task],
    own: Sequence[Task],
    overwrite: bool,
) -> dict[str, Record]:
    """Begin to work in a folder, until the stack is closed. Gives the records that there are already, by id.

    own: those tasks that are to be done; where they are not all, others work there, too, that have the same tasks.
    """
    shares = own is not tasks
    if shares:
        # Files that have to be read to know them are, before others have to wait for that.
        find_records(own)
    with locked(folder / TURN, wait=True):
        is_alone = stack.enter_context(work_in(folder, tasks[0].run, shares))
        if not is_alone:
            check_table(folder, tasks)
        records = find_records(own)
        if not overwrite:
            ids = {task.id for task in own}
            left = [task for task in own if task.id not in records]
            check_overwritten(output, [*left, *find_changed(folder, [task for task in tasks if task.id not in ids])])
        if is_alone:
            write_table(folder, tasks)
    for task in own:
        if (record := update_record(task, records.get(task.id))) is not None:
            records[task.id] = record
    return records


def find_records(tasks: Sequence[Task]) -> dict[str, Record]:
    """Those that there are already, by id."""
    return {task.id: record for task in tasks if (record := find_record(task)) is not None}


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
