# SPDX-License-Identifier: Apache-2.0
"""Landmarks that are known in both images: how far a registration brings them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._core import Geometry
from .._images.arrays import Floats, describe, to_points
from .._images.files import read
from .._images.geometry import point_to_index
from .._transforms.point_files import PointFile
from .result import Registration

#: By which an error must be larger to be so, as a share of the largest coordinate: more than rounding.
ROUNDING = 1e-9
#: Landmarks that a warning has the numbers of, at most.
LISTED = 20


@dataclass(frozen=True, eq=False)
class Errors:
    """How far landmarks are apart, with a transform; in the unit of length of the images.

    apart: |T(fixed point) - moving point| of each, shape (n,).
    """

    apart: Floats

    @property
    def summary(self) -> dict[str, float]:
        return {
            "mean": float(self.apart.mean()),
            "median": float(np.median(self.apart)),
            "90th percentile": float(np.percentile(self.apart, 90)),
            "maximum": float(self.apart.max()),
        }


@dataclass(frozen=True, eq=False)
class PointPairs:
    """Points of the fixed image, and the same ones in the moving image.

    fixed, moving: shape (n, D), x first, in space.
    names: one for each, or none.
    warnings: what makes one doubt that they are the same.
    """

    fixed: Floats
    moving: Floats
    names: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.fixed)

    def name(self, number: int) -> str:
        """That of a pair, if no other one has it; its number, counted from 1, if it has none; or both."""
        own = self.names[number] if self.names else ""
        return own if own and self.names.count(own) == 1 else f"{own} ({number + 1})" if own else str(number + 1)


@dataclass(frozen=True, eq=False)
class Landmarks:
    """How far pairs of points are apart before and after a registration.

    warnings: what makes one doubt them, or the registration.
    """

    pairs: PointPairs
    before: Errors
    after: Errors
    warnings: tuple[str, ...]

    @property
    def farther(self) -> list[int]:
        """Those that are farther apart after than before."""
        return find_farther(self.pairs, self.before, self.after)

    def tell(self, unit: str) -> str:
        """In a line."""
        before, after = self.before.summary, self.after.summary
        count = f"{len(self.pairs)} landmark{'' if len(self.pairs) == 1 else 's'}"
        return (
            f"{count}, mean error {before['mean']:.3g} {unit} before and {after['mean']:.3g} {unit} after, "
            f"largest {before['maximum']:.3g} and {after['maximum']:.3g}"
        )


def to_pairs(landmarks: Any, dimension: int) -> PointPairs:
    """As many points of the fixed image as of the moving one; or, by name, the same ones of both."""
    try:
        fixed, moving = landmarks
    except (TypeError, ValueError):
        raise TypeError(
            f"landmarks: a pair (fixed_points, moving_points) is needed, not {describe(landmarks)}"
        ) from None
    names = [list(map(str, one)) if isinstance(one, Mapping) else [] for one in (fixed, moving)]
    if bool(names[0]) != bool(names[1]):
        raise ValueError("landmarks: points with names and points without; give both as mappings, or both as arrays")
    for some, others, image in ((names[0], names[1], "fixed"), (names[1], names[0], "moving")):
        if alone := [name for name in some if name not in others]:
            raise ValueError(f"landmarks: {list_names(alone)}: only in the {image} image; each needs its partner")
        if len(set(some)) < len(some):
            raise ValueError(f"landmarks: of the {image} image, some have the same name: {list_names(some)}")
    one, two = (
        to_points(f"landmarks[{number}]", list(points.values()) if isinstance(points, Mapping) else points, dimension)
        for number, points in enumerate((fixed, moving))
    )
    check_counts("landmarks", len(one), len(two))
    if names[0]:
        two = two[[names[1].index(name) for name in names[0]]]
    return PointPairs(one, two, tuple(names[0]))


def list_names(names: Sequence[str]) -> str:
    """Some of them."""
    return ", ".join(names[:LISTED]) + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")


def pair_files(name: str, fixed: PointFile, moving: PointFile) -> PointPairs:
    """Those of two files, in their order; but by their names, where both files have the same ones.

    name: of the arguments.
    """
    check_counts(name, len(fixed.points), len(moving.points))
    one, two = fixed.names, moving.names
    places, warnings = list(range(len(moving.points))), []
    if one != two and one and two:
        if sorted(one) == sorted(two) and len(set(one)) == len(one):
            places = [two.index(label) for label in one]
            warnings.append("the landmarks of the two files are in another order: they are paired by their names")
        elif moved := [label for place, label in enumerate(one) if label and label != two[place] and label in two]:
            warnings.append(
                f"the landmarks of the two files are paired in their order, but {list_names(moved)} of the fixed image "
                "stands elsewhere in the other file"
            )
    return PointPairs(fixed.points, moving.points[places], tuple(one), tuple(warnings))


def check_counts(name: str, fixed: int, moving: int) -> None:
    if fixed != moving:
        raise ValueError(f"{name}: {fixed} fixed points, but {moving} moving ones; each needs its partner, in order")


def measure_landmarks(result: Registration, pairs: PointPairs) -> Landmarks:
    """The target registration errors, with the transform that was found, and with that from which it started."""
    before, after = (
        Errors(np.linalg.norm(transform.apply(pairs.fixed) - pairs.moving, axis=1))
        for transform in (result._find_start(), result.transform)
    )
    warnings = [*pairs.warnings, *find_strays(result, pairs)]
    farther = find_farther(pairs, before, after)
    if after.summary["mean"] > before.summary["mean"] and farther:
        warnings.append("the mean error of the landmarks is larger after the registration than before")
    if farther:
        which = list_names([pairs.name(number) for number in farther])
        warnings.append(
            f"{len(farther)} of {len(pairs)} landmarks are farther apart after than before: {which}"
            + ("" if pairs.names and all(pairs.names) else ", counted from 1")
        )
    return Landmarks(pairs, before, after, tuple(warnings))


def find_farther(pairs: PointPairs, before: Errors, after: Errors) -> list[int]:
    least = ROUNDING * max(np.abs(pairs.fixed).max(), np.abs(pairs.moving).max())
    found: list[int] = np.flatnonzero(after.apart > before.apart + least).tolist()
    return found


def find_strays(result: Registration, pairs: PointPairs) -> list[str]:
    """Of points that are in none of the voxels: of another pair of images, or RAS instead of LPS."""
    grids: dict[str, tuple[Geometry, Floats]] = {"fixed": (result._geometry, pairs.fixed)}
    if result._sources is not None:
        grids["moving"] = read("moving", result._sources.moving).geometry, pairs.moving
    told = []
    for name, (grid, points) in grids.items():
        index = point_to_index(grid, points)
        outside = ((index < -0.5) | (index > np.array(grid.size) - 0.5)).any(axis=1)
        if outside.any():
            told.append(
                f"{np.count_nonzero(outside)} of {len(points)} landmarks of the {name} image are outside of it; "
                "coordinates are those of ITK, LPS"
            )
    return told
