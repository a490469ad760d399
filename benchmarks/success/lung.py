# SPDX-License-Identifier: Apache-2.0
"""Balls in the pair of lung images with landmarks that elastix has among its test data.

Its folder is told by --lung, or else by MASKED_SAMPLING_LUNG. It has 3DCT_lung_baseline.mha, _baseline_mask.mha,
_followup.mha, _baseline_landmarks.txt, and 3DCT_lung_groundtruth_point.txt, where the landmarks are in the follow-up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from .problems import LUNG, Problem, draw_points, make_ball
from .volumes import FloatArray, Grid, Volume

PREFIX = "3DCT_lung_"
FILES = ("baseline.mha", "baseline_mask.mha", "followup.mha", "baseline_landmarks.txt", "groundtruth_point.txt")
RADIUS = 30.0
#: The lung is not rigid, its voxels are 2.5 mm high, and people have set the landmarks.
TOLERANCE = 3.0
#: Every so many landmarks, of those in the lung, there is a ball.
STEP = 5
PROBES = 200


def is_there(folder: Path) -> bool:
    return all((folder / f"{PREFIX}{name}").exists() for name in FILES)


def read_image(path: Path) -> Volume:
    import itk  # noqa: PLC0415

    image: Any = itk.imread(str(path), itk.F)
    pixels = itk.array_from_image(image)
    direction = itk.array_from_matrix(image.GetDirection())
    grid = Grid(pixels.shape[::-1], np.array(image.GetOrigin()), np.array(image.GetSpacing()), direction)
    return Volume(pixels, grid)


def read_points(path: Path) -> FloatArray:
    """Of a text file whose first two lines say what it is and how many there are."""
    return np.asarray(np.loadtxt(path, skiprows=2), np.float64)


@dataclass(frozen=True, eq=False)
class Pair:
    """The two images, the mask of the lung in the first, and the landmarks that lie in that, in both."""

    fixed: Volume
    moving: Volume
    mask: npt.NDArray[np.bool_]
    landmarks: FloatArray
    counterparts: FloatArray


def middle(grid: Grid) -> FloatArray:
    place: FloatArray = grid.points((np.array(grid.size)[None] - 1) / 2)[0]
    return place


@cache
def load_pair(folder: Path) -> Pair:
    """The follow-up is shifted so that the middles of the images fall together, which any tool could do for itself."""
    fixed, mask, moving = (read_image(folder / f"{PREFIX}{name}") for name in FILES[:3])
    landmarks, counterparts = (read_points(folder / f"{PREFIX}{name}") for name in FILES[3:])
    shift = middle(fixed.grid) - middle(moving.grid)
    moving = Volume(moving.pixels, replace(moving.grid, origin=moving.grid.origin + shift))
    values = ndimage.map_coordinates(mask.pixels, mask.grid.indices(landmarks)[:, ::-1].T, order=0)
    return Pair(fixed, moving, mask.pixels > 0, landmarks[values > 0], counterparts[values > 0] + shift)


def count(folder: Path) -> int:
    """How many problems there are."""
    return -(-len(load_pair(folder).landmarks) // STEP)


def make_lung(folder: Path, seed: int) -> Problem:
    """The ball about a landmark. Check points of known truth are the landmarks in it, others are for the matrix."""
    pair = load_pair(folder)
    center = pair.landmarks[STEP * seed]
    ball = make_ball(pair.fixed.grid, center, RADIUS) * pair.mask
    inside = np.linalg.norm(pair.landmarks - center, axis=1) <= RADIUS
    known = pair.counterparts[inside]
    probes = draw_points(np.random.default_rng(seed), ball, pair.fixed.grid, PROBES)
    truth = np.concatenate([known, np.full(probes.shape, np.nan)])
    motion = float(np.linalg.norm(known - pair.landmarks[inside], axis=1).mean())
    points = np.concatenate([pair.landmarks[inside], probes])
    return Problem(LUNG, seed, motion, RADIUS, LUNG, pair.fixed, pair.moving, ball, points, truth, None, TOLERANCE)
