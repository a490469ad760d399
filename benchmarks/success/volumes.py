# SPDX-License-Identifier: Apache-2.0
"""Grids of voxels in space, images moved from one to another, and the brain from which the cases are made."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial.transform import Rotation

FloatArray = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Grid:
    """Voxels in space, in mm. The size is (x, y, z), the shape of an array on the grid (z, y, x)."""

    size: tuple[int, ...]
    origin: FloatArray
    spacing: FloatArray
    direction: FloatArray

    @property
    def shape(self) -> tuple[int, ...]:
        return self.size[::-1]

    @property
    def matrix(self) -> FloatArray:
        """From index (x, y, z, 1) to point, homogeneous."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.direction * self.spacing
        matrix[:3, 3] = self.origin
        return matrix

    def points(self, indices: npt.ArrayLike) -> FloatArray:
        """Places of indices (n, 3), x first, whole or not."""
        return apply(self.matrix, np.asarray(indices, np.float64))

    def indices(self, points: FloatArray) -> FloatArray:
        return apply(np.asarray(np.linalg.inv(self.matrix), np.float64), points)

    def cut(self, first: npt.ArrayLike, last: npt.ArrayLike) -> Grid:
        """The part of the grid from one index to another, both included, as far as it has them."""
        begin = np.clip(np.asarray(first), 0, np.array(self.size) - 1).astype(int)
        end = np.clip(np.asarray(last), begin, np.array(self.size) - 1).astype(int)
        size = tuple(int(length) for length in end - begin + 1)
        return Grid(size, self.points(begin[None])[0], self.spacing, self.direction)

    def spaced(self, spacing: FloatArray) -> Grid:
        """Other voxels in the same place: the corner of the first voxel stays."""
        size = np.maximum(1, np.floor(np.array(self.size) * self.spacing / spacing)).astype(int)
        origin = self.origin + self.direction @ ((spacing - self.spacing) / 2)
        return Grid(tuple(int(length) for length in size), origin, spacing, self.direction)

    def to_dict(self) -> dict[str, Any]:
        """As the store of the registrations reads it."""
        parts = {"origin": self.origin, "spacing": self.spacing, "direction": self.direction}
        return {name: part.tolist() for name, part in parts.items()}


@dataclass(frozen=True, eq=False)
class Volume:
    """An image of the shape (z, y, x)."""

    pixels: Pixels
    grid: Grid


@dataclass(frozen=True, eq=False)
class Brain:
    """The MNI152 T1 template, 1 at most and 0 outside of the brain, with its spline coefficients."""

    volume: Volume
    coefficients: Pixels
    #: Indices of the voxels of the brain, (n, 3), x first.
    voxels: npt.NDArray[np.int64]


@cache
def load_brain() -> Brain:
    import itk  # noqa: PLC0415
    from brain import load_template  # noqa: PLC0415

    image = load_template("t1", 1.0)
    pixels = itk.array_from_image(image)
    direction = itk.array_from_matrix(image.GetDirection())
    grid = Grid(pixels.shape[::-1], np.array(image.GetOrigin()), np.array(image.GetSpacing()), direction)
    coefficients = ndimage.spline_filter(pixels, order=3, output=np.float32)
    return Brain(Volume(pixels, grid), coefficients, np.argwhere(pixels > 0)[:, ::-1])


def apply(matrix: FloatArray, points: FloatArray) -> FloatArray:
    """Points (n, 3) mapped by a homogeneous matrix."""
    mapped: FloatArray = points @ matrix[:3, :3].T + matrix[:3, 3]
    return mapped


def fit_matrix(points: FloatArray, mapped: FloatArray) -> FloatArray:
    """The homogeneous matrix that maps points best to others."""
    columns = np.column_stack([points, np.ones(len(points))])
    matrix = np.eye(4)
    matrix[:3] = np.linalg.lstsq(columns, mapped, rcond=None)[0].T
    return matrix


def make_motion(angles: FloatArray, translation: FloatArray, center: FloatArray) -> FloatArray:
    """A rotation by angles in degrees about a centre, then a translation, as a homogeneous matrix."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    matrix[:3, 3] = center + translation - matrix[:3, :3] @ center
    return matrix


def resample(coefficients: Pixels, source: Grid, target: Grid, motion: FloatArray, order: int = 3) -> Pixels:
    """The moved image on a grid: its pixel at a point is that of the source at the point the motion takes there.

    coefficients: of the spline of this order; for order 1 these are the pixels.
    """
    matrix = np.linalg.inv(source.matrix) @ np.linalg.inv(motion) @ target.matrix
    return np.asarray(
        ndimage.affine_transform(
            coefficients,
            matrix[:3, :3][::-1, ::-1],
            offset=matrix[:3, 3][::-1],
            output_shape=target.shape,
            output=np.float32,
            order=order,
            prefilter=False,
        )
    )
