# SPDX-License-Identifier: Apache-2.0
"""What came of a cohort."""

from __future__ import annotations

import csv
import importlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from .. import public
from .._images.arrays import describe
from .._images.choices import suggest
from .._images.output import check_place, whole_file
from .._transforms.reading import read_transform
from .._transforms.transform import Transform
from .overview import make_overview
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
    "uncertainty_status",
    "standard_error",
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
    missing : tuple of str
        The ids of pairs of the table that have no record yet, where it was read while it runs, or after it ended early.
    """

    records: tuple[Record, ...]
    output: Path
    missing: tuple[str, ...] = ()

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

    @property
    def undetermined(self) -> tuple[Record, ...]:
        """The records of the pairs that were registered, but whose uncertainty is another one than determined."""
        return tuple(record for record in self.done if record.is_determined is False)

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
        return read_transform(self.output / (record.transform_file or f"{record.id}{TRANSFORM}"))

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

        A text that a spreadsheet would take for a formula, because it begins with = + - or @ and is no number, has an
        apostrophe before it in the file, which spreadsheets do not show.

        Parameters
        ----------
        path : str or path
        """
        self._write("path", path)

    def write_overview(self, path: str | os.PathLike[str], *, title: str | None = None) -> None:
        """Write one HTML file with a small picture of each pair, the worst ones first. It refers to no other file, but
        for links to the reports of pairs, where there are any.

        The order: failed, lost, ambiguous, weak, done without a known uncertainty, determined; of the same, by standard
        error, by what is folded, and by the samples that are outside the moving image.

        Parameters
        ----------
        path : str or path
            Of the file, usually .html.
        title : str, optional
            A line of text. Default: "Cohort".

        Raises
        ------
        TypeError
            For a title that is no text.
        FileNotFoundError
            Where there is no such folder.
        OSError
            If the file cannot be written; what was there before then stays.
        """
        if title is not None and not isinstance(title, str):
            raise TypeError(f"title: a text is needed, not {describe(title)}")
        place = check_place("path", path).absolute().parent
        page = make_overview(title or "Cohort", self.summary(), self.records, self.missing, self.output, place)
        with whole_file("path", path) as file:
            file.write_bytes(page.encode("utf-8", "xmlcharrefreplace"))

    def _write(self, name: str, path: str | os.PathLike[str]) -> None:
        """The name is what errors call the path."""
        rows = self.table()
        head = list(rows[0]) if rows else ["id", "status"]
        with (
            whole_file(name, path) as file,
            file.open("w", newline="", encoding="utf-8", errors="backslashreplace") as lines,
        ):
            writer = csv.writer(lines)
            writer.writerow(map(no_formula, head))
            writer.writerows([no_formula(row[one]) for one in head] for row in rows)

    def __repr__(self) -> str:
        lines = [f"Cohort of {self.summary()}, in {self.output}"]
        lines += [f"  {one.id} failed: {first_line(one)}" for one in self.failed[:SHOWN]]
        if len(self.failed) > SHOWN:
            lines.append(f"  and {len(self.failed) - SHOWN} more, see failed")
        if self.missing:
            lines.append(f"  missing: {', '.join(self.missing[:SHOWN])}{' ...' * (len(self.missing) > SHOWN)}")
        return "\n".join(lines)

    def summary(self) -> str:
        """How many pairs there are, and how many of them are done, failed, done but not determined, and missing."""
        count = len(self) + len(self.missing)
        pairs = "1 pair" if count == 1 else f"{count} pairs"
        doubtful = f", {len(self.undetermined)} not determined" if self.undetermined else ""
        missing = f", {len(self.missing)} missing" if self.missing else ""
        return f"{pairs}: {len(self.done)} done, {len(self.failed)} failed{doubtful}{missing}"

    def _repr_html_(self) -> str:
        # Those that failed come first.
        rows = [record.to_row() for record in (*self.failed, *self.done)]
        lines = ["<tr>" + "".join(f"<th>{name}</th>" for name in SHOWN_COLUMNS) + "</tr>"]
        for row in rows[:SHOWN]:
            lines.append("<tr>" + "".join(f"<td>{show(row[name])}</td>" for name in SHOWN_COLUMNS) + "</tr>")
        more = f"<p>and {len(rows) - SHOWN} more</p>" if len(rows) > SHOWN else ""
        head = f"<p><b>Cohort</b> of {escape(self.summary())}, in {escape(os.fspath(self.output))}</p>"
        return f"<div>{head}<table>{''.join(lines)}</table>{more}</div>"


def no_formula(value: Cell) -> Cell:
    """A cell of a CSV that no spreadsheet computes; some also do so with the wide characters of East Asian texts."""
    if not isinstance(value, str) or not re.match(r"\s*[=+@\uff1d\uff0b\uff0d\uff20-]|[\t\r]", value):
        return value
    return value if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", value) else f"'{value}"


def show(value: Cell) -> str:
    """A cell of a table in HTML."""
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else escape(str(value))
