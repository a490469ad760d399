# SPDX-License-Identifier: Apache-2.0
"""The table of a cohort: it is read, and checked as a whole, before anything is registered."""

from __future__ import annotations

import csv
import difflib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import _core
from .._images.arrays import describe
from .._registration.plan import is_path, to_initial
from .._registration.settings import Value, convert, kebab, parse, simplify, snake
from .record import COLUMNS, Cell

#: Columns with the paths of images; register() calls them so, too.
IMAGES = ("fixed", "moving", "fixed_mask", "moving_mask", "weights")

#: What else users call a column.
ALIASES = {"mask": "fixed_mask", "initialtransform": "initial"}


@dataclass(frozen=True)
class Pair:
    """A row of a table, checked.

    row: all its cells but the id, as they were given.
    images: absolute paths, by argument of register().
    initial: an absolute path, or the name of an initialization; None if the row has none.
    transform: a kind of transform; None if the row has none.
    settings: those that the row has, as the core takes them.
    """

    id: str
    row: Mapping[str, Cell]
    images: Mapping[str, str]
    initial: str | None
    transform: str | None
    settings: Mapping[str, Value]


def read_table(table: Any, common: Mapping[str, Any]) -> list[Pair]:
    """Read and check a table of any kind that register_cohort() takes.

    common: images of the rows that have none of their own, by argument of register().
    """
    columns, rows, folder = read_rows(table)
    if not rows:
        raise ValueError("table: it has no rows, but a pair of images is needed in each")
    check_columns(columns, common)
    shared = {name: to_path(name, value, Path()) for name, value in common.items()}
    pairs = [make_pair(number, row, folder, shared) for number, row in enumerate(rows, 1)]
    check_ids(pairs)
    return pairs


# Rows


def read_rows(table: Any) -> tuple[list[str], list[dict[str, Any]], Path]:
    """The names of the columns, the rows, without cells that are empty, and the folder of relative paths."""
    if isinstance(table, str | os.PathLike):
        file = Path(table).expanduser()
        if not file.is_file():
            raise FileNotFoundError(f"table: there is no file {os.fspath(table)!r} (in {Path.cwd()})")
        columns, rows = read_csv(file)
        return columns, rows, file.absolute().parent
    if hasattr(table, "columns") and hasattr(table, "to_dict"):
        return check_unique(list(table.columns)), [fill(row) for row in table.to_dict("records")], Path()
    if isinstance(table, Sequence) and all(isinstance(row, Mapping) for row in table):
        return list(dict.fromkeys(name for row in table for name in row)), [fill(row) for row in table], Path()
    raise TypeError(
        "table: the path of a CSV file, a list of dicts or a pandas.DataFrame is needed, with a row for each pair, not "
        f"{describe(table)}"
    )


def read_csv(file: Path) -> tuple[list[str], list[dict[str, Any]]]:
    """Columns are separated by commas, in a file .tsv by tabs."""
    with file.open(newline="", encoding="utf-8-sig") as lines:
        try:
            table = [
                line for line in csv.reader(lines, delimiter="\t" if file.suffix.lower() == ".tsv" else ",") if line
            ]
        except (csv.Error, UnicodeDecodeError) as error:
            raise ValueError(f"table: {file} cannot be read as CSV in UTF-8: {error}") from error
    if not table:
        raise ValueError(f"table: {file} is empty, but a line with the names of the columns is needed, fixed,moving")
    columns = check_unique([name.strip() for name in table[0]])
    for number, line in enumerate(table[1:], 1):
        if len(line) != len(columns):
            raise ValueError(f"table: row {number} has {len(line)} cells, but there are {len(columns)} columns")
    return columns, [fill(dict(zip(columns, line, strict=True))) for line in table[1:]]


def check_unique(columns: list[str]) -> list[str]:
    twice = [name for number, name in enumerate(columns) if name in columns[:number]]
    if twice:
        raise ValueError(f"table: the column {twice[0]!r} is there twice")
    return columns


def fill(row: Mapping[str, Any]) -> dict[str, Any]:
    """The cells of a row that are not empty; texts without spaces around them."""
    stripped = {name: value.strip() if isinstance(value, str) else value for name, value in row.items()}
    return {name: value for name, value in stripped.items() if not is_missing(value)}


def is_missing(value: object) -> bool:
    """Whether a cell is empty: also one that pandas has no value for."""
    if isinstance(value, float | np.floating):
        return bool(np.isnan(value))
    return value is None or (isinstance(value, str) and not value) or type(value).__name__ in ("NAType", "NaTType")


# Columns


