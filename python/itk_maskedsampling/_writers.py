# SPDX-License-Identifier: Apache-2.0
"""Rasters as images of the library from which another came."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from ._arrays import Array
from ._core import Geometry
from ._images import Image, Raster


def write_like(like: Raster, pixels: Array, geometry: Geometry) -> Any:
    """Pixels as an image of the same kind as another. They belong to it afterwards."""
    return WRITERS[like.kind](like, pixels, geometry)


def as_matrix(geometry: Geometry) -> Array:
    dimension = len(geometry.size)
    return np.reshape(np.asarray(geometry.direction), (dimension, dimension))


def to_array(like: Raster, pixels: Array, geometry: Geometry) -> Array:
    return pixels


def to_image(like: Raster, pixels: Array, geometry: Geometry) -> Image:
    return Image(pixels, geometry.spacing, geometry.origin, geometry.direction)


def to_itk(like: Raster, pixels: Array, geometry: Geometry) -> Any:
    itk: Any = importlib.import_module("itk")
    # Not itk.image_from_array(): it exchanges the axes of an array that is both in C and in Fortran order.
    image = itk.Image[itk.template(like.source)[1][0], pixels.ndim].New()
    image.SetRegions(list(geometry.size))
    image.Allocate()
    itk.array_view_from_image(image)[...] = pixels
    image.SetSpacing(list(geometry.spacing))
    image.SetOrigin(list(geometry.origin))
    image.SetDirection(itk.matrix_from_array(np.ascontiguousarray(as_matrix(geometry))))
    return image


def to_simpleitk(like: Raster, pixels: Array, geometry: Geometry) -> Any:
    sitk: Any = importlib.import_module("SimpleITK")
    image = sitk.GetImageFromArray(pixels)
    image.SetSpacing(geometry.spacing)
    image.SetOrigin(geometry.origin)
    image.SetDirection(geometry.direction)
    return image


def to_xarray(like: Raster, pixels: Array, geometry: Geometry) -> Any:
    """In the order of dimensions that the other image has."""
    xarray: Any = importlib.import_module("xarray")
    axes = ("z", "y", "x")[-pixels.ndim :]
    grid = zip(reversed(axes), geometry.size, geometry.spacing, geometry.origin, strict=True)
    coords = {axis: origin + spacing * np.arange(size) for axis, size, spacing, origin in grid}
    attrs = {**like.source.attrs, "direction": np.flip(as_matrix(geometry))}
    image = xarray.DataArray(pixels, dims=axes, coords=coords, attrs=attrs, name=like.source.name)
    return image.transpose(*like.source.dims)


def to_nibabel(like: Raster, pixels: Array, geometry: Geometry) -> Any:
    dimension = pixels.ndim
    affine = np.eye(4)
    affine[:dimension, :dimension] = as_matrix(geometry) * np.asarray(geometry.spacing)
    affine[:dimension, 3] = geometry.origin
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
    if dimension == 2:
        affine[2, 2] = 1.0
    header = like.source.header.copy()
    header.set_data_dtype(pixels.dtype)
    return type(like.source)(pixels.T, affine, header)


WRITERS: dict[str, Callable[[Raster, Array, Geometry], Any]] = {
    "array": to_array,
    "Image": to_image,
    "itk": to_itk,
    "SimpleITK": to_simpleitk,
    "xarray": to_xarray,
    "nibabel": to_nibabel,
}
