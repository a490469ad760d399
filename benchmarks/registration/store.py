# SPDX-License-Identifier: Apache-2.0
"""The saved images, masks and points, as a worker reads them."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from cases import mask_name, points_name

FloatArray = npt.NDArray[np.float64]


class Store:
    """The folder that data.py filled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def geometry(self) -> dict[str, Any]:
        geometry: dict[str, Any] = json.loads((self.folder / "geometry.json").read_text())
        return geometry

    def load(self, name: str) -> npt.NDArray[Any]:
        array: npt.NDArray[Any] = np.load(self.folder / f"{name}.npy")
        return array

    def padded(self, name: str, factor: int) -> npt.NDArray[Any]:
        """An image in the middle of zeros, `factor` times as large along each axis."""
        array = self.load(name)
        if factor == 1:
            return array
        before = [(factor - 1) * length // 2 for length in array.shape]
        padded = np.zeros([factor * length for length in array.shape], array.dtype)
        padded[tuple(slice(b, b + length) for b, length in zip(before, array.shape, strict=True))] = array
        return padded

    def origin(self, name: str, factor: int) -> list[float]:
        """Origin of the padded image, in mm."""
        shape = np.load(self.folder / f"{name}.npy", mmap_mode="r").shape
        before = np.array([(factor - 1) * length // 2 for length in reversed(shape)])
        step = np.array(self.geometry["direction"]) @ (before * np.array(self.geometry["spacing"]))
        return [float(value) for value in np.array(self.geometry["origin"]) - step]

    def points(self, mask: str) -> FloatArray:
        """The check points of a mask, (points, 3) in mm."""
        return self.load(points_name(mask))

    def center(self, mask: str) -> list[float]:
        """Centre of a mask, about which rotations are."""
        return [float(value) for value in self.points(mask).mean(axis=0)]

    def number_of_voxels(self, mask: str) -> int:
        return int(np.count_nonzero(self.load(mask_name(mask))))

    def box(self, mask: str) -> tuple[list[float], list[float]]:
        """Least and greatest coordinates of the check points of a mask, in mm."""
        points = self.points(mask)
        return points.min(axis=0).tolist(), points.max(axis=0).tolist()
