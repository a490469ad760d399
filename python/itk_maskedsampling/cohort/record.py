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
REPORT = ".html"
THUMBNAIL = ".png"

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
    "uncertainty_status",
    "standard_error",
    "stop_condition",
    "warnings",
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
    uncertainty_status : str or None
        determined, ambiguous, weak or lost, as of an Uncertainty; None where it was not found out.
    warnings : tuple of str
        What register() warned of.
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
        A hash of what was to be done: the version, the settings, and which inputs there are.
    basis : mapping
        That on which it depends: the version, the settings that were given, and for each input its name in the table,
        and of its files the names, the sizes, when they were written and touched, in ns, and hashes of their contents.
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
    basis: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    uncertainty_status: str | None = None

    @property
    def is_determined(self) -> bool | None:
        """Whether the status of the uncertainty is determined; None where it was not found out."""
        return None if self.uncertainty_status is None else self.uncertainty_status == "determined"

    @property
    def transform_file(self) -> str | None:
        """The name of the file with the transform; None if it failed."""
        return self._find_file(".h5")

    @property
    def moved_file(self) -> str | None:
        """The name of the file with the moving image on the grid of the fixed one; None if it was not written."""
        return self._find_file(".nii.gz")

    @property
    def report_file(self) -> str | None:
        """The name of the file with the report; None if it was not written."""
        return self._find_file(REPORT)

    def _find_file(self, suffix: str) -> str | None:
        return next((name for name in self.files if name.endswith(suffix)), None)

    def to_row(self) -> dict[str, Cell]:
        """A row of the result: id and status, the row of the table, and what was found."""
        files = {"transform_file": self.transform_file, "moved_file": self.moved_file}
        told = " | ".join(self.warnings) or None
        found: dict[str, Any] = {**asdict(self), **files, **self.quality, "warnings": told}
        row = {name: found.get(name) for name in COLUMNS}
        return {"id": row.pop("id"), "status": row.pop("status"), **self.row, **row}


def first_line(record: Record) -> str:
    """What went wrong, in a line."""
    return f"{record.error_type}: {record.error}".partition("\n")[0]


def write_record(folder: Path, record: Record) -> None:
    """Write a record, at once or not at all."""
    write_json("output", folder / f"{record.id}.json", {"format": FORMAT, **asdict(record)})


def write_json(name: str, path: Path, value: Mapping[str, Any]) -> None:
    """Write JSON, at once or not at all. The name is what errors call the argument."""
    text = json.dumps(to_json(value), indent=1, allow_nan=False, ensure_ascii=False)
    with whole_file(name, path) as file:
        # What is no text, as in names of files, is escaped as JSON does that.
        file.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")


def read_json(path: Path, kind: str) -> dict[str, Any] | None:
    """What write_json() wrote with a format; None if there is no such file, or something else."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) and data.pop("format", None) == kind else None


#: What is known where a record says nothing, as that of another version: not what is true of this process.
UNKNOWN: Mapping[str, Any] = {
    "key": "",
    "run": "",
    "row": {},
    "started": "",
    "ended": "",
    "seconds": 0.0,
    "host": "",
    "pid": 0,
    "version": "",
}


def read_record(file: Path) -> Record | None:
    """The record in a file; None if there is none, or something else.

    It may be of another version: fields that this one does not know are left out, and those that it lacks are unknown.
    """
    data = read_json(file, FORMAT)
    if data is None or f"{data.get('id')}.json" != file.name or data.get("status") not in ("done", "failed"):
        return None
    known = {one.name: data[one.name] for one in fields(Record) if data.get(one.name) is not None}
    mappings = [known.get(name, {}) for name in ("row", "files", "quality", "basis")]
    lists = {name: known.get(name, []) for name in ("levels", "settings", "warnings")}
    if not all(isinstance(one, dict) for one in mappings) or not all(isinstance(one, list) for one in lists.values()):
        return None
    lists = {name: tuple(one) for name, one in lists.items()}
    return Record(**{**UNKNOWN, **known, **lists})


def remove_results(folder: Path, pair_id: str) -> None:
    """Remove the record of a pair, and then what belongs to it."""
    record = read_record(folder / f"{pair_id}.json")
    others = [] if record is None else [name for name in record.files if os.path.basename(name) == name]
    usual = [f"{pair_id}{suffix}" for suffix in (".json", TRANSFORM, MOVED, REPORT, THUMBNAIL)]
    for name in dict.fromkeys([*usual, *others]):
        (folder / name).unlink(missing_ok=True)


def has_files(folder: Path, record: Record) -> bool:
    """Whether all files of a record are there, with the sizes that they had."""
    if record.status == "done" and record.transform_file is None:
        return False
    try:
        return all((folder / name).stat().st_size == size for name, size in record.files.items())
    except FileNotFoundError:
        return False
