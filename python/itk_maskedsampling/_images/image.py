# SPDX-License-Identifier: Apache-2.0
"""Images in memory: pixels with their place in space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import public
from .._core import Geometry
from .arrays import Array, Floats, frozen_copy, join, times
from .geometry import make_geometry


@public
@dataclass(frozen=True, eq=False, repr=False, init=False)
class Image:
    """An array with spacing, origin and direction, which cannot be changed. numpy.asarray(image) gives the pixels.

    Units are those of the spacing, coordinates those of ITK (LPS for medical images).

    Parameters
    ----------
    pixels : array
        [z,]y,x, as itk.array_from_image() gives it. It is shared, not copied.
    spacing : sequence of D floats, optional
        A number for each axis, x first. Default: 1.
    origin : sequence of D floats, optional
        The place of the first pixel, x first. Default: 0.
    direction : array, shape (D, D), optional
        Its columns are the axes, as GetDirection() of ITK has it; or flat, as that of SimpleITK. Default: the identity.

    Raises
    ------
    TypeError, ValueError
        They name the argument.
    """

    pixels: Array
    spacing: tuple[float, ...]
    origin: tuple[float, ...]
    direction: Floats

    def __init__(
        self,
        pixels: npt.ArrayLike,
        spacing: npt.ArrayLike | None = None,
        origin: npt.ArrayLike | None = None,
        direction: npt.ArrayLike | None = None,
    ) -> None:
        if isinstance(pixels, np.ma.MaskedArray):
            raise TypeError("pixels: a masked array; give its filled(0) as pixels and its ~mask as the mask")
        array = np.asarray(pixels)
        grid = make_geometry("", array.shape[::-1], spacing, origin, direction)
        object.__setattr__(self, "pixels", array)
        object.__setattr__(self, "spacing", grid.spacing)
        object.__setattr__(self, "origin", grid.origin)
        object.__setattr__(self, "direction", frozen_copy(np.reshape(grid.direction, (array.ndim, array.ndim))))

    @property
    def geometry(self) -> Geometry:
        """The grid: its size, spacing and origin, x first, and direction, flat."""
        return make_geometry("", self.pixels.shape[::-1], self.spacing, self.origin, self.direction)

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Array:
        if copy is None:
            return np.asarray(self.pixels, dtype)
        if copy or (dtype is not None and np.dtype(dtype) != self.pixels.dtype):
            if not copy:
                raise ValueError(f"the pixels are {self.pixels.dtype}: for {np.dtype(dtype)} they have to be copied")
            return np.array(self.pixels, dtype)
        return self.pixels

    def __repr__(self) -> str:
        grid = self.geometry
        return (
            f"Image({times(grid.size)} of {self.pixels.dtype}, spacing {join(grid.spacing)}, "
            f"origin {join(grid.origin)}, direction {join(grid.direction)})"
        )


@dataclass(frozen=True, eq=False)
class Raster:
    """An image of any library as this package sees it.

    pixels: [z,]y,x, of the type and layout that the library has.
    source: what the user handed in, which owns the pixels; an Image for what was read from a file.
    kind: "itk", "SimpleITK", "xarray", "nibabel", "Image" or "array".
    """

    pixels: Array
    geometry: Geometry
    source: Any
    kind: str

    @property
    def dimension(self) -> int:
        return self.pixels.ndim
