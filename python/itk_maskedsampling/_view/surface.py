# SPDX-License-Identifier: Apache-2.0
"""The surface of a mask: the sides of voxels between inside and outside."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .._images.geometry import direction_matrix, index_to_point
from .._images.image import Raster
from .._images.masks import mask_box

Surface = tuple[npt.NDArray[np.float32], npt.NDArray[np.uint32]]

#: The corners of a side, against the clock where it is seen from along its axis: steps along the next two axes.
SIDE = np.array([(0, 0), (1, 0), (1, 1), (0, 1)])


def find_surface(mask: Raster) -> Surface:
    """Vertices in space, shape (n, 3), and triangles of them, shape (m, 3), which go against the clock from outside.

    The surface is closed, also where the mask touches the border of its grid. Its vertices are corners of voxels; two
    triangles are a side.
    """
    first, last = mask_box(mask)
    box = tuple(slice(low, high + 1) for low, high in zip(first[::-1], last[::-1], strict=True))
    # A border of what is outside closes the surface. Axes are x, y, z.
    inside = np.pad(mask.pixels[box] != 0, 1).transpose()
    sides = []
    for axis in range(3):
        one, other = np.moveaxis(inside, axis, 0)[:-1], np.moveaxis(inside, axis, 0)[1:]
        for outwards, found in ((True, one & ~other), (False, other & ~one)):
            # The place of a side among the corners of voxels, of which the first is that before the first voxel.
            place = np.argwhere(np.moveaxis(found, 0, axis))
            place[:, axis] += 1
            corners = np.repeat(place[:, np.newaxis], 4, axis=1)
            corners[..., [(axis + 1) % 3, (axis + 2) % 3]] += SIDE if outwards else SIDE[::-1]
            sides.append(corners)
    quads = np.concatenate(sides)
    flat = np.ravel_multi_index(tuple(quads.reshape(-1, 3).T), [number + 1 for number in inside.shape])
    used, index = np.unique(flat, return_inverse=True)
    quad = index.reshape(-1, 4).astype(np.uint32)
    triangles = np.concatenate([quad[:, [0, 1, 2]], quad[:, [0, 2, 3]]])
    if np.linalg.det(direction_matrix(mask.geometry)) < 0:
        triangles = triangles[:, ::-1]
    corner = np.stack(np.unravel_index(used, [number + 1 for number in inside.shape]), axis=1)
    # The padding is one voxel, and the corner of a voxel half a voxel from its centre.
    return index_to_point(mask.geometry, corner + np.array(first) - 1.5).astype(np.float32), triangles
