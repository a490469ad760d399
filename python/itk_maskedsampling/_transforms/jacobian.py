# SPDX-License-Identifier: Apache-2.0
"""Jacobian determinants of transforms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import _core
from .._core import Geometry, Part
from .._images.geometry import index_to_point
from .._images.image import Image


def determinant_image(parts: Sequence[Part], grid: Geometry) -> Image:
    """At every voxel of a grid."""
    dimension = len(grid.size)
    pixels = np.empty(grid.size[::-1])
    # Slice by slice: the points take more memory than the image.
    index = np.moveaxis(np.indices((1, *pixels.shape[1:]))[::-1], 0, -1).reshape(-1, dimension)
    for number, part in enumerate(pixels):
        index[:, -1] = number
        points = index_to_point(grid, index)
        part.flat = _core.jacobian_determinants(dimension, list(parts), points, min(grid.spacing))
    return Image(pixels, grid.spacing, grid.origin, np.reshape(grid.direction, (dimension, dimension)))
