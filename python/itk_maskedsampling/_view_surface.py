# SPDX-License-Identifier: Apache-2.0
"""The surface of a mask, which ITK finds."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import numpy.typing as npt

from ._images import Raster, index_to_point

Surface = tuple[npt.NDArray[np.float32], npt.NDArray[np.uint32]]


def find_surface(mask: Raster) -> Surface:
    """Vertices in space, shape (n, 3), and triangles of them, shape (m, 3), which go against the clock from outside.

    The surface is closed, also where the mask touches the border of its grid. Its vertices are on the sides and at the
    corners of voxels, where what is inside meets what is outside.
    """
    itk: Any = importlib.import_module("itk")
    hits = [np.flatnonzero(mask.pixels.any(axis=axes)) for axes in ((0, 1), (0, 2), (1, 2))]  # x, y, z
    box = tuple(slice(hit[0], hit[-1] + 1) for hit in reversed(hits))
    # A border of what is outside closes the surface.
    image = itk.image_from_array(np.pad(mask.pixels[box] != 0, 1).astype(np.uint8))
    source = itk.BinaryMask3DMeshSource[type(image), itk.Mesh[itk.F, 3]].New(Input=image, ObjectValue=1)
    source.Update()
    mesh = source.GetOutput()
    index = itk.array_from_vector_container(mesh.GetPoints()).astype(np.float64) + [hit[0] - 1 for hit in hits]
    # Each cell is a type, a number of vertices, which is 3, and these.
    triangles = itk.array_from_vector_container(mesh.GetCellsArray()).reshape(-1, 5)[:, 2:].astype(np.uint32)
    if np.linalg.det(np.reshape(mask.geometry.direction, (3, 3))) < 0:
        triangles = triangles[:, ::-1]
    return index_to_point(mask.geometry, index).astype(np.float32), triangles
