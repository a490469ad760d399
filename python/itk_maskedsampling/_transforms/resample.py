# SPDX-License-Identifier: Apache-2.0
"""Images moved by transforms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .. import _core
from .._core import Geometry, Part
from .._core.status_line import StatusLine
from .._images.arrays import Array, describe, to_reals
from .._images.choices import choose
from .._images.conversion import write_like
from .._images.files import read, read_grid
from .._images.geometry import index_to_point
from .._images.image import Raster

#: Voxels of a block: the work between two words of progress, and the memory that it needs besides the result.
BLOCK = 2**22
#: Of labels; no registration can do with it, as it has no derivative.
LABEL_LINEAR = "label-linear"


def interpolators() -> tuple[str, ...]:
    """The names of those that an image can be resampled with."""
    return (*_core.describe_settings()["interpolator"].choices, LABEL_LINEAR)


def choose_interpolator(argument: str, value: object) -> str:
    """The full name of an interpolator."""
    return choose(argument, value, interpolators(), "interpolator")


def resample_image(
    parts: Sequence[Part],
    dimension: int,
    image: Any,
    reference: Any = None,
    interpolator: str = "linear",
    default: float = 0.0,
    progress: bool = False,
) -> Any:
    """An image on the grid of a reference, by default on its own, in the library and with the type that it has.

    parts: from points of the reference to those of the image.
    """
    raster = read("image", image)
    how = choose_interpolator("interpolator", interpolator)
    if raster.dimension != dimension:
        raise ValueError(f"image: {dimension} dimensions are needed, not {raster.dimension}")
    grid = raster.geometry if reference is None else read_grid("reference", reference, dimension)
    pixels = resample(raster, grid, parts, how, default, progress)
    # An image may be as empty as what is beyond it.
    if not np.any(pixels != default) and np.any(raster.pixels != default) and is_beside(parts, grid, raster.geometry):
        _core.warn(
            f"reference: no voxel of it comes to lie in the image, so that all is {default:g}. Is it the grid of the "
            "fixed image, and is it the inverse that is needed?"
        )
    return write_like(raster, pixels, grid)


def resample(
    raster: Raster, grid: Geometry, parts: Sequence[Part], interpolator: str, default: float, progress: bool = False
) -> Array:
    """Pixels on a grid, of the type of the image. Integers are rounded, and cut to their range."""
    if not isinstance(default, int | float | np.integer | np.floating | np.bool_):
        raise TypeError(f"default: a number is needed, not {describe(default)}")
    pixels = raster.pixels
    dtype = pixels.dtype.newbyteorder("=")
    if dtype.kind in "iu" and not (np.isfinite(default) and np.iinfo(dtype).min <= default <= np.iinfo(dtype).max):
        raise ValueError(
            f"default: {default} does not fit pixels of {dtype}. Convert the image to float, or choose another"
        )
    if dtype.kind in "iu" and dtype.itemsize == 8 and max(int(pixels.max()), -int(pixels.min())) > 2**53:
        raise ValueError(f"image: pixels of {dtype} beyond 2^53 cannot be resampled exactly; convert them to float64")
    carried = to_reals(pixels)
    # Integers are rounded once, at the end.
    kind = np.float64 if dtype.kind in "iu" else carried.dtype
    result = np.empty(grid.size[::-1], dtype)
    line = StatusLine() if progress else None
    # A spline is first made of the whole image.
    blocks = [slice(0, len(result))] if interpolator.startswith("b-spline") else list(split(result.shape))
    try:
        for number, block in enumerate(blocks):
            part = _core.resample(
                carried, raster.geometry, cut(grid, block), list(parts), interpolator, float(default), kind
            )
            if dtype.kind in "iu":
                limits = np.iinfo(dtype)
                part = np.clip(np.rint(part, out=part), limits.min, limits.max, out=part)
            result[block] = part >= 0.5 if dtype == np.bool_ else part
            if line is not None:
                line.show(f"resampled {(number + 1) / len(blocks):.0%}")
    finally:
        if line is not None:
            line.close()
    return result


def split(shape: Sequence[int]) -> Iterator[slice]:
    """Parts of the first axis, so that each has about the voxels of a block."""
    step = max(1, BLOCK // max(1, int(np.prod(shape[1:]))))
    for first in range(0, shape[0], step):
        yield slice(first, min(first + step, shape[0]))


def cut(grid: Geometry, block: slice) -> Geometry:
    """The part of a grid along its last axis, which is the first one of arrays."""
    if (block.start, block.stop) == (0, grid.size[-1]):
        return grid
    first = np.zeros((1, len(grid.size)))
    first[0, -1] = block.start
    size = (*grid.size[:-1], block.stop - block.start)
    return Geometry(size, grid.spacing, tuple(index_to_point(grid, first)[0].tolist()), grid.direction)


def is_beside(parts: Sequence[Part], grid: Geometry, image: Geometry) -> bool:
    """Whether no voxel of a grid comes to lie in an image."""
    full = np.ones(image.size[::-1], np.float32)
    blocks = (cut(grid, block) for block in split(grid.size[::-1]))
    return not any(_core.resample(full, image, block, list(parts), "nearest-neighbor").any() for block in blocks)
