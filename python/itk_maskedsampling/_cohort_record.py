# SPDX-License-Identifier: Apache-2.0
"""What came of one pair, and the files in which it is kept."""

from __future__ import annotations

import json
import math
import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from . import version
from ._cohort_locks import now
from ._output import whole_file

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


@dataclass(frozen=True)
class Record:
    """What came of a pair.

    id: of the pair; its files are called so.
    status: "done" or "failed".
    row: the row of the table, as it was given.
    quality: of what was found, by name; see register_cohort(). Empty if it failed.
    stop_condition: why the registration ended.
    levels: a dict for each level of each stage, with the fields of those of a Registration.
    settings: all settings of each stage, as the settings of a Registration.
    files: the names of the files that were written, and their sizes in bytes.
    error_type, error, traceback: what went wrong, if it failed.
    started, ended: date and time in UTC.
    seconds: from one to the other; register_seconds is without reading and writing.
    host, pid: the machine and the process that did it.
    version: of this package.
    key: a hash of all on which the result depends.
    run: of the call of register_cohort() that made the record.
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


def to_json(value: Any) -> Any:
    """What JSON can hold: None for a number that is not finite, text for what it has no name for."""
    if isinstance(value, Mapping):
        return {str(name): to_json(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(one) for one in value]
    if isinstance(value, np.ndarray | np.generic):
        return to_json(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | None) else str(value)
