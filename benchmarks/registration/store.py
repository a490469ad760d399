# SPDX-License-Identifier: Apache-2.0
"""The saved images, masks and points, as a worker reads them."""

from __future__ import annotations

import itertools
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

    def geometry_of(self, name: str) -> dict[str, Any]:
        """Of one image: that of all of them, unless the image has its own."""
        path = self.folder / f"{name}.json"
        if not path.exists():
            return self.geometry
        geometry: dict[str, Any] = json.loads(path.read_text())
        return geometry

    def load(self, name: str) -> npt.NDArray[Any]:
        array: npt.NDArray[Any] = np.load(self.folder / f"{name}.npy")
        return array

    def has(self, name: str) -> bool:
        return (self.folder / f"{name}.npy").exists()

    def padded(self, name: str, factor: int) -> npt.NDArray[Any]:
        """An image in the middle of zeros, `factor` times as large along each axis."""
        array = self.load(name)
        if factor == 1:
            return array
        before = [(factor - 1) * length // 2 for length in array.shape]
        padded = np.zeros([factor * length for length in array.shape], array.dtype)
        padded[tuple(slice(b, b + length) for b, length in zip(before, array.shape, strict=True))] = array
        return padded

    def padded_geometry(self, name: str, factor: int) -> dict[str, Any]:
        """Origin, spacing and direction of the padded image."""
        geometry = self.geometry_of(name)
        shape = np.load(self.folder / f"{name}.npy", mmap_mode="r").shape
        before = np.array([(factor - 1) * length // 2 for length in reversed(shape)])
        step = np.array(geometry["direction"]) @ (before * np.array(geometry["spacing"]))
        return geometry | {"origin": (np.array(geometry["origin"]) - step).tolist()}

    def cut(self, name: str, mask: str, margin: float) -> tuple[npt.NDArray[Any], dict[str, Any]]:
        """What lies around the box of a mask, up to a margin in mm, and its geometry."""
        array, geometry, mask_geometry = self.load(name), self.geometry_of(name), self.geometry_of(mask)
        voxels = np.argwhere(self.load(mask))[:, ::-1]
        ends = np.array(list(itertools.product(*zip(voxels.min(axis=0), voxels.max(axis=0), strict=True))))
        # Corners of the box in space, then as indices of the image.
        corners = (ends * mask_geometry["spacing"]) @ np.transpose(mask_geometry["direction"]) + mask_geometry["origin"]
        spacing, direction = np.array(geometry["spacing"]), np.array(geometry["direction"])
        indices = ((corners - geometry["origin"]) @ direction + np.array([[-margin], [margin]])[:, None]) / spacing
        greatest = np.array(array.shape[::-1]) - 1
        first = np.clip(np.floor(indices.min(axis=(0, 1))), 0, greatest).astype(int)
        last = np.clip(np.ceil(indices.max(axis=(0, 1))), first, greatest).astype(int)
        origin = np.array(geometry["origin"]) + direction @ (first * spacing)
        part = array[tuple(slice(begin, end + 1) for begin, end in zip(first[::-1], last[::-1], strict=True))]
        return np.ascontiguousarray(part), geometry | {"origin": origin.tolist()}

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
