# SPDX-License-Identifier: Apache-2.0
"""What the tests of files of other tools share: images with axes of all kinds, made by nibabel, and their points."""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

nibabel: Any = importlib.import_module("nibabel")  # not all of it has types

#: RAS to LPS, and back.
FLIP = np.array([-1.0, -1.0, 1.0])


def turn(x: float, y: float, z: float) -> Any:
    """A rotation about three axes."""
    matrix = np.eye(3)
    for axis, angle in enumerate((x, y, z)):
        one, other = (axis + 1) % 3, (axis + 2) % 3
        step = np.eye(3)
        step[[one, other], [one, other]] = np.cos(angle)
        step[one, other], step[other, one] = -np.sin(angle), np.sin(angle)
        matrix = step @ matrix
    return matrix


def homogeneous(matrix: Any, shift: Any) -> Any:
    whole = np.eye(len(shift) + 1)
    whole[:-1, :-1], whole[:-1, -1] = matrix, shift
    return whole


def move(matrix: Any, points: Any) -> Any:
    """Points, shape (n, D), by a homogeneous matrix."""
    return points @ matrix[:-1, :-1].T + matrix[:-1, -1]


@dataclass
class Volume:
    """An image in a file: its affine is from voxels to RAS, as nibabel has it."""

    path: Path
    size: Any
    spacing: Any
    affine: Any

    def to_fsl(self, index: Any) -> Any:
        """FSL's coordinates of voxels: along x from the last voxel, if the axes are right-handed."""
        counted = np.array(index, np.float64)
        if np.linalg.det(self.affine[:3, :3]) > 0:
            counted[:, 0] = self.size[0] - 1 - counted[:, 0]
        return counted * self.spacing

    def from_fsl(self, places: Any) -> Any:
        """RAS of FSL's coordinates."""
        counted = places / self.spacing
        if np.linalg.det(self.affine[:3, :3]) > 0:
            counted[:, 0] = self.size[0] - 1 - counted[:, 0]
        return move(self.affine, counted)

    def indices(self) -> Any:
        """Of all voxels, in the order of an array [x, y, z]."""
        return np.stack(np.meshgrid(*map(np.arange, self.size), indexing="ij"), axis=-1).reshape(-1, 3)


def save_nifti(path: Path, pixels: Any, affine: Any, intent: int = 0) -> None:
    image = nibabel.Nifti1Image(pixels, affine)
    image.set_qform(affine, 1)
    image.set_sform(affine, 1)
    image.header["intent_code"] = intent
    nibabel.save(image, path)


def make_volume(path: Path, size: Any, spacing: Any, axes: Any, origin: Any) -> Volume:
    affine = homogeneous(np.asarray(axes) * spacing, origin)
    save_nifti(path, np.zeros(size, np.float32), affine)
    return Volume(path, np.array(size), np.array(spacing), affine)


def make_volumes(folder: Path, fixed_sign: int = 1, moving_sign: int = -1) -> tuple[Volume, Volume]:
    """A fixed and a moving image of other sizes, spacings and axes, right-handed where the sign is 1."""
    fixed = turn(0.2, -0.1, 0.3) @ np.diag([fixed_sign, 1, 1])
    moving = turn(-0.15, 0.1, -0.2) @ np.diag([moving_sign, 1, 1])
    return (
        make_volume(folder / "fixed.nii.gz", (9, 8, 7), (2.0, 1.5, 3.0), fixed, (-9.0, 4.0, 12.0)),
        make_volume(folder / "moving.nii.gz", (8, 10, 6), (1.5, 2.5, 2.0), moving, (14.0, -3.0, 7.0)),
    )
