# SPDX-License-Identifier: Apache-2.0
"""How well the images fit at some places: mutual information at sample points that no tool has used."""

from __future__ import annotations

import math
from collections.abc import Sequence

import itk_maskedsampling
import numpy as np

from .problems import Problem
from .volumes import FloatArray, apply

#: Anywhere in the voxels of the mask, not only in their middles.
SAMPLES = 20000
#: A place where less of the mask lies in the moving image is not compared: chance fits few samples well.
LEAST_INSIDE = 0.5


def draw_samples(problem: Problem) -> FloatArray:
    random = np.random.default_rng([problem.seed, 2])
    voxels = np.argwhere(problem.mask)[:, ::-1]
    grid = problem.fixed.grid
    indices = voxels[random.integers(len(voxels), size=SAMPLES)] + random.uniform(-0.5, 0.5, (SAMPLES, 3))
    return grid.points(np.clip(indices, 0, np.array(grid.size) - 1))


def share_inside(problem: Problem, points: FloatArray) -> float:
    """Of some points of the moving image."""
    indices = problem.moving.grid.indices(points)
    return float(np.all((indices >= 0) & (indices <= np.array(problem.moving.grid.size) - 1), axis=1).mean())


def find_values(problem: Problem, matrices: Sequence[FloatArray]) -> list[float]:
    """The metric at each place, less is better; not a number where the ball is mostly outside of the moving image."""
    points = draw_samples(problem)
    fixed, moving = (
        itk_maskedsampling.Image(volume.pixels, volume.grid.spacing, volume.grid.origin, volume.grid.direction)
        for volume in (problem.fixed, problem.moving)
    )
    values = []
    for matrix in matrices:
        if share_inside(problem, apply(matrix, points)) < LEAST_INSIDE:
            values.append(math.nan)
            continue
        found = itk_maskedsampling.register(
            fixed, moving, points=points, initial=matrix, levels=1, iterations=0, uncertainty="none"
        )
        values.append(found.value)
    return values
