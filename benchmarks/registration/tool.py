# SPDX-License-Identifier: Apache-2.0
"""What the tools share: how a worker drives them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from cases import DEFORMABLE, MOVING_MASK, Job, mask_name, moving_name
from store import FloatArray, Store

NUMBER_OF_THREADS = 2


class Tool(ABC):
    """A registration tool. Images stay in memory, as the tool's own objects, from one job to the next."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._images: dict[tuple[str, int], Any] = {}
        self._cut: tuple[Any, ...] = ()

    @abstractmethod
    def make_image(self, array: npt.NDArray[Any], geometry: dict[str, Any]) -> Any:
        """The tool's own image, of an origin, a spacing and a direction."""

    @abstractmethod
    def prepare(self, job: Job) -> Callable[[], Any]:
        """Do what is not timed, and return what is: from images in memory to the transform that it returns."""

    @abstractmethod
    def map_points(self, transform: Any, points: FloatArray) -> FloatArray:
        """Where the transform sends points, (points, 3) in mm."""

    def find_bars(self, transform: Any, points: FloatArray) -> FloatArray | None:
        """Standard errors at points, where the tool tells them."""
        return None

    def describe(self, transform: Any) -> dict[str, Any]:
        """What else there is to be told of a result."""
        return {}

    def open(self, store: Store) -> None:
        """Go on with the images of another folder."""
        self.store = store
        self._images.clear()

    def image(self, name: str, pad: int) -> Any:
        if (name, pad) not in self._images:
            self._images[name, pad] = self.make_image(
                self.store.padded(name, pad), self.store.padded_geometry(name, pad)
            )
        return self._images[name, pad]

    def images(self, job: Job) -> tuple[Any, ...]:
        """The fixed image, the moving image and the mask of a job, which is never padded; that of the moving image,
        too, if there is one.

        With the option "cut", only what is so many mm around the mask: first of the fixed, then of the moving image.
        """
        names = "fixed", moving_name(job.transform, job.contrast), mask_name(job.mask)
        if margins := job.options.get("cut"):
            fixed, moving = margins
            cuts = zip(names, (fixed, moving, fixed), strict=True)
            # Kept here, as ANTs is given no more than their addresses.
            self._cut = tuple(self.make_image(*self.store.cut(name, names[2], margin)) for name, margin in cuts)
            return self._cut
        masks = [MOVING_MASK] if job.transform == DEFORMABLE and self.store.has(MOVING_MASK) else []
        return (
            self.image(names[0], job.pad_fixed),
            self.image(names[1], job.pad_moving),
            *(self.image(name, 1) for name in (names[2], *masks)),
        )

    def percentages(self, job: Job) -> list[float]:
        """Fractions of each level's grid that put about the same number of samples into the mask."""
        voxels = self.store.number_of_voxels(job.mask)
        return [min(1.0, job.options["samples"] * factor**3 / voxels) for factor in job.options["shrink factors"]]

    def mesh(self, job: Job) -> tuple[FloatArray, list[int]]:
        """Origin corner and numbers of cells of a B-spline grid around the mask, in physical coordinates."""
        least, greatest = (np.array(corner) for corner in self.store.box(job.mask))
        margin = job.options["grid margin"]
        cells = np.ceil((greatest - least + 2 * margin) / job.options["grid spacing"]).astype(int)
        extent = cells * job.options["grid spacing"]
        return (least + greatest - extent) / 2, [int(number) for number in cells]
