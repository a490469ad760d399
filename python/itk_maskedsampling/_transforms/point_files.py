# SPDX-License-Identifier: Apache-2.0
"""Points in files of other tools, of which only the positions are read and written anew: names and columns stay."""

from __future__ import annotations

import copy
import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from .._images.arrays import Floats
from .._images.geometry import FLIP
from .._images.paths import find_input


class PointFile(Protocol):
    """points: shape (n, D), x first, in LPS where the format says what its axes are.

    names: one for each, or none.
    """

    @property
    def points(self) -> Floats: ...

    @property
    def names(self) -> list[str]: ...

    def replace(self, points: Floats) -> str:
        """The text of the same file with other points."""
        ...


def read_points(name: str, path: str, dimension: int) -> PointFile:
    """Read points of so many dimensions. What is none is a ValueError that begins with the name of the argument."""
    file = find_input(name, path)
    parsers: dict[str, Callable[[str, int], PointFile]] = {
        ".csv": CsvPoints.parse,
        ".mrk.json": MarkupPoints.parse,
        ".fcsv": FiducialPoints.parse,
    }
    suffix = suffix_of(path)
    if suffix is None:
        raise ValueError(f"{name}: {path!r}: points are in files {', '.join(parsers)}")
    try:
        text = file.read_text(encoding="utf-8-sig")
        found = parsers[suffix](text, dimension)
        points = found.points
    except UnicodeDecodeError as error:
        raise ValueError(f"{name}: {path!r} is no text in UTF-8") from error
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, csv.Error) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise ValueError(f"{name}: {path!r} cannot be read as points: {reason}") from error
    if len(points) == 0:
        raise ValueError(f"{name}: there is no point in {path!r}")
    if not np.isfinite(points).all():
        number = int(np.flatnonzero(~np.isfinite(points).all(axis=1))[0])
        raise ValueError(f"{name}: {path!r}: point {number}, counted from 0, is not finite")
    return found


def suffix_of(path: str) -> str | None:
    """That of a file of points; None for any other file."""
    suffixes = (one for one in (".csv", ".mrk.json", ".fcsv") if Path(path).name.lower().endswith(one))
    return next(suffixes, None)


def to_text(number: float) -> str:
    """The shortest that is the same number again."""
    return repr(float(number))


