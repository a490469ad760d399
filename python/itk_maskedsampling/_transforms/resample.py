# SPDX-License-Identifier: Apache-2.0
"""Images moved by transforms."""

from __future__ import annotations

import numpy as np

from .. import _core
from .._core import Geometry
from .._images.arrays import Array, describe, to_layout
from .._images.image import Raster
from .transform import Transform


def resample(raster: Raster, grid: Geometry, transform: Transform, interpolator: str, default: float) -> Array:
    """Pixels on a grid, of the type of the image."""
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
    carried = to_layout(pixels, np.float32 if dtype == np.bool_ else dtype)
    result: Array = _core.resample(carried, raster.geometry, grid, list(transform.parts), interpolator, float(default))
    return result >= 0.5 if dtype == np.bool_ else result
