# SPDX-License-Identifier: Apache-2.0
"""What images are inside a mask: the voxels there, and whether two images have the same contrast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .. import _core
from .._core import Geometry, Part
from .._images.arrays import Array, Floats, to_reals
from .._images.geometry import corners_of, index_to_point, point_to_index
from .._images.image import Raster
from .._images.masks import look_up, mask_box

#: Voxels that are looked at, at most.
MOST = 1_000_000
#: Least correlation of images whose contrast is the same, and the largest distance of their histograms.
ALIKE, APART = 0.6, 0.15


@dataclass(frozen=True, eq=False)
class MaskVoxels:
    """Voxels of an image whose centres are inside a mask: every step-th along each axis, 1 unless there are many.

    grid: of the box around them.
    first: the index of its first voxel in the image, x first.
    inside: which of its voxels are inside the mask, [z,]y,x.
    """

    grid: Geometry
    first: tuple[int, ...]
    step: int
    inside: npt.NDArray[np.bool_]

    @property
    def points(self) -> Floats:
        """In space, shape (n, D)."""
        return index_to_point(self.grid, np.argwhere(self.inside)[:, ::-1])

    def values(self, pixels: Array) -> Floats:
        """Those of the image."""
        box = zip(reversed(self.first), self.inside.shape, strict=True)
        part = pixels[tuple(slice(first, first + count * self.step, self.step) for first, count in box)]
        return np.asarray(part[self.inside], np.float64)

    def moved(self, image: Raster, parts: Sequence[Part], interpolator: str = "linear") -> Floats:
        """Those of an image at the transformed points; not finite beyond it."""
        cube = _core.resample(to_reals(image.pixels), image.geometry, self.grid, list(parts), interpolator, np.nan)
        return np.asarray(cube[self.inside], np.float64)


def choose_voxels(image: Geometry, mask: Raster | None, most: int = MOST) -> MaskVoxels:
    """The voxels of an image inside a mask; all without one."""
    size = np.array(image.size)
    low, high = np.zeros(len(size), int), size - 1
    if mask is not None:
        least, greatest = np.array(mask_box(mask))
        corners = corners_of(least - 0.5, greatest + 0.5)
        index = point_to_index(image, index_to_point(mask.geometry, corners))
        low = np.clip(np.floor(index.min(axis=0)), 0, size - 1).astype(int)
        high = np.clip(np.ceil(index.max(axis=0)), low, size - 1).astype(int)
    step = 1
    while np.prod((high - low) // step + 1.0) > most:
        step += 1
    count = (high - low) // step + 1
    grid = Geometry(
        tuple(count.tolist()),
        tuple((np.array(image.spacing) * step).tolist()),
        tuple(index_to_point(image, low[np.newaxis])[0].tolist()),
        image.direction,
    )
    shape = tuple(count.tolist())[::-1]
    every = np.moveaxis(np.indices(shape)[::-1], 0, -1).reshape(-1, len(size))
    inside = np.ones(shape, bool) if mask is None else look_up(mask, grid, every).reshape(shape)
    return MaskVoxels(grid, tuple(low.tolist()), step, inside)


@dataclass(frozen=True)
class Contrast:
    """How the values of two images at the same places go together.

    alike: they rise together, so that one picture can be made of both.
    same_scale: and are the same, so that they can be subtracted.
    reason: why they are not alike.
    """

    alike: bool
    same_scale: bool
    reason: str = ""


def find_contrast(fixed: Raster, moving: Raster, mask: Raster | None, parts: Sequence[Part]) -> Contrast:
    """Of two images inside a mask, one of them moved. Their values tell it: the default metric is for any contrast."""
    voxels = choose_voxels(fixed.geometry, mask)
    return compare_contrast(voxels.values(fixed.pixels), voxels.moved(moving, parts))


def compare_contrast(fixed: Floats, moving: Floats) -> Contrast:
    """From values of two images at the same places. What cannot be compared is not alike."""
    known = np.isfinite(fixed) & np.isfinite(moving)
    one, two = fixed[known], moving[known]
    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(two) == 0:
        return Contrast(False, False, "there are no values to compare")
    correlation = float(np.corrcoef(one, two)[0, 1])
    if correlation < ALIKE:
        return Contrast(False, False, f"values do not rise together inside the mask (correlation {correlation:.2f})")
    places = np.linspace(0.05, 0.95, 19)
    levels, others = np.quantile(one, places), np.quantile(two, places)
    width = max(levels[-1] - levels[0], others[-1] - others[0])
    return Contrast(True, bool(np.abs(levels - others).mean() <= APART * width))
