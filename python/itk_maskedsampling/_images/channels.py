# SPDX-License-Identifier: Apache-2.0
"""Images with several numbers per pixel, as one image for each of them, in the library that they came from."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .conversion import ItkConversion, libraries_of
from .files import copy_of_itk, read, read_with
from .image import Image, Raster


def split_channels(fixed: Any, moving: Any) -> tuple[Any, Any]:
    """A fixed and a moving image as lists of their channels, if they have several. Files are read for that.

    Lists are left as they are. TypeError where one image has more channels than the other.
    """
    if isinstance(fixed, list | tuple) or isinstance(moving, list | tuple):
        return fixed, moving
    images = {"fixed": channels_of("fixed", fixed), "moving": channels_of("moving", moving)}
    check_counts(images)
    return images["fixed"], images["moving"]


def check_counts(images: Mapping[str, Any]) -> None:
    """Raise TypeError where one image has several channels and the other has not as many."""
    counts = {name: len(image) if isinstance(image, list) else 1 for name, image in images.items()}
    (least, *_, most) = sorted(counts, key=lambda name: counts[name])
    if counts[least] == counts[most]:
        return
    if counts[least] == 1:
        read(least, images[least])  # which may be no image at all
    raise TypeError(
        f"{most}: one real number per pixel is needed, not {counts[most]} of them, as there are {counts[least]} in "
        f"{least}. Give one channel of each, or lists of those that belong together"
    )


def channels_of(name: str, value: Any) -> Any:
    """The channels of an image, or the image itself, if it has one number per pixel; of a file, what it holds."""
    if isinstance(value, str | os.PathLike):
        return read_channels(name, value)
    for library in libraries_of(value):
        if library in SPLITTERS and not isinstance(value, np.ndarray):
            return SPLITTERS[library](name, value) or value
    return value


def read_channels(name: str, path: str | os.PathLike[str]) -> Image | list[Image]:
    """Read an image from a file, with as many numbers per pixel as it has."""

    def take(image: Any) -> Image | list[Image]:
        images = [copy_of_itk(name, one) for one in split_itk(name, image) or [image]]
        return images if len(images) > 1 else images[0]

    return read_with(name, path, take)


def split_itk(name: str, value: Any) -> list[Any]:
    if not hasattr(value, "GetNumberOfComponentsPerPixel"):
        return []
    if value.GetSource() is not None:
        value.Update()
    if value.GetNumberOfComponentsPerPixel() == 1 or value.GetBufferedRegion().GetNumberOfPixels() == 0:
        return []
    itk: Any = importlib.import_module("itk")
    try:
        pixels = np.asarray(itk.array_view_from_image(value, update=False))
    except (AttributeError, KeyError, RuntimeError):
        return []
    if pixels.dtype.kind not in "biuf" or pixels.ndim != value.GetImageDimension() + 1:
        return []  # complex numbers, for one
    geometry = ItkConversion.geometry_of(name, value)
    # Of which the others take their type.
    like = itk.image_from_array(np.zeros((2,) * (pixels.ndim - 1), pixels.dtype))
    first = Raster(pixels[..., 0], geometry, like, "itk")
    return [ItkConversion.write(first, pixels[..., channel], geometry) for channel in range(pixels.shape[-1])]


def split_simpleitk(name: str, value: Any) -> list[Any]:
    sitk: Any = importlib.import_module("SimpleITK")
    if not isinstance(value, sitk.Image) or "vector" not in value.GetPixelIDTypeAsString():
        return []
    number = value.GetNumberOfComponentsPerPixel()
    return [sitk.VectorIndexSelectionCast(value, channel) for channel in range(number)] if number > 1 else []


def split_xarray(name: str, value: Any) -> list[Any]:
    """Components have the dimension c, as itk.image_from_xarray() has it."""
    number = getattr(value, "sizes", {}).get("c", 1)
    return [value.isel(c=channel, drop=True) for channel in range(number)] if number > 1 else []


def split_nibabel(name: str, value: Any) -> list[Any]:
    """The fifth axis, where there is one volume in time. A fourth one is time, and no channel."""
    shape: tuple[int, ...] = getattr(value, "shape", ())
    if len(shape) != 5 or shape[3] != 1 or shape[4] == 1:
        return []
    data = np.asarray(value.dataobj)
    return [type(value)(data[:, :, :, 0, channel], value.affine, value.header) for channel in range(shape[4])]


#: By the package of the library. An empty list: there is one number per pixel, or it is no such image.
SPLITTERS: dict[str, Callable[[str, Any], list[Any]]] = {
    "itk": split_itk,
    "SimpleITK": split_simpleitk,
    "xarray": split_xarray,
    "nibabel": split_nibabel,
}
