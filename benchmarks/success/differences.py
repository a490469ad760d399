# SPDX-License-Identifier: Apache-2.0
"""Problems whose images differ by more than noise: another contrast with noise of its own, and, besides, other voxels,
a moving image that ends near the ball, or one that ends within it.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from .problems import DIFFERENT, MOTIONS, NOISE, RADII, Problem, Scene, draw_scene, spoil
from .volumes import FloatArray, Grid, Pixels, load_brain, resample

CONTRAST, SPACING, CROPPED, OUTSIDE = "contrast", "spacing", "cropped", "partly outside"
KINDS = (CONTRAST, SPACING, CROPPED, OUTSIDE)

#: As from T1 to T2: fluid, grey and white matter change places. Each problem has it changed by some of that.
CONTRAST_FROM = np.array([0.0, 0.1, 0.3, 0.6, 0.85, 1.0])
CONTRAST_TO = np.array([0.0, 0.2, 0.9, 0.6, 0.3, 0.25])
CONTRAST_CHANGE = 0.1
OWN_NOISE = 0.05
#: Of the other voxels, in mm, the axes in any order.
SPACINGS = ((1.5, 1.5, 1.5), (2.0, 2.0, 2.0), (0.9, 0.9, 2.5), (1.2, 1.2, 3.0))
#: How far the cropped image goes on around the moved ball, least and most, in mm.
MARGINS = (10.0, 30.0)
#: The share of the ball that the moving image does not have, least and most.
SHARES = (0.15, 0.35)


def change_contrast(random: np.random.Generator, pixels: Pixels) -> Pixels:
    values = CONTRAST_TO + np.append(0.0, random.uniform(-CONTRAST_CHANGE, CONTRAST_CHANGE, len(CONTRAST_TO) - 1))
    return np.asarray(np.interp(pixels, CONTRAST_FROM, values), np.float32)


def crop_around(random: np.random.Generator, grid: Grid, truth: FloatArray) -> Grid:
    """A box around the moved ball, which is not in its middle."""
    indices = grid.indices(truth)
    before, after = random.uniform(*MARGINS, 3) / grid.spacing, random.uniform(*MARGINS, 3) / grid.spacing
    return grid.cut(np.floor(indices.min(axis=0) - before), np.ceil(indices.max(axis=0) + after))


def crop_through(random: np.random.Generator, grid: Grid, truth: FloatArray) -> Grid:
    """All on one side of a plane through the moved ball."""
    axis, upper, share = random.integers(3), random.integers(2), random.uniform(*SHARES)
    indices = grid.indices(truth)[:, axis]
    first, last = np.zeros(3), np.array(grid.size) - 1.0
    if upper:
        last[axis] = np.floor(np.quantile(indices, 1 - share))
    else:
        first[axis] = np.ceil(np.quantile(indices, share))
    return grid.cut(first, last)


def make_grid(random: np.random.Generator, kind: str, grid: Grid, scene: Scene) -> Grid:
    """That of the moving image."""
    if kind == SPACING:
        return grid.spaced(random.permutation(np.array(SPACINGS[random.integers(len(SPACINGS))])))
    if kind == CROPPED:
        return crop_around(random, grid, scene.truth)
    if kind == OUTSIDE:
        return crop_through(random, grid, scene.truth)
    return grid


def make_different(seed: int) -> Problem:
    random = np.random.default_rng([seed, 1])
    kind, motion, radius = KINDS[seed % 4], MOTIONS[seed // 4 % 4], RADII[seed // 16 % 4]
    brain = load_brain()
    grid = brain.volume.grid
    scene = draw_scene(random, brain, motion, radius)
    moving_grid = make_grid(random, kind, grid, scene)
    if kind == SPACING:
        moved = resample(brain.coefficients, grid, grid, scene.motion)
        # A larger voxel is the mean of what is in it.
        sigmas = np.where(moving_grid.spacing > grid.spacing, moving_grid.spacing / grid.spacing / 2.355, 0.0)
        moved = resample(ndimage.gaussian_filter(moved, sigmas[::-1]), grid, moving_grid, np.eye(4), order=1)
    else:
        moved = resample(brain.coefficients, grid, moving_grid, scene.motion)
    fixed = spoil(random, brain.volume.pixels, grid, NOISE)
    moving = spoil(random, change_contrast(random, moved), moving_grid, OWN_NOISE)
    return Problem(
        DIFFERENT, seed, motion, radius, kind, fixed, moving, scene.mask, scene.points, scene.truth, scene.motion
    )
