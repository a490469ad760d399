# SPDX-License-Identifier: Apache-2.0
"""Landmarks that are known in both images: how far a registration brings them together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._core import Geometry
from .._images.arrays import Floats, describe, to_points
from .._images.files import read
from .._images.geometry import point_to_index
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
class Landmarks:
    """Pairs of points, and how far they are apart before and after a registration.

    fixed, moving: shape (n, D), x first, in space.
    warnings: what makes one doubt them, or the registration.
    """

    fixed: Floats
    moving: Floats
    before: Errors
    after: Errors
    warnings: tuple[str, ...]

    @property
    def farther(self) -> list[int]:
        """Those that are farther apart after than before."""
        return find_farther(self.fixed, self.moving, self.before, self.after)

    def tell(self, unit: str) -> str:
        """In a line."""
        before, after = self.before.summary, self.after.summary
        count = f"{len(self.fixed)} landmark{'' if len(self.fixed) == 1 else 's'}"
        return (
            f"{count}, mean error {before['mean']:.3g} {unit} before and {after['mean']:.3g} {unit} after, "
            f"largest {before['maximum']:.3g} and {after['maximum']:.3g}"
        )


def to_pair(landmarks: Any, dimension: int) -> tuple[Floats, Floats]:
    """Points of the fixed and of the moving image, as many of one as of the other."""
    try:
        fixed, moving = landmarks
    except (TypeError, ValueError):
        raise TypeError(
            f"landmarks: a pair (fixed_points, moving_points) is needed, not {describe(landmarks)}"
        ) from None
    one, two = to_points("landmarks[0]", fixed, dimension), to_points("landmarks[1]", moving, dimension)
    check_counts("landmarks", len(one), len(two))
    return one, two


def check_counts(name: str, fixed: int, moving: int) -> None:
    if fixed != moving:
        raise ValueError(f"{name}: {fixed} fixed points, but {moving} moving ones; each needs its partner, in order")


def measure_landmarks(result: Registration, fixed: Floats, moving: Floats) -> Landmarks:
    """The target registration errors, with the transform that was found, and with that from which it started."""
    before, after = (
        Errors(np.linalg.norm(transform.apply(fixed) - moving, axis=1))
        for transform in (result._find_start(), result.transform)
    )
    warnings = find_strays(result, fixed, moving)
    farther = find_farther(fixed, moving, before, after)
    if after.summary["mean"] > before.summary["mean"] and farther:
        warnings.append("the mean error of the landmarks is larger after the registration than before")
    if farther:
        which = ", ".join(str(number + 1) for number in farther[:LISTED])
        more = f" and {len(farther) - LISTED} more" if len(farther) > LISTED else ""
        warnings.append(
            f"{len(farther)} of {len(fixed)} landmarks are farther apart after than before: {which}{more}, "
            "counted from 1"
        )
    return Landmarks(fixed, moving, before, after, tuple(warnings))


def find_farther(fixed: Floats, moving: Floats, before: Errors, after: Errors) -> list[int]:
    least = ROUNDING * max(np.abs(fixed).max(), np.abs(moving).max())
    found: list[int] = np.flatnonzero(after.apart > before.apart + least).tolist()
    return found


def find_strays(result: Registration, fixed: Floats, moving: Floats) -> list[str]:
    """Of points that are in none of the voxels: of another pair of images, or RAS instead of LPS."""
    grids: dict[str, tuple[Geometry, Floats]] = {"fixed": (result._geometry, fixed)}
    if result._sources is not None:
        grids["moving"] = read("moving", result._sources.moving).geometry, moving
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
