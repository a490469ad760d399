# SPDX-License-Identifier: Apache-2.0
"""What the runs in a folder have left."""

from __future__ import annotations

import os
from pathlib import Path

from .. import public
from .folder import RESULTS, TURN, read_table_of
from .locks import locked
from .record import read_record
from .result import Cohort


@public
def read_cohort(output: str | os.PathLike[str]) -> Cohort:
    """The records of the last run of register_cohort() in a folder: also while it runs, and after it was interrupted.

    They are those of its table, in its order, as far as they are done; of shards, those of all. Records of pairs that
    are no longer in the table, or that are of other settings or of files that have changed, stay in the folder, but are
    left out. What has none yet is missing.

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
    records, missing = read_table_of(folder, [record for record in found if record is not None])
    if not records:
        of = f": none of its {len(missing)} pairs is done yet" if missing else " of register_cohort()"
        raise ValueError(f"output: {os.fspath(output)!r} has no records{of}")
    return Cohort(tuple(records), folder, tuple(missing))


@public
def collect_cohort(output: str | os.PathLike[str]) -> Cohort:
    """What all shards in a folder have left, as one result: read_cohort(), and results.csv is written anew.

    A shard does so at its end, too; this is for those that were killed, and to see which pairs are missing.

    Parameters
    ----------
    output : path
        The folder.

    Returns
    -------
    Cohort
        missing has the ids of pairs of the table without a record: start their shards again.

    Raises
    ------
    FileNotFoundError
        Where there is no such folder.
    ValueError
        If it has no records.
    OSError
        If results.csv cannot be written.
    """
    folder = read_cohort(output).output
    # Who reads last writes last.
    with locked(folder / TURN, wait=True):
        cohort = read_cohort(folder)
        cohort._write("output", folder / RESULTS)
    return cohort
