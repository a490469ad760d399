# SPDX-License-Identifier: Apache-2.0
"""The table of a cohort: it is read, and checked as a whole, before anything is registered."""

from __future__ import annotations

import csv
import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .. import _core
from .._images.arrays import describe
from .._images.choices import kebab, simplify, snake
from .._images.errors import reworded
from .._images.masks import read_labels
from .._registration.plan import is_path, to_initial
from .._registration.settings import Value, convert, parse
from .columns import IMAGES, LABELS, RENAME, check_columns, check_text
from .record import MOVED, TRANSFORM, Cell

#: Texts that stand for an empty cell, in lower case; the second is that of BIDS.
EMPTY = ("", "n/a")

#: Characters of an id, and bytes of the name of a file, at most.
LONGEST_ID = 151
LONGEST_NAME = 255


@dataclass(frozen=True)
class Pair:
    """A row of a table, checked.

    row: all its cells but the id, as they were given.
    images: absolute paths, by argument of register().
    initial: an absolute path, or the name of an initialization; None if the row has none.
    transform: a kind of transform; None if the row has none.
    settings: those that the row has, as the core takes them.
    labels: of the masks, by argument of register().
    """

    id: str
    row: Mapping[str, Cell]
    images: Mapping[str, str]
    initial: str | None
    transform: str | None
    settings: Mapping[str, Value]
    labels: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


def read_table(table: Any, common: Mapping[str, Any]) -> list[Pair]:
    """Read and check a table of any kind that register_cohort() takes.

    common: images of the rows that have none of their own, by argument of register().
    """
    columns, rows, folder = read_rows(table)
    if rows:
        check_columns(columns, common)
    # Spreadsheets write rows in which nothing is.
    rows = [row for row in rows if row]
    if not rows:
        raise ValueError("table: it has no rows, but a pair of images is needed in each")
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
            reader = csv.reader(lines, delimiter="\t" if file.suffix.lower() == ".tsv" else ",")
            table = [line for line in reader if any(cell.strip() for cell in line)]
        except (csv.Error, UnicodeDecodeError) as error:
            raise ValueError(f"table: {file} cannot be read as CSV in UTF-8: {error}") from error
    if not table:
        raise ValueError(f"table: {file} is empty, but a line with the names of the columns is needed, fixed,moving")
    head = [name.strip() for name in table[0]]
    for number, line in enumerate(table[1:], 1):
        if len(line) != len(head):
            raise ValueError(f"table: row {number} has {len(line)} cells, but there are {len(head)} columns")
    # Spreadsheets write columns in which nothing is.
    used = [
        place
        for place, name in enumerate(head)
        if name or not all(is_missing(line[place].strip()) for line in table[1:])
    ]
    columns = check_unique([head[place] for place in used])
    return columns, [fill({head[place]: line[place] for place in used}) for line in table[1:]]


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
    """Whether a cell is empty: also one that pandas, or BIDS, has no value for."""
    if isinstance(value, float | np.floating):
        return bool(np.isnan(value))
    is_empty_text = isinstance(value, str) and value.lower() in EMPTY
    return value is None or is_empty_text or type(value).__name__ in ("NAType", "NaTType")


# Cells


def to_labels(argument: str, value: Any) -> tuple[int, ...]:
    """One label, or several with spaces between them."""
    try:
        numbers = parse("counts", value) if isinstance(value, str) else value
    except ValueError as error:
        raise ValueError(
            f"{argument}: numbers of labels, with spaces between them, are needed, not {value!r}"
        ) from error
    labels = read_labels(argument, numbers)
    return () if labels is None else labels.values


def make_pair(number: int, row: Mapping[str, Any], folder: Path, shared: Mapping[str, str]) -> Pair:
    place = f"table: row {number}: "
    cells = {name: check_text(f"{place}{name}", to_cell(value)) for name, value in row.items()}
    images = {**shared, **{name: to_image(place, name, row[name], folder) for name in IMAGES if name in row}}
    for name in ("fixed", "moving"):
        if name not in images:
            raise ValueError(f"{place}{name}: the path of an image is needed")
    settings = {name: row[name] for name in map(snake, _core.describe_settings()) if name in row}
    transform = settings.pop("transform", None)
    if transform is not None and (not isinstance(transform, str) or is_path(transform)):
        raise ValueError(
            f"{place}transform: a kind of transform is needed, such as 'affine', not {transform!r}. {RENAME}"
        )
    return Pair(
        str(cells.pop("id", f"row-{number:04d}")),
        cells,
        images,
        to_initialization(place, row["initial"], folder) if "initial" in row else None,
        transform,
        to_settings(place, settings),
        {name: to_labels(place + name, row[name]) for name in LABELS if name in row},
    )


