# SPDX-License-Identifier: Apache-2.0
"""Jacobian determinants of transforms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import _core
from .._core import Geometry, Part
from .._images.arrays import Floats
from .._images.geometry import index_to_point
from .._images.image import Image

#: Half the distance over which differences are taken where there is no formula, in voxels.
STEP = 0.01


def determinants(parts: Sequence[Part], points: Floats, image: Geometry) -> Floats:
    """At points, shape (n, D), with differences in voxels of an image."""
    return _core.jacobian_determinants(len(image.size), list(parts), points, STEP * min(image.spacing))


def determinant_image(parts: Sequence[Part], grid: Geometry) -> Image:
    """At every voxel of a grid."""
    dimension = len(grid.size)
    pixels = np.empty(grid.size[::-1])
    # Slice by slice: the points take more memory than the image.
    index = np.moveaxis(np.indices((1, *pixels.shape[1:]))[::-1], 0, -1).reshape(-1, dimension)
    for number, part in enumerate(pixels):
        index[:, -1] = number
        part.flat = determinants(parts, index_to_point(grid, index), grid)
    return Image(pixels, grid.spacing, grid.origin, np.reshape(grid.direction, (dimension, dimension)))
