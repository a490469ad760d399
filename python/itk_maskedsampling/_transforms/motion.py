# SPDX-License-Identifier: Apache-2.0
"""How a transform moves things: turns in degrees, shifts, stretches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._images.arrays import Floats

#: Determinants of which the sign is not known: rounding.
SINGULAR = 1e-12


@dataclass(frozen=True)
class Motion:
    """A matrix as a stretch, and a rotation after it.

    angles: in degrees about x, y and z, as itk.Euler3DTransform has them (that about y is applied first, then x, z); of
        two dimensions one.
    angle, axis: the one turn that they are together, in degrees, and the axis of it; in two dimensions there is none.
    stretch: symmetric; scales are on its diagonal, shears beside it.
    """

    angles: Floats
    angle: float
    axis: Floats | None
    stretch: Floats

    @property
    def scales(self) -> Floats:
        return np.diagonal(self.stretch)

    @property
    def shears(self) -> Floats:
        """xy, and in three dimensions xz and yz."""
        return self.stretch[np.triu_indices(len(self.stretch), 1)]

    def is_rigid(self, tolerance: float = 1e-6) -> bool:
        return bool(np.abs(self.stretch - np.eye(len(self.stretch))).max() <= tolerance)


def find_motion(matrix: Floats) -> Motion | None:
    """What a matrix, shape (D, D), does; None for one that mirrors, or makes a plane of space."""
    if np.linalg.det(matrix) <= SINGULAR:
        return None
    left, lengths, right = np.linalg.svd(matrix)
    turn = left @ right
    stretch = right.T @ np.diag(lengths) @ right
    if len(matrix) == 2:
        angle = float(np.degrees(np.arctan2(turn[1, 0], turn[0, 0])))
        return Motion(np.array([angle]), angle, None, stretch)
    twist = np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]])
    length = float(np.linalg.norm(twist))
    angle = float(np.degrees(np.arctan2(length, np.trace(turn) - 1)))
    if length > 1e-6:
        axis = twist / length
    else:  # by half a circle, or not at all: a column of the projection on the axis
        outer = turn + np.eye(3)
        axis = outer[:, int(np.argmax(np.diagonal(outer)))]
        axis = axis / np.linalg.norm(axis)
    return Motion(euler_angles(turn), angle, axis, stretch)


def euler_angles(turn: Floats) -> Floats:
    """Degrees about x, y and z of a rotation that is Z X Y."""
    about_x = np.arctan2(turn[2, 1], np.hypot(turn[2, 0], turn[2, 2]))
    if np.hypot(turn[2, 0], turn[2, 2]) > 1e-9:
        about_y, about_z = np.arctan2(-turn[2, 0], turn[2, 2]), np.arctan2(-turn[0, 1], turn[1, 1])
    else:  # y and z turn about the same axis
        about_y, about_z = 0.0, np.arctan2(turn[1, 0], turn[0, 0])
    angles: Floats = np.degrees(np.array([about_x, about_y, about_z]))
    return angles


def fit_matrix(points: Floats, moved: Floats) -> Floats:
    """The linear part, shape (D, D), of the affine map that is nearest to one of points."""
    centred, target = points - points.mean(axis=0), moved - moved.mean(axis=0)
    fitted: Floats = np.linalg.lstsq(centred, target, rcond=None)[0].T
    return fitted
