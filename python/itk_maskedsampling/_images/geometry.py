# SPDX-License-Identifier: Apache-2.0
"""Grids of images in space."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .._core import Geometry
from .arrays import Floats, join, to_numbers


def make_geometry(name: str, size: Sequence[int], spacing: Any, origin: Any, direction: Any) -> Geometry:
    """A checked geometry; None is ITK's default. The name is that of the image in errors, empty for none."""
    prefix = f"{name}: " if name else ""
    dimension = len(size)
    spacing = np.ones(dimension) if spacing is None else spacing
    origin = np.zeros(dimension) if origin is None else origin
    direction = np.eye(dimension) if direction is None else direction
    needed = f"a number for each of the {dimension} axes of the pixels, x first,"
    spacing = to_numbers(f"{prefix}spacing", spacing, (dimension,), needed)
    origin = to_numbers(f"{prefix}origin", origin, (dimension,), needed)
    if np.ndim(direction) == 1 and len(direction) == dimension**2:
        direction = np.reshape(direction, (dimension, dimension))
    matrix = f"a matrix of shape ({dimension}, {dimension})"
    direction = to_numbers(f"{prefix}direction", direction, (dimension, dimension), matrix)
    if (spacing <= 0).any():
        raise ValueError(f"{prefix}spacing: {join(spacing)} must be greater than 0; flip the array or the direction")
    if abs(np.linalg.det(direction)) < 1e-6:
        raise ValueError(f"{prefix}direction: {join(direction.ravel())} is singular, its columns must be the axes")
    sizes = tuple(int(number) for number in size)
    return Geometry(sizes, tuple(spacing.tolist()), tuple(origin.tolist()), tuple(direction.ravel().tolist()))


#: What LPS coordinates are multiplied with to be RAS, or back.
FLIP = np.array([-1.0, -1.0, 1.0])


def direction_matrix(geometry: Geometry) -> Floats:
    """The axes of a grid as columns, shape (D, D)."""
    dimension = len(geometry.size)
    return np.asarray(geometry.direction, np.float64).reshape(dimension, dimension)


def homogeneous_matrix(geometry: Geometry) -> Floats:
    """The matrix, shape (D + 1, D + 1), from indices to points."""
    dimension = len(geometry.size)
    matrix = np.eye(dimension + 1)
    matrix[:dimension, :dimension] = index_matrix(geometry)
    matrix[:dimension, dimension] = geometry.origin
    return matrix


def from_nifti(name: str, affine: Floats, size: Sequence[int]) -> Geometry:
    """The grid of a NIfTI image, by its affine, which leads from indices to RAS. Raises ValueError for what is none."""
    dimension = len(size)
    prefix = f"{name}: " if name else ""
    if not np.isfinite(affine).all():
        raise ValueError(f"{prefix}the affine of the image is not finite: {join(affine.ravel())}")
    if dimension == 2 and (np.abs(affine[2, :2]).max() > 1e-6 or np.abs(affine[:2, 2]).max() > 1e-6):
        raise ValueError(f"{prefix}the plane of this image is not axial. Give it as a volume with one slice")
    matrix = FLIP[:dimension, np.newaxis] * affine[:dimension, :dimension]
    spacing = np.linalg.norm(matrix, axis=0)
    if (spacing == 0).any():
        raise ValueError(f"{prefix}the affine of the image is singular: {join(affine.ravel())}")
    return make_geometry(name, size, spacing, FLIP[:dimension] * affine[:dimension, 3], matrix / spacing)


def to_nifti(geometry: Geometry) -> Floats:
    """The affine of a NIfTI image with a grid."""
    dimension = len(geometry.size)
    affine = np.eye(4)
    affine[:dimension, :dimension] = index_matrix(geometry)
    affine[:dimension, 3] = geometry.origin
    affine[:3] *= FLIP[:, np.newaxis]
    if dimension == 2:
        affine[2, 2] = 1.0
    return affine


def index_to_point(geometry: Geometry, index: npt.ArrayLike) -> Floats:
    """Physical points of continuous indices, both of shape (n, D), x first."""
    points: Floats = np.asarray(index, np.float64) @ index_matrix(geometry).T + geometry.origin
    return points


def index_matrix(geometry: Geometry) -> Floats:
    """What a step of one voxel along each axis is in space: the columns, shape (D, D)."""
    return direction_matrix(geometry) * np.asarray(geometry.spacing, np.float64)


def slices_of_points(geometry: Geometry) -> Iterator[Floats]:
    """The centres of all voxels, slice by slice, in the order of an array; each of shape (n, D), x first.

    Those of all slices would take more memory than the image.
    """
    dimension = len(geometry.size)
    shape = geometry.size[-2::-1]
    index = np.moveaxis(np.indices((1, *shape))[::-1], 0, -1).reshape(-1, dimension)
    for number in range(geometry.size[-1]):
        index[:, -1] = number
        yield index_to_point(geometry, index)


def point_to_index(geometry: Geometry, points: npt.ArrayLike) -> Floats:
    """Continuous indices of physical points, both of shape (n, D), x first."""
    shifted = np.asarray(points, np.float64) - geometry.origin
    return np.asarray(np.linalg.solve(index_matrix(geometry), shifted.T).T, np.float64)


def corners_of(low: npt.ArrayLike, high: npt.ArrayLike) -> Floats:
    """All corners of a box, shape (2^D, D)."""
    ends = np.stack([np.asarray(low, np.float64), np.asarray(high, np.float64)])
    corners: Floats = np.stack(np.meshgrid(*ends.T, indexing="ij"), axis=-1).reshape(-1, ends.shape[1])
    return corners


def bounding_box(geometry: Geometry, first: Sequence[int], last: Sequence[int]) -> tuple[Floats, Floats]:
    """The corners, least and greatest, of the box in space around the voxels from a first to a last index."""
    points = index_to_point(geometry, corners_of(np.asarray(first) - 0.5, np.asarray(last) + 0.5))
    return points.min(axis=0), points.max(axis=0)


def same_grid(one: Geometry, other: Geometry) -> bool:
    """Whether two grids have the same voxels, to a millionth of a voxel and to rounding of coordinates."""
    if one.size != other.size:
        return False
    corners = corners_of(np.zeros(len(one.size)), np.array(one.size) - 1)
    apart = np.abs(index_to_point(one, corners) - index_to_point(other, corners)).max()
    largest = max(np.abs(one.origin).max(), np.abs(other.origin).max())
    return bool(apart <= 1e-6 * min(one.spacing) + 1e-12 * largest)
