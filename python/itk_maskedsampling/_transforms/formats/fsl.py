# SPDX-License-Identifier: Apache-2.0
"""Matrices of FSL's flirt, `-omat`: from moving to fixed, in FSL's coordinates.

These are mm from the first voxel along the axes of the image; along x from the last one where the axes are
right-handed, so that they are always left-handed.
"""

from __future__ import annotations

import numpy as np

from ..._core import Geometry
from ..._images.arrays import Floats
from ..._images.geometry import direction_matrix, homogeneous_matrix
from .matrices import format_matrix, invert, matrix_to_parts, parse_matrix, parts_to_matrix
from .request import Chain, Request, Unreadable


def index_to_fsl(grid: Geometry) -> Floats:
    """The homogeneous matrix from voxels to FSL's coordinates."""
    matrix = np.diag([*grid.spacing, 1.0])
    if np.linalg.det(direction_matrix(grid)) > 0:
        matrix[0, 0] = -grid.spacing[0]
        matrix[0, 3] = (grid.size[0] - 1) * grid.spacing[0]
    return matrix


def fsl_to_point(grid: Geometry) -> Floats:
    """The homogeneous matrix from FSL's coordinates to points."""
    return homogeneous_matrix(grid) @ invert(index_to_fsl(grid))


def read(request: Request) -> Chain:
    fixed, moving = (fsl_to_point(request.grid(name, 3)) for name in ("fixed", "moving"))
    matrix = parse_matrix(request.text().splitlines())
    if len(matrix) != 4:
        raise Unreadable("a matrix of 4 x 4 is needed, not of 3 x 3")
    return 3, matrix_to_parts(moving @ invert(matrix) @ invert(fixed))


def write(request: Request, chain: Chain) -> None:
    dimension, parts = chain
    request.check_dimension(dimension)
    fixed, moving = (fsl_to_point(request.grid(name, 3)) for name in ("fixed", "moving"))
    matrix = invert(fixed) @ invert(parts_to_matrix(request, dimension, parts)) @ moving
    request.file.write_text(format_matrix(matrix), encoding="utf-8")
