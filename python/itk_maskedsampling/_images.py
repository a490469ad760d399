# SPDX-License-Identifier: Apache-2.0
"""Images in memory: pixels with their place in space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ._arrays import Array, Floats, check_pixels, describe, frozen_copy, join, times, to_numbers
from ._core import Geometry


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Image:
    """An array with spacing, origin and direction, which cannot be changed.

    pixels: an array [z,]y,x, as itk.array_from_image() gives it. It is shared, not copied.
    spacing, origin: a number for each axis, x first; 1 and 0 where they are not given.
    direction: shape (D, D), its columns are the axes, as GetDirection() of ITK has it, or flat, as that of SimpleITK;
        the identity where it is not given.

    Units are those of the spacing, coordinates those of ITK (LPS for medical images). numpy.asarray(image) gives the
    pixels.
    """

    pixels: Array
    spacing: tuple[float, ...]
    origin: tuple[float, ...]
    direction: Floats

    def __init__(
        self,
        pixels: npt.ArrayLike,
        spacing: npt.ArrayLike | None = None,
        origin: npt.ArrayLike | None = None,
        direction: npt.ArrayLike | None = None,
    ) -> None:
        if isinstance(pixels, np.ma.MaskedArray):
            raise TypeError("pixels: a masked array; give its filled(0) as pixels and its ~mask as the mask")
        array = np.asarray(pixels)
        grid = make_geometry("", array.shape[::-1], spacing, origin, direction)
        object.__setattr__(self, "pixels", array)
        object.__setattr__(self, "spacing", grid.spacing)
        object.__setattr__(self, "origin", grid.origin)
        object.__setattr__(self, "direction", frozen_copy(np.reshape(grid.direction, (array.ndim, array.ndim))))

    @property
    def geometry(self) -> Geometry:
        """The grid: its size, spacing and origin, x first, and direction, flat."""
        return make_geometry("", self.pixels.shape[::-1], self.spacing, self.origin, self.direction)

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Array:
        if copy is None:
            return np.asarray(self.pixels, dtype)
        if copy or (dtype is not None and np.dtype(dtype) != self.pixels.dtype):
            if not copy:
                raise ValueError(f"the pixels are {self.pixels.dtype}: for {np.dtype(dtype)} they have to be copied")
            return np.array(self.pixels, dtype)
        return self.pixels

    def __repr__(self) -> str:
        grid = self.geometry
        return (
            f"Image({times(grid.size)} of {self.pixels.dtype}, spacing {join(grid.spacing)}, "
            f"origin {join(grid.origin)}, direction {join(grid.direction)})"
        )


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


def index_to_point(geometry: Geometry, index: npt.ArrayLike) -> Floats:
    """Physical points of continuous indices, both of shape (n, D), x first."""
    points: Floats = np.asarray(index, np.float64) @ index_matrix(geometry).T + geometry.origin
    return points


def index_matrix(geometry: Geometry) -> Floats:
    """What a step of one voxel along each axis is in space: the columns, shape (D, D)."""
    dimension = len(geometry.size)
    direction = np.asarray(geometry.direction, np.float64).reshape(dimension, dimension)
    return direction * np.asarray(geometry.spacing, np.float64)


def point_to_index(geometry: Geometry, points: npt.ArrayLike) -> Floats:
    """Continuous indices of physical points, both of shape (n, D), x first."""
    shifted = np.asarray(points, np.float64) - geometry.origin
    return np.asarray(np.linalg.solve(index_matrix(geometry), shifted.T).T, np.float64)


def bounding_box(geometry: Geometry, first: Sequence[int], last: Sequence[int]) -> tuple[Floats, Floats]:
    """The corners, least and greatest, of the box in space around the voxels from a first to a last index."""
    ends = np.stack([np.asarray(first) - 0.5, np.asarray(last) + 0.5])
    dimension = len(geometry.size)
    corners = np.stack(np.meshgrid(*ends.T, indexing="ij"), axis=-1).reshape(-1, dimension)
    points = index_to_point(geometry, corners)
    return points.min(axis=0), points.max(axis=0)


def same_grid(one: Geometry, other: Geometry) -> bool:
    """Whether two grids have the same voxels, to a millionth of a voxel and to rounding of coordinates."""
    if one.size != other.size:
        return False
    last = [[0] * len(one.size), [number - 1 for number in one.size]]
    corners = np.stack(np.meshgrid(*np.transpose(last), indexing="ij"), axis=-1).reshape(-1, len(one.size))
    apart = np.abs(index_to_point(one, corners) - index_to_point(other, corners)).max()
    largest = max(np.abs(one.origin).max(), np.abs(other.origin).max())
    return bool(apart <= 1e-6 * min(one.spacing) + 1e-12 * largest)


@dataclass(frozen=True, eq=False)
class Raster:
    """An image of any library as this package sees it.

    pixels: [z,]y,x, of the type and layout that the library has.
    source: what the user handed in, which owns the pixels; an Image for what was read from a file.
    kind: "itk", "SimpleITK", "xarray", "nibabel", "Image" or "array".
    """

    pixels: Array
    geometry: Geometry
    source: Any
    kind: str

    @property
    def dimension(self) -> int:
        return self.pixels.ndim


def from_image(name: str, image: Image) -> Raster:
    return Raster(check_pixels(name, image.pixels), image.geometry, image, "Image")


def from_array(name: str, value: Any) -> Raster:
    """Whatever numpy can take as an array: spacing 1, origin 0."""
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(
            f"{name}: a masked array, whose mask would be lost. Give {name}=array.filled(0), and ~array.mask as "
            "its mask"
        )
    try:
        pixels = np.asarray(value)
    except Exception as error:
        raise TypeError(f"{name}: numpy can make no array of {describe(value)}: {error}") from error
    check_pixels(name, pixels)
    if pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] in (3, 4) and min(pixels.shape[:2]) > 8:
        raise TypeError(
            f"{name}: {describe(pixels)}, looks like a picture with {pixels.shape[2]} channels. Give one real number "
            "per pixel, such as array[..., :3].mean(axis=-1); or Image(array), if it is a volume"
        )
    return Raster(pixels, make_geometry(name, pixels.shape[::-1], None, None, None), value, "array")
