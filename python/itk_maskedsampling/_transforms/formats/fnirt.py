# SPDX-License-Identifier: Apache-2.0
"""Fields of FSL, as fnirt --fout, convertwarp and invwarp write them: from fixed to moving, in FSL's coordinates."""

from __future__ import annotations

import numpy as np

from ..._core import Geometry
from ..._images.arrays import Floats, join, times
from ..._images.geometry import homogeneous_matrix, index_matrix
from ..field import field_vectors, make_field
from ..parts import field_part
from .field import DISPLACEMENTS, FSL_COEFFICIENTS, FSL_DISPLACEMENTS, OTHERS
from .fsl import fsl_to_point, index_to_fsl
from .matrices import invert
from .request import Chain, Request, Unreadable
from .vectors import Vectors, is_nifti, read_vectors, write_vectors


def read(request: Request) -> Chain:
    moving = fsl_to_point(request.grid("moving", 3))
    check_suffix(request)
    vectors = read_vectors(request.file)
    check_intent(vectors)
    grid = find_grid(request, vectors)
    to_fsl = index_to_fsl(grid)
    pixels = np.array(vectors.pixels, np.float64)
    # As FSL tells it: where voxels go varies as voxels do, by how far they go does not.
    relative = add_affine(pixels, -to_fsl)
    if spread(relative) > spread(pixels):
        relative = pixels
    # Displacements in space are those in FSL's coordinates, turned, and what the two systems differ by.
    to_point = np.eye(4)
    to_point[:3, :3], to_point[:3, 3] = index_matrix(grid), grid.origin
    return 3, (field_part(grid, add_affine(relative @ moving[:3, :3].T, moving @ to_fsl - to_point)),)


def check_suffix(request: Request) -> None:
    if not is_nifti(request.place or request.file):
        raise ValueError(f'format: "fnirt" is NIfTI, of the suffix .nii.gz or .nii, not {request.file.name!r}')


def check_intent(vectors: Vectors) -> None:
    if vectors.intent in FSL_COEFFICIENTS:
        raise Unreadable(
            "it holds coefficients, not displacements. Convert it: fnirtfileutils --in=COEFFICIENTS --ref=FIXED "
            "--out=FIELD --withaff"
        )
    if vectors.intent not in (0, FSL_DISPLACEMENTS) or vectors.name in OTHERS:
        other = "displacements in RAS" if vectors.intent == DISPLACEMENTS else "vectors"
        raise Unreadable(
            f"its intent_code is {vectors.intent}, {OTHERS.get(vectors.name, other)}, but {FSL_DISPLACEMENTS} or 0 is "
            'needed. Of ITK, ANTs and greedy it is format="field"'
        )
    if vectors.pixels.ndim != 4:
        raise Unreadable("3 dimensions are needed, not 2")


def find_grid(request: Request, vectors: Vectors) -> Geometry:
    """The grid of the field, which is that of the fixed image, if this was given."""
    if request.fixed is None:
        return vectors.grid
    grid = request.grid("fixed", 3)
    if grid.size != vectors.grid.size or not np.allclose(grid.spacing, vectors.grid.spacing, rtol=1e-3):
        raise ValueError(
            f"fixed: {times(grid.size)} voxels of {join(grid.spacing)} mm, but the field has "
            f"{times(vectors.grid.size)} of {join(vectors.grid.spacing)} mm. Give the image that was the reference of "
            "fnirt, or none"
        )
    return grid


def add_affine(pixels: Floats, matrix: Floats) -> Floats:
    """Vectors and what a homogeneous matrix makes of their voxels."""
    found = pixels + matrix[:3, 3]
    for axis in range(3):
        steps = np.arange(pixels.shape[2 - axis]).reshape([-1 if one == 2 - axis else 1 for one in range(4)])
        found += steps * matrix[:3, axis]
    return np.asarray(found, np.float64)


def spread(pixels: Floats) -> float:
    return float(pixels.reshape(-1, 3).std(axis=0).sum())


def write(request: Request, chain: Chain) -> None:
    """Relative displacements, at the voxels of the fixed image."""
    dimension, parts = chain
    request.check_dimension(dimension)
    check_suffix(request)
    moving = invert(fsl_to_point(request.grid("moving", 3)))
    grid = request.grid("fixed", dimension)
    pixels = field_vectors(dimension, make_field(parts, grid))
    found = add_affine(pixels @ moving[:3, :3].T, moving @ homogeneous_matrix(grid) - index_to_fsl(grid))
    write_vectors(request.file, grid, found, FSL_DISPLACEMENTS)
