# SPDX-License-Identifier: Apache-2.0
"""Standard errors on a grid, of a transform that maps each place wrong by another length."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from .. import _core
from .._core import Geometry
from .._images.arrays import Floats, freeze
from .._images.geometry import make_geometry, point_to_index


@dataclass(frozen=True, eq=False)
class ErrorMap:
    """values: at the points of a grid, x first in its size and last in theirs; not a number where none is known."""

    grid: Geometry
    values: Floats

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", freeze(np.array(self.values, np.float64)))

    def at(self, points: Floats) -> Floats:
        """Between the points of the grid, shape (n,), for points of shape (n, D), x first."""
        last = np.array(self.grid.size) - 1
        index = point_to_index(self.grid, points)
        inside = np.all((index >= 0) & (index <= last), axis=1, keepdims=True)
        index = np.where(inside, index, 0)
        lower = np.floor(index)
        part = index - lower
        errors = np.zeros(len(index))
        for corner in product((0, 1), repeat=len(last)):
            weights = np.where(corner, part, 1 - part).prod(axis=1)
            place = np.minimum(lower + corner, last).astype(np.intp)
            values = self.values[tuple(place.T[::-1])]
            errors += np.where(weights > 0, weights * values, 0)
        return np.where(inside[:, 0], errors, np.nan)

    def __reduce__(self) -> tuple[Callable[..., ErrorMap], tuple[Any, ...]]:
        # Its values are read-only again.
        return type(self), (self.grid, self.values)


def read_map(method: _core.Method) -> ErrorMap | None:
    """What a method that has run has found out; None if it has no map."""
    values = method.numbers("uncertainty-map")
    if not values.size:
        return None
    dimension = method.dimension
    size, spacing, origin, direction = np.split(method.numbers("uncertainty-map-grid"), dimension * np.arange(1, 4))
    counts = [round(number) for number in size]
    return ErrorMap(make_geometry("", counts, spacing, origin, direction), values.reshape(counts[::-1]))
