# SPDX-License-Identifier: Apache-2.0
"""What came of a cohort."""

from __future__ import annotations

import csv
import importlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from .. import public
from .._images.output import whole_file
from .._registration.settings import suggest
from .._transforms.transform import Transform, read_transform
from .record import TRANSFORM, Cell, Record, first_line

#: Rows and columns that a notebook shows.
SHOWN = 20
SHOWN_COLUMNS = (
    "id",
    "status",
    "metric_last",
    "fraction_in_moving",
    "rms_displacement",
    "jacobian_min",
    "seconds",
    "error",
)


@public
@dataclass(frozen=True, repr=False)
class Cohort:
    """The result of register_cohort(): a record for each pair, in the order of the table.

    Attributes
    ----------
    records : tuple of itk_maskedsampling.cohort.Record
        What came of each pair.
    output : Path
        The folder with the files of the pairs.
    """

    records: tuple[Record, ...]
    output: Path

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    def __getitem__(self, pair_id: str) -> Record:
        """The record of a pair. Raises KeyError where there is no such pair."""
        for record in self.records:
            if record.id == pair_id:
                return record
        raise KeyError(f"there is no pair {pair_id!r}{suggest(str(pair_id), [one.id for one in self.records])}")

    @property
    def done(self) -> tuple[Record, ...]:
        """The records of the pairs that were registered."""
        return tuple(record for record in self.records if record.status == "done")

    @property
    def failed(self) -> tuple[Record, ...]:
        """The records of the pairs that were not: their error says why."""
        return tuple(record for record in self.records if record.status == "failed")

    def transform(self, pair_id: str) -> Transform:
        """The transform of a pair, from points of its fixed image to those of the moving one.

        Parameters
        ----------
        pair_id : str
            As in the table.

        Raises
        ------
        KeyError
            Where there is no such pair.
        ValueError
            If it failed.
        """
        record = self[pair_id]
        if record.status == "failed":
            raise ValueError(f"{pair_id!r} has no transform, it failed: {record.error_type}: {record.error}")
        return read_transform(self.output / f"{record.id}{TRANSFORM}")

    def table(self) -> list[dict[str, Cell]]:
        """A dict for each pair, all with the same keys: what was found beside the columns of the table."""
        rows = [record.to_row() for record in self.records]
        own = dict.fromkeys(name for record in self.records for name in record.row)
        names = dict.fromkeys(["id", "status", *own, *(name for row in rows for name in row)])
        return [{name: row.get(name) for name in names} for row in rows]

    def to_pandas(self) -> Any:
        """The table as a pandas.DataFrame. Imports pandas."""
        try:
            pandas: Any = importlib.import_module("pandas")
        except ImportError as error:
            raise ImportError("to_pandas() needs pandas: pip install pandas. Or use table()") from error
        return pandas.DataFrame(self.table())

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the table as CSV: the whole file, or none.

        Parameters
        ----------
        path : str or path
        """
        rows = self.table()
        with whole_file("path", path) as file, file.open("w", newline="", encoding="utf-8") as lines:
            writer = csv.DictWriter(lines, list(rows[0]) if rows else ["id", "status"])
            writer.writeheader()
            writer.writerows(rows)

    def __repr__(self) -> str:
        lines = [f"Cohort of {self.summary()}, in {self.output}"]
        lines += [f"  {one.id} failed: {first_line(one)}" for one in self.failed[:SHOWN]]
        if len(self.failed) > SHOWN:
            lines.append(f"  and {len(self.failed) - SHOWN} more, see failed")
        return "\n".join(lines)

    def summary(self) -> str:
        """How many pairs there are, and how many of them are done and failed."""
        pairs = "1 pair" if len(self) == 1 else f"{len(self)} pairs"
        return f"{pairs}: {len(self.done)} done, {len(self.failed)} failed"

    def _repr_html_(self) -> str:
        # Those that failed come first.
        rows = [record.to_row() for record in (*self.failed, *self.done)]
        lines = ["<tr>" + "".join(f"<th>{name}</th>" for name in SHOWN_COLUMNS) + "</tr>"]
        for row in rows[:SHOWN]:
            lines.append("<tr>" + "".join(f"<td>{show(row[name])}</td>" for name in SHOWN_COLUMNS) + "</tr>")
        more = f"<p>and {len(rows) - SHOWN} more</p>" if len(rows) > SHOWN else ""
        head = f"<p><b>Cohort</b> of {escape(self.summary())}, in {escape(os.fspath(self.output))}</p>"
        return f"<div>{head}<table>{''.join(lines)}</table>{more}</div>"


def show(value: Cell) -> str:
    """A cell of a table in HTML."""
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else escape(str(value))
