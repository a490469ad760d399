# SPDX-License-Identifier: Apache-2.0
"""The pair of lung images with landmarks that elastix has among its test data, as its scanner has placed it.

Its folder is told by --lung, or else by MASKED_SAMPLING_LUNG: see success/lung.py for most of its files. The masks of
both lungs are used, and the landmarks that lie in both.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from cases import DEFORMABLE, MOVING_MASK, PAIR, mask_name, moving_name, points_name, truth_name
from success.lung import FILES, PREFIX, read_image, read_points
from success.volumes import FloatArray, Volume

MOVING_MASK_FILE = "followup_mask.mha"
#: Of moving images; there is one.
CONTRAST = "follow-up"


def is_there(folder: Path) -> bool:
    return all((folder / f"{PREFIX}{name}").exists() for name in (*FILES, MOVING_MASK_FILE))


def is_inside(mask: Volume, points: FloatArray) -> npt.NDArray[np.bool_]:
    """Whether the voxels of points are in a mask."""
    index = np.round(mask.grid.indices(points)).astype(int)
    within = np.all((index >= 0) & (index < np.array(mask.grid.size)), axis=1)
    inside = np.zeros(len(points), np.bool_)
    inside[within] = mask.pixels[tuple(index[within, ::-1].T)] > 0
    return inside


@dataclass(frozen=True, eq=False)
class Pair:
    """What is registered, and the landmarks in both images."""

    volumes: dict[str, Volume]
    landmarks: FloatArray
    counterparts: FloatArray


def load_pair(folder: Path) -> Pair:
    names = {
        "fixed": FILES[0],
        mask_name(PAIR): FILES[1],
        moving_name(DEFORMABLE, CONTRAST): FILES[2],
        MOVING_MASK: MOVING_MASK_FILE,
    }
    volumes = {name: read_image(folder / f"{PREFIX}{file}") for name, file in names.items()}
    landmarks, counterparts = (read_points(folder / f"{PREFIX}{name}") for name in FILES[3:])
    both = is_inside(volumes[mask_name(PAIR)], landmarks) & is_inside(volumes[MOVING_MASK], counterparts)
    return Pair(volumes, landmarks[both], counterparts[both])


def inner_points(mask: Volume, number: int) -> FloatArray:
    """Centres of some voxels of a mask, and each with its neighbours along the axes: (number, 1 + axes, 3)."""
    inside = np.argwhere(mask.pixels > 0)[:, ::-1]
    some = inside[np.random.default_rng(0).permutation(len(inside))[:number]]
    stencil = np.concatenate([np.zeros((1, 3), int), np.eye(3, dtype=int)])
    return mask.grid.points((some[:, None] + stencil).reshape(-1, 3).astype(float))


def save(pair: Pair, points: FloatArray, folder: Path) -> None:
    """As the store of the registrations reads it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "geometry.json").write_text(json.dumps(pair.volumes["fixed"].grid.to_dict()))
    for name, volume in pair.volumes.items():
        (folder / f"{name}.json").write_text(json.dumps(volume.grid.to_dict()))
        is_mask = name in (MOVING_MASK, mask_name(PAIR))
        np.save(folder / f"{name}.npy", (volume.pixels > 0).astype(np.uint8) if is_mask else volume.pixels)
    np.save(folder / f"{points_name(PAIR)}.npy", np.concatenate([pair.landmarks, points]))
    np.save(folder / f"{truth_name(DEFORMABLE, PAIR)}.npy", pair.counterparts)


def find_determinants(mapped: FloatArray, points: FloatArray) -> FloatArray:
    """Jacobian determinants by the differences between neighbours, of what inner_points() gave."""
    before, after = (array.reshape(-1, 4, 3) for array in (points, mapped))
    steps, moved = (np.moveaxis(array[:, 1:] - array[:, :1], 1, 2) for array in (before, after))
    determinants: FloatArray = np.linalg.det(moved) / np.linalg.det(steps)
    return determinants
