# SPDX-License-Identifier: Apache-2.0
"""Jacobian determinants of transforms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import _core
from .._core import Geometry, Part
from .._images.geometry import slices_of_points
from .._images.image import Image


def determinant_image(parts: Sequence[Part], grid: Geometry) -> Image:
    """At every voxel of a grid."""
    dimension = len(grid.size)
    pixels = np.empty(grid.size[::-1])
    for part, points in zip(pixels, slices_of_points(grid), strict=True):
        part.flat = _core.jacobian_determinants(dimension, list(parts), points, min(grid.spacing))
    return Image(pixels, grid.spacing, grid.origin, grid.direction)
