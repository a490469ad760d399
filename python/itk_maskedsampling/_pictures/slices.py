# SPDX-License-Identifier: Apache-2.0
"""Slices of images in space, for pictures: across the axes of an image, turned as the axes of space are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import numpy.typing as npt

from .. import _core
from .._core import Geometry, Part
from .._images.arrays import Array, Floats, to_reals
from .._images.geometry import direction_matrix, index_to_point, point_to_index

#: Along x, y and z of ITK's space: from right to left, from front to back, from below to above.
SIDES_OF_BODY = (("R", "L"), ("A", "P"), ("I", "S"))
#: Of the Gaussian before edges are found, in voxels.
BLUR = 1.2
#: Squares of a checkerboard along its longest side.
SQUARES = 8
#: Pixels along the longest side of a picture. Of smaller images, voxels are divided; larger ones are drawn coarser.
LEAST, MOST = 240, 1024


def nearest_axes(geometry: Geometry) -> tuple[list[int], Floats]:
    """For each axis of space, the axis of the image that is along it as nearly as they can, and its sign."""
    axes = range(len(geometry.size))
    direction = np.reshape(geometry.direction, (len(axes), len(axes)))
    # In the order of permutations() the first one, of equals, is that without an exchange.
    order = list(max(permutations(axes), key=lambda order: round(float(np.abs(direction[axes, list(order)]).sum()), 9)))
    return order, np.where(direction[axes, order] < 0, -1.0, 1.0)


def orient(geometry: Geometry) -> Geometry:
    """The same voxels, with axes exchanged and flipped to point along those of space as nearly as they can."""
    size, spacing = np.array(geometry.size), np.array(geometry.spacing)
    dimension = len(size)
    direction = direction_matrix(geometry)
    order, signs = nearest_axes(geometry)
    first = np.zeros(dimension)
    first[order] = np.where(signs < 0, size[order] - 1, 0)
    origin = index_to_point(geometry, first[np.newaxis])[0]
    turned = direction[:, order] * signs + 0.0
    return Geometry(
        tuple(size[order].tolist()),
        tuple(spacing[order].tolist()),
        tuple(origin.tolist()),
        tuple(turned.ravel().tolist()),
    )


def is_plain(geometry: Geometry) -> bool:
    """Whether an image lies where an array does: in nobody knows which space."""
    dimension = len(geometry.size)
    eye = tuple(np.eye(dimension).ravel().tolist())
    return geometry == Geometry(geometry.size, (1.0,) * dimension, (0.0,) * dimension, eye)


def name_unit(geometry: Geometry) -> str:
    """The unit of coordinates: mm, or that of an array."""
    return "mm" if not is_plain(geometry) else "pixels" if len(geometry.size) == 2 else "voxels"


def axis_letters(geometry: Geometry) -> list[tuple[str, str]] | None:
    """The letters of the sides of the body at the start and at the end of each axis of a volume; of oblique ones, those
    that are nearest. None of two dimensions, which do not say of which plane they are, and of plain arrays."""
    if len(geometry.size) != 3 or is_plain(geometry):
        return None
    letters = [("", "")] * 3
    for pair, axis, sign in zip(SIDES_OF_BODY, *nearest_axes(geometry), strict=True):
        letters[axis] = pair if sign > 0 else pair[::-1]
    return letters


def crop(geometry: Geometry, points: npt.ArrayLike, margin: float) -> Geometry:
    """The voxels of a grid around points, and those that are nearer to their box than the margin, in units of space."""
    index = point_to_index(geometry, points)
    size, spacing = np.array(geometry.size), np.array(geometry.spacing)
    first = np.clip(np.floor(index.min(axis=0) - margin / spacing + 0.5), 0, size - 1)
    last = np.clip(np.floor(index.max(axis=0) + margin / spacing + 0.5), 0, size - 1)
    origin = index_to_point(geometry, first[np.newaxis])[0]
    count = (last - first + 1).astype(int)
    return Geometry(tuple(count.tolist()), geometry.spacing, tuple(origin.tolist()), geometry.direction)


def middle_of(geometry: Geometry) -> Floats:
    """The point in the middle of a grid."""
    middle: Floats = index_to_point(geometry, [(np.array(geometry.size) - 1) / 2])[0]
    return middle


def is_aligned(geometry: Geometry) -> bool:
    """Whether the axes of an image that orient() gave are those of space."""
    dimension = len(geometry.size)
    return bool(np.allclose(direction_matrix(geometry), np.eye(dimension), atol=1e-6))


@dataclass(frozen=True)
class Slice:
    """A slice across an axis of an image, or the whole of an image of two dimensions.

    image: the grid of the image, as orient() gives it.
    grid: that of the picture, which has one voxel across the slice.
    axis: that which the slice is across; -1 in two dimensions.

    Coordinates are those of space if the image is aligned with it. Otherwise, they are lengths along the axes of the
    image, from the centre of its first voxel.
    """

    image: Geometry
    grid: Geometry
    axis: int

    @property
    def sides(self) -> tuple[int, int]:
        """The axes of the image along the columns and along the rows of the picture."""
        first, second = (axis for axis in range(len(self.image.size)) if axis != self.axis)
        return first, second

    @property
    def upwards(self) -> bool:
        """Whether the rows of the picture go up, as z does, and not down."""
        return self.sides[1] == 2

    @property
    def shape(self) -> tuple[int, int]:
        columns, rows = (self.grid.size[side] for side in self.sides)
        return rows, columns

    @property
    def blur(self) -> tuple[float, float]:
        """Sigmas, in pixels along columns and along rows, of the Gaussian before edges are found."""
        first, second = (BLUR * self.image.spacing[side] / self.grid.spacing[side] for side in self.sides)
        return first, second

    @property
    def letters(self) -> tuple[str, str, str, str] | None:
        """The sides of the body at the first and the last column, and the first and the last row, if they are known."""
        letters = axis_letters(self.image)
        return None if letters is None else (*letters[self.sides[0]], *letters[self.sides[1]])

    def locate(self, points: npt.ArrayLike) -> Floats:
        """Coordinates of points in space, both of shape (n, D)."""
        start = self.image.origin if is_aligned(self.image) else 0.0
        located: Floats = point_to_index(self.image, points) * self.image.spacing + start
        return located

    @property
    def position(self) -> float:
        """The coordinate, across it, of a slice of a volume."""
        return float(self.locate(index_to_point(self.grid, np.zeros((1, len(self.grid.size)))))[0, self.axis])

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """The coordinates of the borders of the picture: of the first and last column, and the first and last row."""
        corners = np.stack([np.full(len(self.grid.size), -0.5), np.array(self.grid.size) - 0.5])
        (left, first), (right, last) = self.locate(index_to_point(self.grid, corners))[:, self.sides]
        return float(left), float(right), float(first), float(last)

    def is_near(self, points: npt.ArrayLike, thickness: float | None = None) -> npt.NDArray[np.bool_]:
        """Which points, shape (n, D), are in the slice: at most half its thickness away, by default that of a voxel."""
        if self.axis < 0:
            return np.ones(len(np.asarray(points)), bool)
        half = (self.image.spacing[self.axis] if thickness is None else thickness) / 2
        near: npt.NDArray[np.bool_] = np.abs(self.locate(points)[:, self.axis] - self.position) <= half
        return near

    def cut(self, pixels: Array, geometry: Geometry, parts: Sequence[Part] = (), interpolator: str = "linear") -> Array:
        """The values of an image at the transformed points of the picture, shape (rows, columns).

        Outside the image they are NaN, or 0 for integers.
        """
        outside = np.nan if pixels.dtype.kind == "f" else 0
        cube: Array = _core.resample(to_reals(pixels), geometry, self.grid, list(parts), interpolator, outside)
        if pixels.dtype.kind in "iu":
            cube = np.rint(cube).astype(pixels.dtype)
        return cube if self.axis < 0 else cube.squeeze(cube.ndim - 1 - self.axis)

    def checker(self, squares: int = SQUARES) -> npt.NDArray[np.bool_]:
        """A checkerboard, shape (rows, columns), with so many squares along its longest side; the first is True."""
        columns, rows = ((np.arange(self.grid.size[side]) + 0.5) * self.grid.spacing[side] for side in self.sides)
        edge = max(self.grid.size[side] * self.grid.spacing[side] for side in self.sides) / squares
        board: npt.NDArray[np.bool_] = (rows[:, np.newaxis] // edge + columns // edge) % 2 == 0
        return board


def make_slices(geometry: Geometry, middle: Floats, side: int | None = None) -> list[Slice]:
    """The slices of an image through a point, across z, y and x; of an image of two dimensions the one there is.

    side: how many square pixels the longest side of a picture has. By default, the pixels are voxels, or equal parts of
        voxels if there are few.
    """
    axes = (2, 1, 0) if len(geometry.size) == 3 else (-1,)
    image = orient(geometry)
    return [make_slice(image, image, axis, middle, side) for axis in axes]


def make_slice(image: Geometry, part: Geometry, axis: int, middle: Floats, side: int | None = None) -> Slice:
    """The layer of voxels, of a part of an image, that is next to a point; both as orient() and crop() give them."""
    size, spacing = np.array(part.size), np.array(part.spacing)
    sides = np.arange(len(size)) != axis
    length = size * spacing
    longest = length[sides].max()
    if side is None:
        step = np.maximum(spacing / np.maximum(np.rint(spacing * LEAST / longest), 1), longest / MOST)
    else:
        step = np.full(len(size), longest / side)
    count = np.where(sides, np.maximum(np.rint(length / step), 1), 1).astype(int)
    pixel = np.where(sides, length / count, spacing)
    first = np.where(sides, 0.5 * pixel / spacing - 0.5, 0.0)
    if axis >= 0:
        first[axis] = np.clip(np.rint(point_to_index(part, middle[np.newaxis])[0, axis]), 0, size[axis] - 1)
    origin = index_to_point(part, first[np.newaxis])[0]
    grid = Geometry(tuple(count.tolist()), tuple(pixel.tolist()), tuple(origin.tolist()), part.direction)
    return Slice(image, grid, axis)


def find_window(pixels: Array) -> tuple[float, float]:
    """The least and the greatest value, without the outermost hundredth; (0, 1) for none."""
    known = pixels[np.isfinite(pixels)]
    if not known.size:
        return 0.0, 1.0
    low, high = np.percentile(known, [0.5, 99.5])
    if high <= low:
        low, high = known.min(), known.max()
    return float(low), float(high)


def stretch(pixels: Array, window: tuple[float, float]) -> Array:
    """Values of a window, from 0 to 1; those beyond it are beyond these."""
    low, high = window
    stretched: Array = (pixels.astype(np.float64) - low) / (high - low if high > low else 1)
    return stretched


def find_outline(inside: Array) -> Array:
    """The pixels inside a mask that have a neighbour outside."""
    padded = np.pad(inside != 0, 1)
    neighbours = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    outline: Array = padded[1:-1, 1:-1] & ~neighbours
    return outline


def find_border(inside: Array) -> Floats:
    """The sides of pixels between inside and outside a mask: shape (n, 2, 2), of ends (column, row) in pixels.

    The centre of the first pixel is (0, 0). What is beyond the picture is outside.
    """
    padded = np.pad(inside != 0, 1)
    row, column = np.nonzero(padded[:, 1:] != padded[:, :-1])
    upright = np.stack([np.stack([column, row - 1], -1), np.stack([column, row], -1)], axis=1)
    row, column = np.nonzero(padded[1:] != padded[:-1])
    level = np.stack([np.stack([column - 1, row], -1), np.stack([column, row], -1)], axis=1)
    border: Floats = np.concatenate([upright, level]) - 0.5
    return border