def to_path(argument: str, value: object, folder: Path) -> str:
    if not isinstance(value, str | os.PathLike):
        raise TypeError(
            f"{argument}: the path of an image is needed, not {describe(value)}. Write what is in memory to a file: "
            "write_image()"
        )
    check_text(argument, os.fspath(value))
    return os.path.abspath(folder / Path(value).expanduser())


def to_image(place: str, name: str, value: object, folder: Path) -> str:
    """The path of an image, which need not be there. Weights may also be those of people."""
    if name == "weights" and (is_number(value) or is_word(value, folder)):
        raise (ValueError if isinstance(value, str) else TypeError)(
            f"{place}weights: the path of an image is needed, of the density of samples, not {value!r}. {RENAME}"
        )
    return to_path(place + name, value, folder)


def is_word(value: object, folder: Path) -> bool:
    """Whether a cell is a text that is no path: neither by how it looks, nor is there such a file or folder."""
    return isinstance(value, str) and not is_path(value) and not (folder / value).exists()


def is_number(value: object) -> bool:
    """Whether a cell is a number, or the text of one."""
    try:
        float(value) if isinstance(value, str) else None
    except ValueError:
        return False
    return isinstance(value, str | int | float | np.number)


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
        raise reworded(error, f"{place}{error}. {RENAME}") from error
    raise TypeError(f"{place}initial: the path of a transform is needed, not {describe(value)}. {RENAME}")


def to_settings(place: str, given: Mapping[str, Any]) -> dict[str, Value]:
    """The settings of a row, as the core takes them: all that their columns say must be values of them."""
    try:
        values = convert({name: to_setting(place + name, name, value) for name, value in given.items()}, place)
        center = values.get("center")
        if isinstance(center, tuple) and len(center) not in (2, 3):
            numbers = "1 number" if len(center) == 1 else f"{len(center)} numbers"
            raise ValueError(f"{place}center: 2 or 3 numbers, x y z, are needed, of a point in space, not {numbers}")
    except (TypeError, ValueError) as error:
        raise reworded(error, f"{error}. {RENAME}") from error
    return values


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
            f"{argument}: {'true or false is' if kind == 'flag' else needed} needed, not {value!r}"
        ) from error


def to_cell(value: Any) -> Cell:
    """A cell as it is kept."""
    value = value.item() if isinstance(value, np.generic) else value
    return value if isinstance(value, str | int | float | bool) else str(value)


# Ids


def check_ids(pairs: Sequence[Pair]) -> None:
    """Ids are names of files, also where case does not count."""
    seen: dict[str, int] = {}
    for number, pair in enumerate(pairs, 1):
        place = f"table: row {number}: id: "
        fault = find_fault(pair.id)
        if fault is not None:
            raise ValueError(f"{place}{pair.id!r} cannot be the name of a file here. {fault}")
        other = seen.setdefault(unicodedata.normalize("NFKC", pair.id.casefold()), number)
        if other != number:
            raise ValueError(f"{place}{pair.id!r} is also the id of row {other}")


def find_fault(text: str) -> str | None:
    """What keeps an id from being the name of the files of its pair; file systems count bytes."""
    if not re.fullmatch(rf"\w[\w.+=@-]{{0,{LONGEST_ID - 1}}}", text):
        return f"Letters, digits and ._-+=@ can, {LONGEST_ID} of them at most"
    try:
        size = len(os.fsencode(text))
    except UnicodeEncodeError as error:
        return f"Names of files are in {error.encoding} here"
    most = LONGEST_NAME - max(map(len, (TRANSFORM, MOVED)))
    return None if size <= most else f"It has {size} bytes, {most} are the most"
