# SPDX-License-Identifier: Apache-2.0
"""What came of one pair, and the files in which it is kept."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from .. import public, version
from .._images.arrays import to_json
from .._images.output import whole_file
from .locks import now

#: Of a cell of a table, as it is kept.
Cell = str | int | float | bool | None

#: What records of this kind say they are.
FORMAT = "itk-maskedsampling pair 1"

TRANSFORM = ".transform.h5"
MOVED = ".moved.nii.gz"

#: Columns of the result besides those of the table.
COLUMNS = (
    "id",
    "status",
    "transform_file",
    "moved_file",
    "metric_first",
    "metric_last",
    "total_iterations",
    "points",
    "fraction_in_moving",
    "middle_displacement",
    "rms_displacement",
    "max_displacement",
    "jacobian_min",
    "jacobian_max",
    "folding",
    "stop_condition",
    "register_seconds",
    "seconds",
    "started",
    "ended",
    "host",
    "pid",
    "version",
    "error_type",
    "error",
)


@public
@dataclass(frozen=True)
class Record:
    """What came of a pair.

    Attributes
    ----------
    id : str
        Of the pair; its files are called so.
    status : str
        "done" or "failed".
    row : mapping
        The row of the table, as it was given.
    quality : mapping
        Of what was found, by name; see register_cohort(). Empty if it failed.
    stop_condition : str or None
        Why the registration ended.
    levels : tuple of mappings
        One for each level of each stage, with the fields of LevelReport.
    settings : tuple of mappings
        All settings of each stage, as the settings of a Registration.
    files : mapping
        The names of the files that were written, and their sizes in bytes.
    error_type, error, traceback : str or None
        What went wrong, if it failed.
    started, ended : str
        Date and time in UTC.
    seconds, register_seconds : float
        From one to the other; without reading and writing.
    host, pid : str, int
        The machine and the process that did it.
    version : str
        Of this package.
    key : str
        A hash of all on which the result depends.
    run : str
        Of the call of register_cohort() that made the record.
    """

    id: str
    status: str
    key: str
    run: str
    row: Mapping[str, Cell]
    started: str
    seconds: float
    ended: str = field(default_factory=now)
    host: str = field(default_factory=socket.gethostname)
    pid: int = field(default_factory=os.getpid)
    version: str = field(default_factory=version)
    files: Mapping[str, int] = field(default_factory=dict)
    quality: Mapping[str, float | None] = field(default_factory=dict)
    register_seconds: float | None = None
    stop_condition: str | None = None
    levels: tuple[Mapping[str, Any], ...] = ()
    settings: tuple[Mapping[str, Any], ...] = ()
    error_type: str | None = None
    error: str | None = None
    traceback: str | None = None

    def to_row(self) -> dict[str, Cell]:
        """A row of the result: id and status, the row of the table, and what was found."""
        names = {"transform_file": self.id + TRANSFORM, "moved_file": self.id + MOVED}
        files = {name: file if file in self.files else None for name, file in names.items()}
        found: dict[str, Any] = {**asdict(self), **files, **self.quality}
        row = {name: found.get(name) for name in COLUMNS}
        return {"id": row.pop("id"), "status": row.pop("status"), **self.row, **row}


def first_line(record: Record) -> str:
    """What went wrong, in a line."""
    return f"{record.error_type}: {record.error}".partition("\n")[0]


def write_record(folder: Path, record: Record) -> None:
    """Write a record, at once or not at all."""
    text = json.dumps(to_json({"format": FORMAT, **asdict(record)}), indent=1, allow_nan=False, ensure_ascii=False)
    with whole_file("output", folder / f"{record.id}.json") as file:
        file.write_text(text + "\n", encoding="utf-8")


def read_record(file: Path) -> Record | None:
    """The record in a file; None if there is none, or something else."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    names = {one.name for one in fields(Record)}
    if not isinstance(data, dict) or data.pop("format", None) != FORMAT or data.keys() != names:
        return None
    lists = {name: tuple(data[name]) for name in ("levels", "settings")}
    return Record(**{**data, **lists})


def remove_results(folder: Path, pair_id: str) -> None:
    """Remove the record of a pair, and then what belongs to it."""
    for suffix in (".json", TRANSFORM, MOVED):
        (folder / f"{pair_id}{suffix}").unlink(missing_ok=True)


def has_files(folder: Path, record: Record) -> bool:
    """Whether all files of a record are there, with the sizes that they had."""
    try:
        return all((folder / name).stat().st_size == size for name, size in record.files.items())
    except FileNotFoundError:
        return False
