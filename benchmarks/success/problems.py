# SPDX-License-Identifier: Apache-2.0
"""Random problems of known answer: balls in the brain, moved and turned, with noise and a bias field.

A seed tells which problem it is: 16 follow each other with every motion and every radius, first in the contrast of the
fixed image, the next 16 in the inverted one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .volumes import Brain, FloatArray, Grid, Pixels, Volume, apply, load_brain, make_motion, resample

RANDOM = "random"
DIFFERENT = "different"
LUNG = "lung"

#: In mm.
MOTIONS = (2, 6, 12, 20)
RADII = (8, 12, 20, 30)
#: In degrees, about each axis, both ways.
ROTATION = 10.0
SAME, INVERTED = "same", "inverted"
#: Of an image whose brightest voxel is 1.
NOISE = 0.03
BIAS = 0.15
CHECK_POINTS = 1000


@dataclass(frozen=True, eq=False)
class Problem:
    """One registration of known answer.

    Motion and radius are in mm. The truth is where the check points belong, NaN for those that say nothing; the matrix
    is the motion, from the fixed to the moving image, if it is rigid and known everywhere.
    """

    family: str
    seed: int
    motion: float
    radius: float
    kind: str
    fixed: Volume
    moving: Volume
    mask: npt.NDArray[np.uint8]
    points: FloatArray
    truth: FloatArray
    matrix: FloatArray | None
    #: Within which the answer is right, in mm.
    tolerance: float = 0.5

    @property
    def name(self) -> str:
        return f"{self.family} {self.seed}"


def make_bias(random: np.random.Generator, grid: Grid) -> Pixels:
    """Brightness that grows along each axis."""
    slopes = random.normal(size=3) * BIAS
    z, y, x = (np.linspace(-1, 1, length).astype(np.float32) for length in grid.shape)
    field = 1 + slopes[0] * z[:, None, None] + slopes[1] * y[None, :, None] + slopes[2] * x[None, None, :]
    return np.asarray(field, np.float32)


def spoil(random: np.random.Generator, pixels: Pixels, grid: Grid, noise: float = NOISE) -> Volume:
    """The image as a scanner might have it: with a bias field, and with noise."""
    dirt = random.standard_normal(pixels.shape, np.float32) * np.float32(noise)
    return Volume(pixels * make_bias(random, grid) + dirt, grid)


def draw_motion(random: np.random.Generator, length: float, center: FloatArray) -> FloatArray:
    """A translation of a length in any direction, after rotations about the centre."""
    direction = random.normal(size=3)
    angles = random.uniform(-ROTATION, ROTATION, 3)
    return make_motion(angles, direction * length / np.linalg.norm(direction), center)


def make_ball(grid: Grid, center: FloatArray, radius: float) -> npt.NDArray[np.uint8]:
    """The voxels whose centres are in a ball, all in mm."""
    near = np.round(grid.indices(center[None])[0]).astype(int)
    reach = np.ceil(radius / grid.spacing).astype(int) + 1
    box = grid.cut(near - reach, near + reach)
    first = np.round(grid.indices(box.origin[None])[0]).astype(int)
    indices = np.argwhere(np.ones(box.shape, bool))[:, ::-1] + first
    inside = indices[np.linalg.norm(grid.points(indices) - center, axis=1) <= radius]
    mask = np.zeros(grid.shape, np.uint8)
    mask[tuple(inside[:, ::-1].T)] = 1
    return mask


def draw_points(random: np.random.Generator, mask: npt.NDArray[np.uint8], grid: Grid, number: int) -> FloatArray:
    """Centres of some voxels of the mask."""
    voxels = np.argwhere(mask)[:, ::-1]
    return grid.points(voxels[random.permutation(len(voxels))[:number]])


@dataclass(frozen=True, eq=False)
class Scene:
    """What a problem has before there are images: a ball, and how it is moved."""

    center: FloatArray
    mask: npt.NDArray[np.uint8]
    motion: FloatArray
    points: FloatArray
    truth: FloatArray


def draw_scene(random: np.random.Generator, brain: Brain, motion: float, radius: float) -> Scene:
    grid = brain.volume.grid
    center = grid.points(brain.voxels[random.integers(len(brain.voxels))][None])[0]
    matrix = draw_motion(random, motion, center)
    mask = make_ball(grid, center, radius)
    points = draw_points(random, mask, grid, CHECK_POINTS)
    return Scene(center, mask, matrix, points, apply(matrix, points))


def invert(pixels: Pixels) -> Pixels:
    """Dark for bright, inside the brain."""
    return np.where(pixels > 0.05, np.float32(1.1) - pixels, pixels)


def make_random(seed: int) -> Problem:
    random = np.random.default_rng(seed)
    motion, radius = MOTIONS[seed % 4], RADII[seed // 4 % 4]
    kind = INVERTED if seed // 16 % 2 else SAME
    brain = load_brain()
    grid = brain.volume.grid
    scene = draw_scene(random, brain, motion, radius)
    moved = resample(brain.coefficients, grid, grid, scene.motion)
    fixed = spoil(random, brain.volume.pixels, grid)
    moving = spoil(random, invert(moved) if kind == INVERTED else moved, grid)
    return Problem(
        RANDOM, seed, motion, radius, kind, fixed, moving, scene.mask, scene.points, scene.truth, scene.motion
    )
