# SPDX-License-Identifier: Apache-2.0
"""Images for register() with a known answer: a smooth function of the point, on any grid, seen through a transform."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from itk_maskedsampling import Image, Transform

Floats = npt.NDArray[np.float64]


#: Directions and lengths of the waves of texture(); the same in every run.
RANDOM = np.random.default_rng(5)
WAVES = RANDOM.normal(size=(20, 3))
LENGTHS = np.linspace(12.0, 30.0, len(WAVES))


def texture(points: Floats) -> Floats:
    """A smooth function of the point with structure at every place, of some 80 +- 40; shapes (..., D) and (...)."""
    values = np.full(points.shape[:-1], 80.0)
    for number, (wave, length) in enumerate(zip(WAVES[:, : points.shape[-1]], LENGTHS, strict=True)):
        values += 12.0 * np.cos(points @ (wave / np.linalg.norm(wave)) * (2 * np.pi / length) + number)
    return values


def grid_points(shape: tuple[int, ...], spacing: Any, origin: Any, direction: Any) -> Floats:
    """The point in space of every pixel of an array [z,]y,x: shape (*shape, D), x first."""
    index = np.moveaxis(np.indices(shape)[::-1], 0, -1)
    return np.asarray((index * np.asarray(spacing)) @ np.asarray(direction).T + np.asarray(origin))


def rotation(angle: float, dimension: int) -> Floats:
    """About the last axis; in three dimensions tilted, too."""
    c, s = np.cos(angle), np.sin(angle)
    plane = np.array([[c, -s], [s, c]])
    if dimension == 2:
        return plane
    turn, tilt = np.eye(3), np.eye(3)
    turn[:2, :2] = plane
    tilt[1:, 1:] = plane
    return turn @ tilt


@dataclass
class Scene:
    """Images, masks as arrays, and the matrix and offset that map fixed to moving points."""

    fixed: Image
    moving: Image
    fixed_mask: npt.NDArray[np.bool_]
    matrix: Floats
    offset: Floats

    def truth(self, points: Floats) -> Floats:
        return np.asarray(points @ self.matrix.T + self.offset)

    def mask_points(self) -> Floats:
        """The centres of the mask voxels, shape (n, D)."""
        image = self.fixed
        return grid_points(image.pixels.shape, image.spacing, image.origin, image.direction)[self.fixed_mask]

    def error(self, transform: Any) -> float:
        """The largest distance between where the transform and the truth map the mask voxels."""
        points = self.mask_points()
        return float(np.linalg.norm(transform(points) - self.truth(points), axis=1).max())


def make_scene(
    dimension: int = 2,
    dtype: npt.DTypeLike = np.float32,
    angle: float = 0.0,
    scale: float = 1.0,
    shift: tuple[float, ...] = (1.5, -1.0, 0.8),
    tilted: bool = False,
) -> Scene:
    """The moving image is the fixed one turned about its middle, scaled and moved. Tilted: on oblique grids, whose
    spacing, origin and direction differ."""
    shape = (60, 70) if dimension == 2 else (36, 40, 44)
    spacing, origin, direction = np.ones(dimension), np.zeros(dimension), np.eye(dimension)
    moving_spacing, moving_origin, moving_direction = spacing, origin, direction
    if tilted:
        spacing = np.array([0.9, 1.1, 1.3])[:dimension]
        origin = np.array([-20.0, 15.0, 40.0])[:dimension]
        direction = rotation(0.3, dimension)
        moving_spacing = np.array([1.05, 0.95, 1.2])[:dimension]
        moving_direction = rotation(-0.2, dimension)
        middle = grid_points(shape, spacing, origin, direction).reshape(-1, dimension).mean(axis=0)
        other = grid_points(shape, moving_spacing, np.zeros(dimension), moving_direction).reshape(-1, dimension)
        moving_origin = middle - other.mean(axis=0)
    points = grid_points(shape, spacing, origin, direction)
    middle = points.reshape(-1, dimension).mean(axis=0)
    matrix = scale * rotation(angle, dimension)
    offset = middle - matrix @ middle + np.array(shift[:dimension])
    moving_points = grid_points(shape, moving_spacing, moving_origin, moving_direction)
    fixed = Image(texture(points).astype(dtype), spacing, origin, direction)
    seen = texture(np.linalg.solve(matrix, (moving_points - offset)[..., np.newaxis])[..., 0])
    moving = Image(seen.astype(dtype), moving_spacing, moving_origin, moving_direction)
    inside = np.linalg.norm(points - middle, axis=-1) < min(np.array(shape[::-1]) * spacing) * 0.33
    return Scene(fixed, moving, inside, matrix, offset)


def make_torn_spline(low: tuple[float, ...], high: tuple[float, ...], shift: tuple[float, ...]) -> Transform:
    """A B-spline of a grid that was not made here: it moves a box by as much everywhere, and nothing beyond it."""
    dimension, cells = len(low), 3
    spacing = (np.array(high) - low) / cells
    fixed = [np.full(dimension, cells + 3.0), low - spacing, spacing, np.eye(dimension).ravel()]
    parameters = np.repeat(shift, (cells + 3) ** dimension).astype(float)
    return Transform(
        dimension, ((f"BSplineTransform_double_{dimension}_{dimension}", np.concatenate(fixed), parameters),)
    )
