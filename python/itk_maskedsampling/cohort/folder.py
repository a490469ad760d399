# SPDX-License-Identifier: Apache-2.0
"""The folder of the output: who works in it, and which pairs are those of its table."""

from __future__ import annotations

import fcntl
import os
import shutil
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from .._images.arrays import describe
from .locks import AlreadyLockedError, is_protected, locked, sign, signatures
from .pair import ATTEMPTS, find_overwritten
from .record import Record, read_json, write_json
from .task import Task

#: The file that a run holds as long as it works in a folder, shards together; that which is held to come in, and to
#: write the results; that with the pairs of the table; and the results.
LOCK = ".lock"
TURN = ".turn"
TABLE = ".table"
RESULTS = "results.csv"

#: What files with the pairs of a table say they are.
TABLE_FORMAT = "itk-maskedsampling table 1"


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


# Who works in it


@contextmanager
def work_in(folder: Path, run: str, shares: bool) -> Iterator[bool]:
    """No other run works in the folder, or only ones that share it. Gives whether there is none when it begins.

    It is entered by one at a time, who holds TURN.
    """
    file = folder / LOCK
    with ExitStack() as stack:
        try:
            lock = stack.enter_context(locked(file, wait=False))
            is_alone = True
        except AlreadyLockedError as error:
            if not shares:
                raise make_refusal(folder) from error
            try:
                lock = stack.enter_context(locked(file, wait=False, shared=True))
            except AlreadyLockedError as other:
                raise make_refusal(folder) from other
            is_alone = False
        if is_alone:
            lock.truncate(0)
        sign(lock, run)
        if not is_protected(file):
            once = "Start each shard once only" if shares else "Start one run only"
            warnings.warn(
                f"output: the file system of {os.fspath(folder)!r} has no locks that work: nothing keeps two runs "
                f"from working in this folder at once, nor two workers from doing the same pair. {once}",
                stacklevel=6,  # of who calls register_cohort()
            )
        if is_alone and shares:
            share(lock.fileno())
        remove_remains(folder, file.stat().st_mtime - 3600)
        yield is_alone


def share(descriptor: int) -> None:
    """Others may hold a file, too, that share it."""
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)


def make_refusal(folder: Path, reason: str = "") -> RuntimeError:
    # Who holds it may not have signed yet.
    signed = signatures(folder / LOCK)[-1:]
    who = "".join(f": process {pid} of {host}, since {when}" for when, host, pid, _ in signed)
    return RuntimeError(
        f"output: another run works in {os.fspath(folder)!r}{reason}{who}. Wait for its end, or give another folder"
    )


def remove_remains(folder: Path, before: float) -> None:
    """Remove what writers left that were killed, if it is older than a time."""
    for remains in folder.glob(".*.part"):
        try:
            is_old = remains.stat().st_mtime < before
        except FileNotFoundError:
            continue  # its writer has ended
        if is_old:
            shutil.rmtree(remains, ignore_errors=True)


# Its table


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


def find_changed(folder: Path, tasks: Sequence[Task]) -> list[Task]:
    """Tasks that are not those of the table of the last run, by what is to be done."""
    table = read_json(folder / TABLE, TABLE_FORMAT) or {"pairs": []}
    known = {pair["id"]: pair["key"] for pair in table["pairs"]}
    return [task for task in tasks if known.get(task.id) != task.key]


def check_table(folder: Path, tasks: Sequence[Task]) -> None:
    """Raise RuntimeError where other shards are at work that have other pairs, or do something else with them."""
    table = read_json(folder / TABLE, TABLE_FORMAT) or {"pairs": []}
    changed, ids = find_changed(folder, tasks), {task.id for task in tasks}
    others = [*(task.id for task in changed), *(pair["id"] for pair in table["pairs"] if pair["id"] not in ids)]
    if others:
        raise make_refusal(folder, f", with another table or other settings, as of {others[0]!r}")


def read_table_of(folder: Path, records: Sequence[Record]) -> tuple[list[Record], list[str]]:
    """The records of the last run in a folder, with the rows of its table, and the pairs that have none. Where its
    table is not known, all."""
    table = read_json(folder / TABLE, TABLE_FORMAT)
    if table is None:
        return list(records), []
    known = {record.id: record for record in records}
    found = {
        pair["id"]: replace(record, row=pair["row"])
        for pair in table["pairs"]
        if (record := known.get(pair["id"])) is not None and record.key in ("", pair["key"])
    }
    return list(found.values()), [pair["id"] for pair in table["pairs"] if pair["id"] not in found]