def check_columns(columns: Iterable[str], common: Mapping[str, Any]) -> None:
    """Raise for a column that is missing, and for one that may be misspelt."""
    names = list(columns)
    known = ["id", *IMAGES, "initial", *map(snake, _core.describe_settings())]
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"table: the name of a column is a text, not {describe(name)}")
        if name == "points":
            raise ValueError("table: points cannot be in a table. Give a mask, or points= for all pairs")
        if name in COLUMNS and name != "id":
            raise ValueError(f"table: the column {name!r} would hide the one of the result; rename it")
        meant = None if name in known else find_meant(name, known)
        if meant is not None:
            raise ValueError(f"table: the column {name!r}: did you mean {meant!r}? If it is something else, rename it")
    for name in ("fixed", "moving"):
        if name not in names and name not in common:
            listed = ", ".join(map(repr, names)) or "none"
            raise ValueError(
                f"table: there is no column {name!r}, with the paths of the {name} images; the columns are {listed}. "
                f"An image for all pairs can be given as {name}="
            )


def find_meant(name: str, known: Iterable[str]) -> str | None:
    """The column that a name may be misspelt for."""
    simple = {simplify(one): one for one in known} | ALIASES
    close = difflib.get_close_matches(simplify(name), simple, 1, 0.85)
    return simple[close[0]] if close else None


# Cells


def make_pair(number: int, row: Mapping[str, Any], folder: Path, shared: Mapping[str, str]) -> Pair:
    place = f"table: row {number}: "
    images = {**shared, **{name: to_path(place + name, row[name], folder) for name in IMAGES if name in row}}
    for name in ("fixed", "moving"):
        if name not in images:
            raise ValueError(f"{place}{name}: the path of an image is needed")
    settings = {name: row[name] for name in map(snake, _core.describe_settings()) if name in row}
    transform = settings.pop("transform", None)
    if transform is not None and (not isinstance(transform, str) or is_path(transform)):
        raise ValueError(f"{place}transform: a kind of transform is needed, such as 'affine', not {transform!r}")
    parsed = {name: to_setting(place + name, name, value) for name, value in settings.items()}
    return Pair(
        str(row.get("id", f"row-{number:04d}")),
        {name: to_cell(value) for name, value in row.items() if name != "id"},
        images,
        to_initialization(place, row["initial"], folder) if "initial" in row else None,
        transform,
        convert(parsed, place),
    )


def to_path(argument: str, value: object, folder: Path) -> str:
    if not isinstance(value, str | os.PathLike):
        raise TypeError(
            f"{argument}: the path of an image is needed, not {describe(value)}. Write what is in memory to a file: "
            "write_image()"
        )
    return os.path.abspath(folder / Path(value).expanduser())


def to_initialization(place: str, value: object, folder: Path) -> str:
    """The name of an initialization, or the path of a transform, which need not be there."""
    names = [simplify(one) for one in _core.describe_settings()["initialization"].choices]
    if isinstance(value, str) and simplify(value) in names:
        return value
    if isinstance(value, os.PathLike) or (isinstance(value, str) and is_path(value)):
        return to_path(f"{place}initial", value, folder)
    try:
        to_initial(value)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{place}{error}") from error
    raise TypeError(f"{place}initial: the path of a transform is needed, not {describe(value)}")


def to_setting(argument: str, name: str, value: Any) -> Any:
    """The value of a setting from a text; what is no text is left as it is."""
    if not isinstance(value, str):
        return value
    kind = _core.describe_settings()[kebab(name)].kind
    try:
        return parse(kind, value)
    except ValueError as error:
        needed = "numbers, with spaces between them, are" if kind.endswith("s") else "a number is"
        raise ValueError(
            f"{argument}: {'true or false is' if kind == 'flag' else needed} needed, not {value!r}. A column with the "
            "name of a setting of register() is that setting; rename it if it is something else"
        ) from error


def to_cell(value: Any) -> Cell:
    """A cell as it is kept."""
    value = value.item() if isinstance(value, np.generic) else value
    return value if isinstance(value, str | int | float | bool) else str(value)


def check_ids(pairs: Sequence[Pair]) -> None:
    """Ids are names of files, also where case does not count."""
    seen: dict[str, int] = {}
    for number, pair in enumerate(pairs, 1):
        if not re.fullmatch(r"\w[\w.+=@-]{0,150}", pair.id):
            raise ValueError(
                f"table: row {number}: id: {pair.id!r} cannot be the name of a file here. Letters, digits and ._-+=@ "
                "can, 151 of them at most"
            )
        other = seen.setdefault(pair.id.casefold(), number)
        if other != number:
            raise ValueError(f"table: row {number}: id: {pair.id!r} is also the id of row {other}")
