# SPDX-License-Identifier: Apache-2.0
"""The brain of the examples, deformed in a way that is known: that of the B-spline cases of the registrations."""

from __future__ import annotations

import brain
import data
import itk
import numpy as np
from cases import DEFORMABLE, PAIR, SAME, mask_name, moving_name
from success.problems import make_ball
from success.volumes import Volume, load_brain

from .pair import Pair

BALL_RADIUS = 20.0
NUMBER_OF_POINTS = 2000


def make_pair(is_whole: bool) -> Pair:
    """With the whole brain as the mask, or a ball of 20 mm within it."""
    image = brain.load_template("t1", brain.MAXIMUM)
    grid = load_brain().volume.grid
    deformation = data.make_deformation(image)
    moving = data.make_moving(brain.resample(image, deformation), SAME)
    fixed = itk.array_from_image(image)
    mask = fixed > 0 if is_whole else make_ball(grid, np.array(brain.BALL_CENTER), BALL_RADIUS) > 0
    inside = np.argwhere(mask)[:, ::-1]
    some = inside[np.random.default_rng(1).permutation(len(inside))[:NUMBER_OF_POINTS]]
    points = grid.points(some.astype(float))
    volumes = {
        "fixed": Volume(fixed, grid),
        mask_name(PAIR): Volume(mask.astype(np.float32), grid),
        moving_name(DEFORMABLE, SAME): Volume(moving, grid),
    }
    return Pair(volumes, points, data.invert_at(deformation, points))
