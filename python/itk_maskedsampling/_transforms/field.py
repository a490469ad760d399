# SPDX-License-Identifier: Apache-2.0
"""Displacement fields of transforms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import _core
from .._core import Geometry, Part
from .._images.arrays import Floats
from .._images.geometry import slices_of_points
from .parts import field_part

#: What ITK's name of a displacement field begins with.
NAME = "DisplacementFieldTransform_"


def make_field(parts: Sequence[Part], grid: Geometry) -> Part:
    """The displacements of a chain at all voxels of a grid, as one transform of ITK."""
    dimension = len(grid.size)
    vectors = np.empty((grid.size[-1], int(np.prod(grid.size[:-1])), dimension))
    for part, points in zip(vectors, slices_of_points(grid), strict=True):
        np.subtract(_core.transform_points(dimension, parts, points), points, out=part)
    return field_part(grid, vectors)


def is_field(parts: Sequence[Part]) -> bool:
    """Whether a chain is one displacement field."""
    return len(parts) == 1 and parts[0][0].startswith(NAME)


def field_vectors(dimension: int, part: Part) -> Floats:
    """The vectors of a displacement field, shape ([z,]y,x,D)."""
    size = part[1][:dimension].astype(int)
    return part[2].reshape(*size[::-1], dimension)


def field_grid(dimension: int, part: Part) -> Geometry:
    """The grid of a displacement field."""
    size, origin, spacing = (part[1][number * dimension : (number + 1) * dimension] for number in range(3))
    direction = part[1][3 * dimension :]
    return Geometry(
        tuple(size.astype(int).tolist()), tuple(spacing.tolist()), tuple(origin.tolist()), tuple(direction.tolist())
    )