@dataclass(frozen=True)
class CsvPoints:
    """x, y and z in columns of that name, wherever they are; or in the first ones, where there is no head.

    So antsApplyTransformsToPoints has them.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    columns: Sequence[int]

    @classmethod
    def parse(cls, text: str, dimension: int) -> CsvPoints:
        rows = [row for row in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in row)]
        names = [cell.strip().lower() for cell in rows[0]] if rows else []
        axes = list("xyz"[:dimension])
        if set(axes) <= set(names):
            head, rows, columns = rows[0], rows[1:], [names.index(axis) for axis in axes]
        elif all(is_number(cell) for cell in names):
            head, columns = [], list(range(dimension))
            if any(len(row) != dimension for row in rows):
                raise ValueError(f"without a head, {','.join(axes)} is needed in each line, and no more")
        else:
            raise ValueError(f"columns {','.join(axes)} are needed, not {','.join(names)}")
        for number, row in enumerate(rows):
            if len(row) <= max(columns) or not all(is_number(row[column]) for column in columns):
                raise ValueError(f"row {number}, counted from 0: {','.join(row)!r} lacks a number")
        return cls(head, rows, columns)

    @property
    def points(self) -> Floats:
        return np.array([[float(row[column]) for column in self.columns] for row in self.rows], np.float64)

    @property
    def names(self) -> list[str]:
        """In the column label or name."""
        return pick_column(self.head, self.rows)

    def replace(self, points: Floats) -> str:
        lines = io.StringIO()
        writer = csv.writer(lines, lineterminator="\n")
        if self.head:
            writer.writerow(self.head)
        for row, point in zip(self.rows, points, strict=True):
            cells = list(row)
            for column, number in zip(self.columns, point, strict=True):
                cells[column] = to_text(number)
            writer.writerow(cells)
        return lines.getvalue()


@dataclass(frozen=True)
class MarkupPoints:
    """Markups of 3D Slicer, also curves and lines. In two dimensions, z stays."""

    document: Any
    dimension: int

    @classmethod
    def parse(cls, text: str, dimension: int) -> MarkupPoints:
        return cls(json.loads(text), dimension)

    @property
    def points(self) -> Floats:
        found = [
            np.asarray(point["position"], np.float64) * flip
            for _, flip, point in control_points(self.document)
            if is_placed(point)
        ]
        for one in found:
            if one.shape != (3,):
                raise ValueError(f"a position has {one.size} numbers, not 3")
        return np.array(found, np.float64).reshape(-1, 3)[:, : self.dimension]

    @property
    def names(self) -> list[str]:
        return drop_empty(
            [str(point.get("label") or "") for *_, point in control_points(self.document) if is_placed(point)]
        )

    def replace(self, points: Floats) -> str:
        document = copy.deepcopy(self.document)
        rest = iter(points)
        for _, flip, point in control_points(document):
            if is_placed(point):
                position = np.asarray(point["position"], np.float64) * flip
                position[: self.dimension] = next(rest)
                point["position"] = (position * flip).tolist()
        return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def control_points(document: Any) -> list[tuple[Any, Floats, Any]]:
    """The markup, what makes LPS of its coordinates, and the point, of all control points."""
    found = []
    for markup in document["markups"]:
        system = str(markup.get("coordinateSystem", "LPS")).upper()
        if system not in ("LPS", "RAS", "0", "1"):
            raise ValueError(f"coordinateSystem {system!r} is neither LPS nor RAS")
        flip = FLIP if system in ("RAS", "0") else np.ones(3)
        found += [(markup, flip, point) for point in markup["controlPoints"]]
    return found


def is_placed(point: Any) -> bool:
    """Slicer also keeps points that have no place yet."""
    return bool(point.get("positionStatus", "defined") == "defined")


@dataclass(frozen=True)
class FiducialPoints:
    """Fiducials of older versions of 3D Slicer: id,x,y,z,... after lines of comments."""

    comments: Sequence[str]
    rows: Sequence[Sequence[str]]
    flip: Floats
    dimension: int

    @classmethod
    def parse(cls, text: str, dimension: int) -> FiducialPoints:
        lines = [line for line in text.splitlines() if line.strip()]
        comments = [line for line in lines if line.startswith("#")]
        systems = [line.partition("=")[2].strip() for line in comments if "coordinatesystem" in line.lower()]
        # Slicer wrote a number before it wrote a name: 0 is RAS.
        if not systems or systems[-1] not in ("0", "1", "RAS", "LPS"):
            raise ValueError("a line '# CoordinateSystem = LPS', or RAS, is missing")
        rows = list(csv.reader(line for line in lines if not line.startswith("#")))
        for number, row in enumerate(rows):
            if len(row) < 4 or not all(is_number(cell) for cell in row[1:4]):
                raise ValueError(f"row {number}, counted from 0: {','.join(row)!r} is not id,x,y,z")
        return cls(comments, rows, FLIP if systems[-1] in ("0", "RAS") else np.ones(3), dimension)

    @property
    def points(self) -> Floats:
        numbers = np.array([[float(cell) for cell in row[1:4]] for row in self.rows], np.float64).reshape(-1, 3)
        return (numbers * self.flip)[:, : self.dimension]

    @property
    def names(self) -> list[str]:
        heads = [line.partition("=")[2] for line in self.comments if line.lstrip("# ").lower().startswith("columns")]
        return pick_column(heads[-1].split(",") if heads else [], self.rows)

    def replace(self, points: Floats) -> str:
        lines = io.StringIO()
        lines.writelines(f"{line}\n" for line in self.comments)
        writer = csv.writer(lines, lineterminator="\n")
        for row, point in zip(self.rows, points, strict=True):
            own = point * self.flip[: self.dimension]
            rest = row[1 + self.dimension :]
            writer.writerow([row[0], *map(to_text, own), *rest])
        return lines.getvalue()


def pick_column(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """What rows have in the column of names; nothing without one."""
    titles = [cell.strip().lower() for cell in head]
    columns = [titles.index(title) for title in ("label", "name") if title in titles]
    return drop_empty([row[columns[0]].strip() if columns[0] < len(row) else "" for row in rows]) if columns else []


def drop_empty(names: list[str]) -> list[str]:
    """Nothing, if none has a name."""
    return names if any(names) else []


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
